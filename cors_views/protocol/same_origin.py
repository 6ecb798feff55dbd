"""Whether a request comes from a page of the site itself, so that CORS has no say in it."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

#: Fetch Metadata, "Sec-Fetch-Site": no page can set it. "none" is what users do by themselves.
OWN_SITE = ("same-origin", "none")


def is_same_origin(request: HttpRequest, origin: str) -> bool:
    """Return whether nothing is asked across origins, as CsrfViewMiddleware compares them.

    Browsers send an ``Origin`` with a form that the site posts to itself, too. Under
    ``Referrer-Policy: no-referrer`` it is ``null``.
    """
    if not origin or request.META.get("HTTP_SEC_FETCH_SITE") in OWN_SITE:
        return True
    try:
        return origin == f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
