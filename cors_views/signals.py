"""The signals: one that lets a receiver admit a request, and one that tells what was decided."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with ``sender=None`` and ``request``, at most once per request, and only if the decision
#: depends on it. A receiver, sync or async, that returns a true value admits the request.
check_request_enabled = Signal()

#: Sent with ``sender=None``, ``request`` and ``outcome`` (a ``cors_views.Outcome``), once per
#: request with an ``Origin`` of another site, when it is decided: admitted or refused, preflight or
#: not. Receivers may be sync or async. One that raises does not change the answer, and Django logs
#: the error. Without receivers no ``Outcome`` is built.
cors_decided = Signal()
