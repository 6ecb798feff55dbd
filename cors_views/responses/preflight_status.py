"""The response to a preflight, which no view sees: its status, its headers, and no body."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from http.cookies import SimpleCookie
from typing import Any

from django.http import HttpResponse
from django.http.response import ResponseHeaders

from cors_views.conf import settings_cache
from cors_views.responses import headers_and_vary
from cors_views.responses.kept_decision import DecidedParts, EnforcedParts

#: Fetch, "CORS-preflight fetch": any "ok status" will do.
PREFLIGHT_STATUS = 200


def preflight_response(
    request: Any, decided: DecidedParts | EnforcedParts, *, status: int = PREFLIGHT_STATUS
) -> HttpResponse:
    """Return the response to a preflight, allowed or refused: 200, without a body.

    A refusal is the absence of the headers; ``status`` is another one where policies enforce.
    """
    response = _without_body(status)
    headers_and_vary.write(request, response, decided)
    return response


@functools.cache
def headers_of_no_body() -> dict[str, str]:
    """Return the headers of an empty response, which Django would work out for each preflight."""
    return {"content-length": "0", **HttpResponse().headers}


# --- Without a body ----------------------------------------------------------------------------

#: The attributes that all empty responses may share, and what makes the others.
_Parts = tuple[dict[str, Any], dict[str, Callable[[], Any]]]


def _without_body(status: int) -> HttpResponse:
    """Return an empty response, made of what Django's holds.

    Django would take as long for it as all the rest of a preflight takes. It is asked for each one
    where its responses hold something that is not known here.
    """
    parts = _parts(status)
    if parts is None:
        return _by_django(status)
    response = HttpResponse.__new__(HttpResponse)
    attributes = response.__dict__
    attributes.update(parts[0])
    for name, make in parts[1].items():
        attributes[name] = make()
    return response


def _by_django(status: int) -> HttpResponse:
    return HttpResponse(headers=headers_of_no_body(), status=status)


@functools.cache
def _parts(status: int) -> _Parts | None:
    shared, made = dict[str, Any](), dict[str, Callable[[], Any]]()
    for name, value in vars(_by_django(status)).items():
        if value is None or type(value) in (bool, int, str):
            shared[name] = value
        elif type(value) is SimpleCookie and not value:
            made[name] = SimpleCookie
        elif type(value) is list and all(type(part) is bytes for part in value):
            made[name] = value.copy
        elif type(value) is ResponseHeaders and vars(value).keys() == {"_store"}:
            made[name] = partial(_headers, value._store)
        else:
            return None
    return shared, made


def _headers(store: dict[str, tuple[str, str]]) -> ResponseHeaders:
    headers = ResponseHeaders.__new__(ResponseHeaders)
    headers._store = store.copy()
    return headers


settings_cache.forget_on_change(headers_of_no_body.cache_clear)
settings_cache.forget_on_change(_parts.cache_clear)
