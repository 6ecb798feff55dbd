"""The signals: one that lets a receiver admit a request, and one that tells what was decided."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with ``sender=None`` and ``request``, at most once a request and only when the answer is
#: needed. Any receiver, sync or async, that returns something true admits the request.
check_request_enabled = Signal()

#: Sent with ``sender=None``, ``request`` and ``outcome``, a ``cors_views.Outcome``, once what is
#: answered to a request with an ``Origin`` of another site is decided: admitted or refused,
#: preflight or not. Receivers may be sync or async; one that raises changes nothing, and Django
#: logs it. Where there are none, nothing is worked out.
cors_decided = Signal()
