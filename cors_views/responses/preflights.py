"""The response to a preflight, which no view sees: its status, and its headers."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpResponse

from cors_views.conf import settings_cache
from cors_views.outcomes.decided import DecidedParts, EnforcedParts
from cors_views.responses import response_headers

#: Fetch, "CORS-preflight fetch": any "ok status" will do.
PREFLIGHT_STATUS = 200
_NO_BODY = ("content-length", "0")


def preflight_response(
    request: Any, decided: DecidedParts | EnforcedParts, *, status: int = PREFLIGHT_STATUS
) -> HttpResponse:
    """Return the response to a preflight, allowed or refused: 200, without a body.

    A refusal is the absence of the headers; ``status`` is another one where policies enforce.
    """
    response = HttpResponse(content_type=headers_of_no_body()["Content-Type"], status=status)
    if type(response.headers) is response_headers.KNOWN_HEADERS:
        response.headers._store["content-length"] = _NO_BODY
    else:
        response.headers["content-length"] = "0"
    response_headers.write(request, response, decided)
    return response


@functools.cache
def headers_of_no_body() -> dict[str, str]:
    """Return the headers of an empty response, which Django would work out for each preflight."""
    return {"content-length": "0", **HttpResponse().headers}


settings_cache.forget_on_change(headers_of_no_body.cache_clear)
