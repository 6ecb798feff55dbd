"""Which methods pages make run: those of any origin, and a POST that nobody offers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from cors_views import cors_allow, cors_deny
from tests.checks.sites import (
    APP,
    CORS,
    CSRF,
    OF,
    SITE,
    Dispatcher,
    Reader,
    Writer,
    answer,
    found,
    marked,
    message_of,
    of,
    said_of,
    short,
)
from tests.management.commands import run
from tests.tables import ORIGIN, urlconf


class ClosedWriter(View):
    # Without OPTIONS, so that nothing is left to the class's own policy.
    http_method_names = ["get", "post"]

    @cors_deny
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    @cors_deny
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a POST that is left out of the methods": (
        SITE,
        csrf_exempt(marked(Writer, of(APP, methods=["GET"]))),
        ["I051"],
    ),
    "a POST that is left out of the settings' methods": (
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_METHODS": ["GET"]},
        Writer.as_view(),
        ["I051"],
    ),
    "a POST that is left out, and declared by itself": (
        SITE,
        csrf_exempt(
            marked(type("V", (Reader,), {"post": cors_deny(Writer.post)}), of(APP, methods=["GET"]))
        ),
        [],
    ),
    "a POST that is left out of a function's methods": (
        SITE,
        csrf_exempt(of(APP, methods=["GET"])(require_http_methods(["GET", "POST"])(answer))),
        ["I051"],
    ),
    "a POST that is left out, and CSRF protection refuses": (
        SITE,
        marked(Writer, of(APP, methods=["GET"])),
        [],
    ),
    "a POST that is left out for nobody": (
        SITE,
        csrf_exempt(marked(Writer, of(methods=["GET"]))),
        [],
    ),
    "a POST that is left out, and is not there": (
        SITE,
        csrf_exempt(marked(Reader, of(APP, methods=["GET"]))),
        [],
    ),
    "a POST that is left out, where nobody sees the methods": (
        SITE,
        csrf_exempt(of(APP, methods=["GET"])(answer)),
        [],
    ),
    "a POST that is offered": (SITE, csrf_exempt(marked(Writer, of(APP))), []),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


class Putter(View):
    def put(self, request: Any) -> HttpResponse:
        return HttpResponse("put")


class SafeWriter(Writer):
    http_method_names = ["get", "head", "options"]


anybody = cors_allow(origins="*")
anybody_may_get = cors_allow(origins="*", methods=["GET"])
WITH_CSRF = {"MIDDLEWARE": [CORS, CSRF]}

# name -> (settings, view, the unsafe methods that a stranger's page makes run)
DEPLOYED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "any origin, and it writes": ({}, anybody(answer), "DELETE, PATCH, POST, PUT"),
    "any origin, and a class that writes": ({}, marked(Writer, anybody), "POST"),
    "any origin, and a class that overrides dispatch()": (
        {},
        anybody(Dispatcher.as_view()),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin, and handlers that close all there is": ({}, marked(ClosedWriter, anybody), ""),
    "any origin, read-only": ({}, marked(Reader, anybody), ""),
    "any origin by a regex, and it writes": (
        {},
        cors_allow(origin_regexes=[".*"])(answer),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin by a public suffix, and it writes": (
        {},
        cors_allow(origins=["https://*.github.io"])(Writer.as_view()),
        "POST",
    ),
    "any origin with credentials of the settings, and it writes": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        Writer.as_view(),
        "POST",
    ),
    "any origin, read-only by a decorator": ({}, anybody(require_GET(answer)), ""),
    "any origin, and a function that is offered GET alone": (
        {},
        anybody_may_get(answer),
        "POST",
    ),
    "any origin, and a class that is offered GET alone": (
        {},
        marked(Writer, anybody_may_get),
        "POST",
    ),
    "any origin, offered GET alone, and PUT needs an offer": (
        {},
        marked(Putter, anybody_may_get),
        "",
    ),
    "any origin, every method offered": (
        {},
        cors_allow(origins="*", methods=["*"])(answer),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin, read-only by what the class serves": ({}, marked(SafeWriter, anybody), ""),
    "any origin, and CSRF protection refuses strangers": (WITH_CSRF, anybody(answer), ""),
    "any origin, and exempt from CSRF protection": (
        WITH_CSRF,
        csrf_exempt(marked(Writer, anybody)),
        "POST",
    ),
    "any origin for the reading handler alone": (
        {},
        type(
            "V",
            (Writer,),
            {"get": anybody(Reader.get), "post": cors_deny(Writer.post)},
        ).as_view(),
        "",
    ),
    "a named origin, and it writes": ({}, cors_allow(origins=[APP])(answer), ""),
    "any origin in the settings, for other URLs": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/api/"},
        Writer.as_view(),
        "",
    ),
}


def is_run_and_read_by_a_stranger(url: str) -> bool:
    """Send what any page can send without asking, and return whether it ran and may be read."""
    client, stranger = Client(enforce_csrf_checks=True), "https://stranger.github.io"
    sent = client.post(f"/{url}", "{}", content_type="text/plain", headers={"Origin": stranger})
    return sent.status_code == 200 and sent.headers.get(ORIGIN) in ("*", stranger)


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_check_and_the_command_judge_alike_who_makes_what_run(name: str) -> None:
    settings, view, expected = DEPLOYED[name]

    with override_settings(**settings), urlconf(path("v/", view)):
        said = [message for message in found(deploy=True) if message.id == "cors_views.W039"]
        before = [message for message in found() if message.id == "cors_views.W039"]
        command = run("cors_policies", "--fail-on=any-origin-unsafe")

        really = is_run_and_read_by_a_stranger("v/")

    # It is a question of production.
    assert before == []
    assert really == ("POST" in expected)
    assert [message.msg.partition(" to ")[0] for message in said] == (
        [f"Any origin may send {expected}"] if expected else []
    )
    assert command.status == (1 if expected else 0)


#: What the hint of W039 says to write, on a view that any origin may post to.
OBEYED: dict[str, Any] = {
    "require_safe": anybody(require_safe(answer)),
    "http_method_names": marked(SafeWriter, anybody),
    "names the origins": cors_allow(origins=[APP])(answer),
}


@pytest.mark.parametrize("name", OBEYED)
def test_what_the_hint_about_any_origin_says_is_enough(name: str) -> None:
    with urlconf(path("v/", OBEYED[name])):
        assert short(found(deploy=True)) == []
        assert not is_run_and_read_by_a_stranger("v/")


def test_any_origin_of_the_settings_is_said_once_for_all_its_routes() -> None:
    routes = [path(f"{number}/", Writer.as_view()) for number in range(9)]
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/api/"}

    with override_settings(**site), urlconf(*routes, path("api/", include(routes))):
        (message,) = found(deploy=True)

    assert message.msg == (
        "Any origin may send POST to /api/0/ and 8 more routes and read the answer; the policy is "
        "from the setting CORS_ALLOW_ALL_ORIGINS."
    )


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "a POST that needs no offer": (
        SITE,
        [csrf_exempt(of(APP, methods=["GET"])(Writer.as_view()))],
        "I051",
        (
            rf"The methods from the route policy declared at {OF}:\d+ do not include "
            "POST, but pages of the admitted origins can send it to /0/ and read the answer: a "
            "POST can be a simple request, which needs no preflight."
        ),
        (
            "Write @cors_deny above post(), so that no page reads the answer. This does not "
            "stop the request itself: authentication and CSRF protection do that."
        ),
    ),
    "a POST of a function that needs no offer": (
        SITE,
        [csrf_exempt(of(APP, methods=["GET"])(require_http_methods(["POST"])(answer)))],
        "I051",
        ".*",
        (
            "Serve POST from a separate view, with @cors_deny above it, so that no page "
            "reads the answer. This does not stop the request itself: authentication and CSRF "
            "protection do that."
        ),
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint
