"""Serves random sites, sends what they are asked, and compares each answer with the oracle's."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import AsyncRequestFactory
from django.test.utils import override_settings

from tests.oracle import building
from tests.oracle.answers import EXPOSE, expected, passes_on
from tests.oracle.drawing import ASKS, NAMED, NO_ORIGINS, Draw
from tests.oracle.fetch import ACAH, ACAM, listed
from tests.oracle.written import Asked, Route, Site

#: About 190 requests each.
SITES = int(os.environ.get("ORACLE_SITES", "270"))
SEED = os.environ.get("ORACLE_SEED", "cors_views")
#: So that several processes can share them.
PARTS = 10

INSTALLED = {
    "MIDDLEWARE": [
        "cors_views.middleware.CorsMiddleware",
        "tests.oracle.building.answer_early",
        "django.middleware.common.CommonMiddleware",
    ],
    "CORS_POLICIES": {name: dict(fields) for name, fields in NAMED.items()},
}
ENVIRON = {
    "SERVER_NAME": "testserver",
    "SERVER_PORT": "80",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "CONTENT_LENGTH": "0",
    "wsgi.url_scheme": "http",
    "wsgi.errors": io.StringIO(),
}


@functools.cache
def handler() -> WSGIHandler:
    with override_settings(**INSTALLED):
        return WSGIHandler()


@functools.cache
def asgi_handler() -> ASGIHandler:
    with override_settings(**INSTALLED):
        return ASGIHandler()


# --- A site that is served -----------------------------------------------------------------------

Lines = list[tuple[str, str]]


def send(asked: Asked, *, is_async: bool = False) -> tuple[int, Lines]:
    """Return the status and the header lines that go to the server, names in lower case."""
    sent: dict[str, Any] = ENVIRON | {
        "REQUEST_METHOD": "OPTIONS" if asked.preflight else asked.method,
        "PATH_INFO": asked.path,
        "wsgi.input": io.BytesIO(),
    }
    given = {
        "HTTP_ORIGIN": asked.origin,
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": asked.method if asked.preflight else None,
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": asked.headers,
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": "true" if asked.private_network else None,
        "HTTP_X_EARLY": "1" if asked.early else None,
    }
    sent |= {name: value for name, value in given.items() if value is not None}
    building.RAN.clear()
    return _asend(sent) if is_async else _send(sent)


def _send(sent: dict[str, Any]) -> tuple[int, Lines]:
    answered: list[Any] = []
    handler()(sent, lambda *started: answered.extend(started)).close()
    status, lines = answered
    return int(status[:3]), [(name.lower(), value) for name, value in lines]


@async_to_sync
async def _asend(sent: dict[str, Any]) -> tuple[int, Lines]:
    headers = {name[5:].replace("_", "-"): sent[name] for name in sent if name.startswith("HTTP_")}
    request = AsyncRequestFactory().generic(
        sent["REQUEST_METHOD"], sent["PATH_INFO"], headers=headers
    )
    response = await asgi_handler().get_response_async(request)
    return response.status_code, [(name.lower(), value) for name, value in response.items()]


class Receiver:
    """Connects what the oracle knows as a receiver to the signal."""

    def __init__(self, says: Callable[[str, str], bool]) -> None:
        self.says = says
        self.times = 0
        # Django names whoever fails by it.
        self.__qualname__ = "receiver"

    def __call__(self, sender: Any, request: Any, **kwargs: Any) -> bool:
        self.times += 1
        return self.says(request.path_info, request.META.get("HTTP_ORIGIN", ""))


@dataclass
class Served:
    """A random site, while Django serves it."""

    seed: str
    draw: Draw
    written: dict[str, Any]
    site: Site
    receivers: list[Receiver]
    is_async: bool = False


def sites(part: int, purpose: str) -> Iterator[Served]:
    for number in range(part, SITES, PARTS):
        seed = f"{SEED} {purpose} {number}"
        draw = Draw(seed)
        written, site = draw.site()
        receivers = [Receiver(says) for says in site.settings.receivers]
        with building.served(INSTALLED | written, site.routes, receivers):
            yield Served(seed, draw, written, site, receivers)


# --- What is compared ----------------------------------------------------------------------------

LISTS = (ACAM, ACAH, EXPOSE)


def normal(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return headers as they can be compared: members of lists in any order, names in any case."""
    found = dict(headers)
    for name in LISTS:
        if name in found:
            value = found[name]
            members = listed(value) if isinstance(value, str) else list(value)
            members = members if name == ACAM else [each.lower() for each in members]
            assert len(set(members)) == len(members), f"{name} says something twice: {value}"
            found[name] = frozenset(members)
    return found


def judged(served: Served, route: Route | None, asked: Asked) -> tuple[int, dict[str, str]]:
    """Send a request, compare all that is answered with what the oracle says, and return it."""
    try:
        return judge(served, route, asked)
    except AssertionError as error:
        message = f"{error}\n\nseed {served.seed!r}\n{asked}\n{served.written}\n{route}"
        raise AssertionError(message) from error


def judge(served: Served, route: Route | None, asked: Asked) -> tuple[int, dict[str, str]]:
    site = served.site
    for each in (*ASKS, *served.receivers):
        each.times = 0
    status, lines = send(asked, is_async=served.is_async)
    assert all(each.times <= 1 for each in (*ASKS, *served.receivers)), "asked twice"

    names = [name for name, _ in lines]
    found = {name: value for name, value in lines if name.startswith("access-control-")}
    assert len(found) == sum(name.startswith("access-control-") for name in names), "doubled"
    own = own_headers(route, asked)
    theirs = expected(site, route, asked, own)
    vary = theirs.pop("vary")
    found, theirs = normal(found), normal(theirs)
    assert found == theirs
    judge_vary(dict(lines).get("vary", ""), own, vary)
    if not passes_on(site, route, asked):
        assert (status, building.RAN, dict(lines)["content-length"]) == (200, [], "0")
    if asked.origin in NO_ORIGINS and asked.origin != "*":
        assert all(asked.origin not in value for _, value in lines), "reflected"
    return status, dict(lines)


def own_headers(route: Route | None, asked: Asked) -> Mapping[str, str]:
    if asked.early:
        return building.EARLY
    return route.own if route is not None and building.RAN else {}


def judge_vary(value: str, own: Mapping[str, str], expected: bool) -> None:
    members = [each.lower() for each in listed(value)]
    by_view = [each.lower() for each in listed(own.get("Vary", ""))]
    assert len(set(members)) == len(members), value
    assert set(by_view) <= set(members), "what the view says to vary by is kept"
    if "*" not in members:
        assert ("origin" in members) == (expected or "origin" in by_view), value
    if expected and not by_view:
        assert "origin" in listed(value), "as django-cors-headers writes it"
