"""The signal that lets a receiver admit a request under the ``CORS_*`` settings."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with ``sender=None`` and ``request``, at most once a request and only when the answer is
#: needed. Any receiver, sync or async, that returns something true admits the request.
check_request_enabled = Signal()
