"""Sites of every shape: what the tables, the checks and ``cors_explain`` say is what happens.

Nothing is expected here that anybody wrote down: each statement is held to real answers, of each
route, method and origin.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.checks import run_checks
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.urls import resolve

from cors_views.resolution import wrapped_views
from tests.management.commands import run
from tests.sites import PAGE, PARTNER, POLICIES, STRANGER, Deployment
from tests.tables import cors_headers

pytest.importorskip("rest_framework", reason="some sites are built on Django REST framework")

SHAPES = ("routers", "registries", "proxies", "deployments", "flat", "languages")
with override_settings(CORS_POLICIES=POLICIES):
    # What names a policy is judged where it stands.
    SITES = {shape: import_module(f"tests.sites.{shape}") for shape in SHAPES}
CASES = [
    pytest.param(site.__name__, deployment, id=f"{shape}-{name}")
    for shape, site in SITES.items()
    for name, deployment in site.DEPLOYMENTS.items()
]
each_site = pytest.mark.parametrize(("urls", "deployment"), CASES)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Fetch, "CORS-safelisted method": a browser sends these without asking.
WITHOUT_ASKING = ("GET", "HEAD", "POST")
ORIGINS = (PAGE, PARTNER, "https://de.partner.example", "http://localhost:3000", STRANGER)
#: What stands for a part of a route that varies.
PARTS = {"pk": "7", "team": "red", "name": "tool-1", "slug": "abc", "format": "json"}


class Call(NamedTuple):
    """A method and an origin, at a URL of a route."""

    route: dict[str, Any]
    url: str
    method: str
    origin: str


def served(urls: str, deployment: Deployment) -> Any:
    return override_settings(
        **{"CORS_POLICIES": POLICIES, **deployment.settings, "ROOT_URLCONF": urls}
    )


def table(*arguments: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(run("cors_policies", "--format=json", *arguments).out)
    return said


def urls_of(route: str) -> Iterator[str]:
    """Yield a URL of a route, and one in each language where it begins with one."""
    url = url_of(route)
    yield url
    if url.startswith("/en/"):
        yield url.replace("/en/", "/de/", 1)


def url_of(route: str) -> str:
    route = re.sub(r"<drf_format_suffix:format>", ".json", route)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS[part[1]], route).replace("/?", "/")


def calls(said: dict[str, Any]) -> Iterator[Call]:
    for route in said["routes"]:
        if not route["reached"]:
            # No URL is its own: of an earlier route the table says what happens there.
            continue
        urls = urls_of(route["route"] or "/nowhere/")
        for url, method, origin in itertools.product(urls, METHODS, ORIGINS):
            yield Call(route, url, method, origin)


# --- What the table says -----------------------------------------------------------------------


def row_for(call: Call) -> dict[str, Any] | None:
    """Return the row that answers a call: the first of its method that admits the origin."""
    rows = rows_of(call)
    return next((row for row in rows if admits(row, call)), None)


def rows_of(call: Call) -> list[dict[str, Any]]:
    named = [row for row in call.route["policies"] if call.method in row["methods"]]
    return named or [row for row in call.route["policies"] if row["methods"] == ["*"]]


def admits(row: dict[str, Any], call: Call) -> bool:
    if row["urls_regex"] == "maybe" and not re.match(settings.CORS_URLS_REGEX, call.url):
        return False
    patterns = [re.escape(origin).replace(r"\*", r"[\w.-]+") for origin in row["origins"]]
    return row["origins"] == ["*"] or any(
        re.fullmatch(pattern, call.origin) for pattern in (*patterns, *row["origin_regexes"])
    )


# --- What happens ------------------------------------------------------------------------------


def sent(call: Call) -> dict[str, Any]:
    """Send a request, and return the headers with its status."""
    client = Client(raise_request_exception=False)
    response = client.generic(call.method, call.url, headers={"origin": call.origin})
    return {**cors_headers(response), "status": response.status_code}


def asked(call: Call) -> dict[str, Any]:
    """Send a preflight, and return the headers of its answer."""
    headers = {"origin": call.origin, "access-control-request-method": call.method}
    response = Client(raise_request_exception=False).options(call.url, headers=headers)
    return cors_headers(response)


async def awaited(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do both under ASGI."""
    client, headers = AsyncClient(raise_request_exception=False), {"origin": call.origin}
    response = await client.generic(call.method, call.url, headers=headers)
    asking = {**headers, "access-control-request-method": call.method}
    preflight = await client.options(call.url, headers=asking)
    return {**cors_headers(response), "status": response.status_code}, cors_headers(preflight)


def may_read(answer: dict[str, Any], call: Call) -> bool:
    return answer.get("access-control-allow-origin") in ("*", call.origin)


def is_offered(answer: dict[str, Any], call: Call) -> bool:
    offered = re.split(r", *", answer.get("access-control-allow-methods", ""))
    return call.method in WITHOUT_ASKING or call.method in offered or "*" in offered


def really(call: Call) -> bool:
    """Return whether a page reads the answer to a call, as far as headers decide it."""
    if call.method not in WITHOUT_ASKING:
        preflight = asked(call)
        if not (may_read(preflight, call) and is_offered(preflight, call)):
            return False
    return may_read(sent(call), call)


# --- The one held to the other -----------------------------------------------------------------


@each_site
def test_no_row_of_the_table_contradicts_a_request(urls: str, deployment: Deployment) -> None:
    wrong = []
    with served(urls, deployment):
        for call in calls(table()):
            row, answer = row_for(call), sent(call)
            if not rows_of(call):
                # No row says that the method is served, so it is not.
                said, done = {"status": 405}, {"status": answer["status"]}
            else:
                said = {"read": row is not None, "credentials": bool(row and row["credentials"])}
                done = {
                    "read": may_read(answer, call),
                    "credentials": "access-control-allow-credentials" in answer,
                }
                if row:
                    said["exposed"] = row["expose_headers"]
                    exposed = answer.get("access-control-expose-headers", "")
                    done["exposed"] = sorted(filter(None, exposed.lower().split(", ")))
            if said != done:
                wrong.append((call.method, call.url, call.origin, said, done))

    assert wrong == []


@each_site
def test_a_route_is_said_to_be_reached_where_its_url_leads_to_it(
    urls: str, deployment: Deployment
) -> None:
    wrong = []
    with served(urls, deployment):
        for route in table()["routes"]:
            if route["route"] is not None:
                func = resolve(url_of(route["route"])).func
                leads_there = wrapped_views.view_name(func) == route["view"]
                if route["reached"] is not leads_there:
                    wrong.append((route["route"], route["view"], func))

    assert wrong == []


def test_under_asgi_the_same_happens() -> None:
    urls, deployment = "tests.sites.flat", SITES["flat"].DEPLOYMENTS["settings"]
    different = []
    with served(urls, deployment):
        for call in calls(table()):
            under_wsgi = sent(call), asked(call)
            under_asgi = async_to_sync(awaited)(call)
            if under_wsgi != under_asgi:
                different.append((call.method, call.url, call.origin, under_wsgi, under_asgi))

    assert different == []


@each_site
def test_no_preflight_contradicts_the_table(urls: str, deployment: Deployment) -> None:
    wrong = []
    with served(urls, deployment):
        for call in calls(table()):
            if not rows_of(call):
                continue
            row, answer = row_for(call), asked(call)
            offered = row is not None and call.method not in row["not_offered"]
            if row and row["methods"] == ["*"]:
                # Whether a function serves a method is not to be seen, only whether it is offered.
                offered = may_read(answer, call) and is_offered(answer, call)
            said = (row is not None, offered)
            done = (may_read(answer, call), may_read(answer, call) and is_offered(answer, call))
            if said != done:
                wrong.append((call.method, call.url, call.origin, said, done))
            elif row and answer.get("access-control-max-age") not in (
                None if row["max_age"] is None else str(row["max_age"]),
                # Where a kept answer would let more pass, none is kept.
                "0",
            ):
                wrong.append((call.method, call.url, call.origin, row["max_age"], answer))

    assert wrong == []


@each_site
def test_cors_explain_says_what_happens(urls: str, deployment: Deployment) -> None:
    wrong = []
    with served(urls, deployment):
        for call in calls(table()):
            if call.route["route"] is None or call.origin not in (PAGE, PARTNER, STRANGER):
                continue
            if call.method not in ("GET", "POST", "DELETE") or not rows_of(call):
                continue
            # A browser asks before these; POST it may send as a form does.
            plain = ["--content-type=text/plain"] if call.method == "POST" else []
            done = run("cors_explain", call.origin, call.method, call.url, *plain)
            if done.status != (0 if really(call) else 1):
                wrong.append((call.method, call.url, call.origin, done.status, done.out, done.err))

    assert wrong == []


@each_site
def test_any_origin_is_found_where_a_stranger_reads(urls: str, deployment: Deployment) -> None:
    with served(urls, deployment):
        said = table("--fail-on=any-origin")
        found = {finding["route"] for finding in said["findings"]} - {None}
        read = {
            call.route["route"]
            for call in calls(said)
            if call.origin == STRANGER and call.route["route"] and rows_of(call)
            if may_read(sent(call), call)
        }
        maybe = {
            route["route"]
            for route in said["routes"]
            if any(row["urls_regex"] == "maybe" for row in route["policies"])
        }

    assert read <= found
    assert found - read <= maybe


@each_site
def test_the_checks_say_what_a_stranger_makes_run(urls: str, deployment: Deployment) -> None:
    with served(urls, deployment):
        said = table("--fail-on=any-origin-unsafe")
        messages = [
            message
            for message in run_checks(include_deployment_checks=True)
            if str(message.id).startswith("cors_views.")
        ]
    told = [message.msg for message in messages if message.id == "cors_views.W039"]
    counted = sum(int((re.findall(r"and (\d+) more route", each) or [0])[0]) + 1 for each in told)
    # Of the other sites, which this process has imported too, no route reaches anything.
    here = [message for message in messages if urls.replace(".", "/") in message.msg]
    lost = {message.id for message in here} & {"cors_views.W023", "cors_views.W024"}

    assert counted == len({finding["route"] for finding in said["findings"]})
    assert lost == deployment.checks
