"""``manage.py cors_policies --diff``: who gains and who loses what, however it is spelled."""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from cors_views import CachedOrigins, CorsPolicy, cors_allow, cors_deny
from cors_views.defaults import default_methods
from cors_views.management.comparing import differences, earlier, setting_places
from tests.management.commands import ROOT, run, run_in_shop
from tests.tables import urlconf

APP, OTHER, NEW = "https://app.example", "https://other.example", "https://new.example"
READ = ("read",)
CORS = ["cors_views.middleware.CorsMiddleware"]


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def is_tenant(request: Any, origin: str) -> bool:
    return True


def is_partner(request: Any, origin: str) -> bool:
    return True


def tenants() -> list[str]:
    return [APP]


def fails() -> list[str]:
    raise OSError


class Getting(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


def allow(*names: Any, **fields: Any) -> Any:
    """Return the route of a view that serves GET, under a policy."""
    return path("v/", cors_allow(*names, **fields)(Getting.as_view()))


@contextmanager
def site(routes: Any, **settings: Any) -> Iterator[None]:
    routes = routes if isinstance(routes, list) else [routes]
    with override_settings(MIDDLEWARE=CORS, **settings), urlconf(*routes):
        yield


@pytest.fixture
def before(tmp_path: Path) -> Any:
    """Write down a site as it was, and return the file."""

    def write(routes: Any, **settings: Any) -> str:
        with site(routes, **settings):
            done = run("cors_policies", "--format=json")
        assert done.status == 0, done.err
        file = tmp_path / "before.json"
        file.write_text(done.out, "utf-8")
        return str(file)

    return write


def told(changes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return of each change who, what, and whether with cookies; where it is unsure, that too."""
    return sorted(
        (
            " ".join([*each["origins"], *each["origin_regexes"], *each["asks"]])
            or "origins that are not admitted",
            *each["what"],
            *([] if each["cookies"] == "either" else [each["cookies"]]),
            *([f"unsure:{each['unsure']}"] if each["unsure"] else []),
        )
        for each in changes
        # What is said of GET is said of HEAD, and OPTIONS is on every class.
        if "GET" in each["methods"] and each["route"] is not None
    )


def compared(file: str, *arguments: str) -> Any:
    done = run("cors_policies", f"--diff={file}", "--format=json", *arguments)
    assert done.status == 0, done.err
    return json.loads(done.out)


SAME: list[Any] = []
# id -> (fields before, fields after, who gains, who loses)
POLICIES = {
    "nothing": ({"origins": [APP]}, {"origins": [APP]}, SAME, SAME),
    "an-origin-more": (
        {"origins": [APP]},
        {"origins": [APP, NEW]},
        [(NEW, "read", "without")],
        SAME,
    ),
    "an-origin-less": (
        {"origins": [APP, OTHER]},
        {"origins": [APP]},
        SAME,
        [(OTHER, "read", "without")],
    ),
    "another-origin-with-cookies": (
        {"origins": [APP], "credentials": True},
        {"origins": [NEW], "credentials": True},
        [(NEW, "read")],
        [(APP, "read")],
    ),
    "two-at-once": (
        {"origins": [APP]},
        {"origins": [APP, NEW, OTHER]},
        [(f"{NEW} {OTHER}", "read", "without")],
        SAME,
    ),
    "null": ({"origins": "*"}, {"origins": ["null"]}, SAME, [("*", "read", "without")]),
    "cookies": (
        {"origins": [APP]},
        {"origins": [APP], "credentials": True},
        [(APP, "read", "with")],
        SAME,
    ),
    "a-header": (
        {"origins": [APP], "headers": ["x-a"]},
        {"origins": [APP], "headers": ["x-b"]},
        [(APP, "send:x-b", "without")],
        [(APP, "send:x-a", "without")],
    ),
    "a-header-in-another-case-and-order": (
        {"origins": [APP], "headers": ["x-a", "X-B"]},
        {"origins": [APP], "headers": ["x-b", "X-A"]},
        SAME,
        SAME,
    ),
    "any-header-covers-each": (
        {"origins": [APP], "headers": ["*"]},
        {"origins": [APP], "headers": ["x-a"]},
        SAME,
        [(APP, "send:*", "without")],
    ),
    "any-header-does-not-cover-authorization": (
        {"origins": [APP], "headers": ["*"]},
        {"origins": [APP], "headers": ["*", "authorization"]},
        [(APP, "send:authorization", "without")],
        SAME,
    ),
    "a-header-with-cookies": (
        {"origins": [APP], "headers": [], "credentials": True},
        {"origins": [APP], "headers": ["x-a"], "credentials": True},
        [(APP, "send:x-a")],
        SAME,
    ),
    "an-exposed-header": (
        {"origins": [APP]},
        {"origins": [APP], "expose_headers": ["etag"]},
        [(APP, "see:etag", "without")],
        SAME,
    ),
    "any-exposed-header-covers-each": (
        {"origins": [APP], "expose_headers": ["*"]},
        {"origins": [APP], "expose_headers": ["authorization"]},
        SAME,
        [(APP, "see:*", "without")],
    ),
    "a-private-network": (
        {"origins": [APP]},
        {"origins": [APP], "private_network": True},
        [(APP, "private-network", "without")],
        SAME,
    ),
    "how-long-preflights-are-kept": (
        {"origins": [APP], "max_age": 5},
        {"origins": [APP], "max_age": 500},
        SAME,
        SAME,
    ),
    "enforcement": (
        {"origins": [APP], "enforce": True},
        {"origins": [APP], "enforce": "report"},
        [("origins that are not admitted", "run")],
        SAME,
    ),
    "no-enforcement": (
        {"origins": [APP]},
        {"origins": [APP], "enforce": True},
        SAME,
        [("origins that are not admitted", "run")],
    ),
    # --- However it is spelled -----------------------------------------------------------------
    "a-pattern-for-its-regex": (
        {"origins": ["https://*.example.com"]},
        {"origin_regexes": [r"https://[a-z0-9_-]+(\.[a-z0-9_-]+)*\.example\.com"]},
        SAME,
        SAME,
    ),
    "a-loose-regex-for-a-pattern": (
        {"origins": ["https://*.example.com"]},
        {"origin_regexes": [r"https://.*\.example\.com"]},
        SAME,
        SAME,
    ),
    "a-regex-without-its-dot": (
        {"origins": ["https://*.example.com"]},
        {"origin_regexes": [r"https://.*example\.com"]},
        [(r"https://.*example\.com", "read", "without")],
        SAME,
    ),
    "a-regex-that-is-anchored": (
        {"origin_regexes": [r"^https://\w+\.example\.com$"]},
        {"origin_regexes": [r"https://\w+\.example\.com"]},
        SAME,
        SAME,
    ),
    "a-regex-for-the-origins-it-lists": (
        {"origin_regexes": [r"https://(a|b)\.example"]},
        {"origins": ["https://a.example", "https://b.example"]},
        SAME,
        SAME,
    ),
    "a-regex-that-lists-one-more": (
        {"origins": ["https://a.example", "https://b.example"]},
        {"origin_regexes": [r"https://(a|b|c)\.example"]},
        [(r"https://(a|b|c)\.example", "read", "without")],
        SAME,
    ),
    "an-origin-below-a-pattern": (
        {"origins": ["https://*.example.com"]},
        {"origins": ["https://a.example.com"]},
        SAME,
        [("https://*.example.com", "read", "without")],
    ),
    "a-narrower-pattern": (
        {"origins": ["https://*.example.com"]},
        {"origins": ["https://*.eu.example.com"]},
        SAME,
        [("https://*.example.com", "read", "without")],
    ),
    "any-port-for-one": (
        {"origins": ["http://localhost:3000"]},
        {"origins": ["http://localhost:*"]},
        [("http://localhost:*", "read", "without")],
        SAME,
    ),
    "any-port-below-a-domain": (
        {"origins": ["https://*.example.com:*"]},
        {"origins": ["https://*.example.com", "https://*.example.com:8443"]},
        SAME,
        [("https://*.example.com:*", "read", "without")],
    ),
    "another-scheme": (
        {"origins": ["https://*.example.com"]},
        {"origin_regexes": [r"https?://[^/]+\.example\.com"]},
        [(r"https?://[^/]+\.example\.com", "read", "without")],
        SAME,
    ),
    "any-origin-for-a-regex-of-all": (
        {"origin_regexes": [".*"]},
        {"origins": "*"},
        SAME,
        SAME,
    ),
    "any-origin-for-https": (
        {"origin_regexes": ["https://.*"]},
        {"origins": "*"},
        [("*", "read", "without")],
        SAME,
    ),
    "a-pattern-of-another-scheme": (
        {"origins": ["app://*.example"]},
        {"origin_regexes": [r"app://[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*\.example"]},
        SAME,
        SAME,
    ),
    "flags": (
        {"origin_regexes": [re.compile("HTTPS://A.EXAMPLE", re.IGNORECASE)]},
        {"origins": ["https://a.example"]},
        SAME,
        [("(?i)HTTPS://A.EXAMPLE", "read", "without")],
    ),
    "a-regex-that-admits-no-origin": (
        {"origins": []},
        {"origin_regexes": [r"example\.com"]},
        SAME,
        SAME,
    ),
    # --- What cannot be told -------------------------------------------------------------------
    "a-regex-that-looks-around": (
        {"origins": ["https://*.example.com"]},
        {"origin_regexes": [r"https://(?!evil)\w+\.example\.com"]},
        [(r"https://(?!evil)\w+\.example\.com", "read", "without", "unsure:audience")],
        [("https://*.example.com", "read", "without", "unsure:audience")],
    ),
    "the-same-regex-that-looks-around": (
        {"origin_regexes": [r"https://(?!evil)\w+\.example\.com"]},
        {"origin_regexes": [r"https://(?!evil)\w+\.example\.com"], "credentials": True},
        [(r"https://(?!evil)\w+\.example\.com", "read", "with")],
        SAME,
    ),
    "an-origin-of-a-regex-that-looks-around": (
        {"origin_regexes": [r"https://(?!evil)\w+\.example\.com"]},
        {"origins": ["https://a.example.com"]},
        SAME,
        [(r"https://(?!evil)\w+\.example\.com", "read", "without", "unsure:audience")],
    ),
    "a-regex-that-looks-around-beside-any-origin": (
        {"origins": "*"},
        {"origins": "*", "origin_regexes": [r"https://(?!evil)\w+\.example\.com"]},
        SAME,
        SAME,
    ),
    "a-callable-more": (
        {"origins": [APP]},
        {"origins": [APP, is_tenant]},
        [("tests.management.test_diff.is_tenant", "read", "without")],
        SAME,
    ),
    "the-same-callable": (
        {"origins": [is_tenant]},
        {"origins": [is_tenant], "credentials": True},
        [("tests.management.test_diff.is_tenant", "read", "with")],
        SAME,
    ),
    "another-callable": (
        {"origins": [is_tenant]},
        {"origins": [is_partner]},
        [("tests.management.test_diff.is_partner", "read", "without")],
        [("tests.management.test_diff.is_tenant", "read", "without")],
    ),
    "an-origin-where-a-callable-was-asked": (
        {"origins": [is_tenant]},
        {"origins": [is_tenant, APP]},
        [(APP, "read", "without", "unsure:audience")],
        SAME,
    ),
    "loaded-origins-that-are-written-out": (
        {"origins": [CachedOrigins(tenants)]},
        {"origins": [APP]},
        SAME,
        SAME,
    ),
    "origins-that-cannot-be-loaded": (
        {"origins": [APP]},
        {"origins": [APP, CachedOrigins(fails)]},
        [("tests.management.test_diff.fails", "read", "without")],
        SAME,
    ),
}


@pytest.mark.parametrize(("was", "now", "gained", "lost"), POLICIES.values(), ids=POLICIES.keys())
def test_who_gains_and_who_loses(before: Any, was: Any, now: Any, gained: Any, lost: Any) -> None:
    file = before(allow(**was))

    with site(allow(**now)):
        found = compared(file)

    assert told(found["gained"]) == gained
    assert told(found["lost"]) == lost


STOREFRONT = CorsPolicy(origins=[APP], credentials=True)
BELOW = CorsPolicy(origins=["https://*.example.com"], credentials=True)
# id -> (routes before, routes after, the settings before and after, gained, lost)
SITES: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any], Any, Any]] = {
    "a-policy-in-front": (
        allow("public"),
        allow("partners", "public"),
        {},
        {},
        [],
        [],
    ),
    "a-policy-in-front-that-grants-more": (
        allow("public"),
        allow(STOREFRONT, "public"),
        {},
        {},
        [(APP, "read", "with")],
        [],
    ),
    "an-order-that-matters": (
        allow(STOREFRONT, "public"),
        allow("public", STOREFRONT),
        {},
        {},
        [],
        [(APP, "read", "with")],
    ),
    "a-pattern-behind-another": (
        allow(BELOW, "public"),
        allow("public", BELOW),
        {},
        {},
        [],
        [("https://*.example.com", "read", "with")],
    ),
    "a-view-that-is-closed": (
        allow(origins=[APP]),
        path("v/", cors_deny(Getting.as_view())),
        {},
        {},
        [],
        [(APP, "read", "without")],
    ),
    "a-named-policy-for-its-fields": (
        allow("partners"),
        allow(origins=[OTHER]),
        {},
        {},
        [],
        [],
    ),
    "the-settings": (
        path("v/", Getting.as_view()),
        path("v/", Getting.as_view()),
        {"CORS_ALLOWED_ORIGINS": [APP]},
        {"CORS_ALLOWED_ORIGINS": [APP, NEW], "CORS_ALLOW_CREDENTIALS": True},
        [(APP, "read", "with"), (NEW, "read")],
        [],
    ),
    "a-star-of-the-settings-is-a-name-with-cookies": (
        path("v/", Getting.as_view()),
        allow(origins=[APP], headers=["x-a"], credentials=True),
        {
            "CORS_ALLOWED_ORIGINS": [APP],
            "CORS_ALLOW_CREDENTIALS": True,
            "CORS_ALLOW_HEADERS": ["*"],
            "CORS_URLS_REGEX": "^/v/$",
        },
        {},
        [(APP, "send:x-a", "with")],
        [(APP, "send:*", "without")],
    ),
    "a-star-of-a-declaration-is-none": (
        allow(origins=[APP], headers=["*"], credentials=True),
        allow(origins=[APP], headers=["x-a"], credentials=True),
        {},
        {},
        [],
        [(APP, "send:*")],
    ),
    "urls-that-the-settings-open": (
        path("v/<int:pk>/", Getting.as_view()),
        path("v/<int:pk>/", Getting.as_view()),
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/1"},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/"},
        [(APP, "read", "unsure:urls")],
        [],
    ),
    "urls-that-they-close": (
        path("v/<int:pk>/", Getting.as_view()),
        path("v/<int:pk>/", Getting.as_view()),
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/"},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/1"},
        [],
        [(APP, "read", "unsure:urls")],
    ),
    "other-urls": (
        path("v/<int:pk>/", Getting.as_view()),
        path("v/<int:pk>/", Getting.as_view()),
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/2"},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/1"},
        [(APP, "read", "unsure:urls")],
        [(APP, "read", "unsure:urls")],
    ),
    "the-same-urls": (
        path("v/<int:pk>/", Getting.as_view()),
        path("v/<int:pk>/", Getting.as_view()),
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/1"},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v/1"},
        [],
        [],
    ),
    "a-new-route": (
        [],
        allow(origins=[APP]),
        {},
        {},
        [(APP, "read", "without")],
        [],
    ),
    "a-route-that-is-gone": (
        allow(origins=[APP]),
        [],
        {},
        {},
        [],
        [(APP, "read", "without")],
    ),
    "a-new-route-for-nobody": (
        [],
        path("v/", cors_deny(Getting.as_view())),
        {},
        {},
        [],
        [],
    ),
    "a-route-that-is-gone-with-its-enforcement": (
        allow(origins=[], enforce=True),
        [],
        {},
        {},
        [],
        [],
    ),
    "a-new-route-with-enforcement": (
        [],
        allow(origins=[], enforce=True),
        {},
        {},
        [],
        [],
    ),
    "a-route-that-is-hidden-now": (
        [path("w/", Getting.as_view()), path("<slug:any>/", cors_deny(Getting.as_view()))],
        [path("<slug:any>/", cors_deny(Getting.as_view())), path("w/", Getting.as_view())],
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/w/"},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/w/"},
        [],
        [(APP, "read", "without")],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_who_gains_and_who_loses_on_a_site(before: Any, name: str) -> None:
    routes_before, routes_after, settings_before, settings_after, gained, lost = SITES[name]
    file = before(routes_before, **settings_before)

    with site(routes_after, **settings_after):
        found = compared(file)

    assert told(found["gained"]) == gained
    assert told(found["lost"]) == lost


def test_routes_that_are_new_or_gone(before: Any) -> None:
    file = before([path("stays/", view), path("gone/", view)])

    with site([path("stays/", view), path("new/", view)]):
        found = compared(file)

    assert (found["new"], found["gone"]) == (["/new/"], ["/gone/"])


def test_that_routes_that_read_alike_are_told_apart(before: Any) -> None:
    file = before([path("v/<pk>/", view), path("v/<pk>/", cors_deny(view))])

    with site([path("v/<pk>/", view), path("v/<pk>/", cors_deny(view))]):
        found = compared(file)

    assert found["gained"] == found["lost"] == found["new"] == found["gone"] == []


class Writing(View):
    def put(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def delete(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


# id -> (view before, view after, the methods that are gained)
METHODS: dict[str, tuple[Any, Any, list[str]]] = {
    "one-that-is-offered": (
        cors_allow(origins=[APP], methods=["PUT"])(Writing.as_view()),
        cors_allow(origins=[APP], methods=["PUT", "DELETE"])(Writing.as_view()),
        ["DELETE"],
    ),
    "one-of-a-view-that-shows-none": (
        cors_allow(origins=[APP], methods=["GET"])(view),
        cors_allow(origins=[APP], methods=["GET", "PATCH", "PURGE"])(view),
        ["PATCH", "PURGE"],
    ),
    "any": (
        cors_allow(origins=[APP], methods=["GET"])(view),
        cors_allow(origins=[APP], methods=["*"])(view),
        ["PUT", "PATCH", "DELETE", "OPTIONS", "*"],
    ),
    "a-simple-one-needs-no-offer": (
        cors_allow(origins=[APP], methods=["GET"])(view),
        cors_allow(origins=[APP], methods=["GET", "POST"])(view),
        [],
    ),
    "a-simple-one-that-is-enforced": (
        cors_allow(origins=[APP], methods=["GET"], enforce=True)(view),
        cors_allow(origins=[APP], methods=["GET", "POST"], enforce=True)(view),
        ["POST"],
    ),
    "reading-that-is-enforced": (
        cors_allow(origins=[APP], methods=["POST"], enforce=True)(view),
        cors_allow(origins=[APP], methods=["GET", "POST"], enforce=True)(view),
        ["GET", "HEAD"],
    ),
    "all-that-are-enforced": (
        cors_allow(origins=[APP], methods=["GET", "PUT"], enforce=True)(view),
        cors_allow(origins=[APP], methods=["*"], enforce=True)(view),
        ["POST", "PATCH", "DELETE", "OPTIONS", "*"],
    ),
    "any-beside-those-with-a-name": (
        cors_allow(origins=[APP], methods=[*default_methods, "HEAD"])(view),
        cors_allow(origins=[APP], methods=["*"])(view),
        ["*"],
    ),
    "one-that-is-served": (
        cors_allow(origins=[APP])(Getting.as_view()),
        cors_allow(origins=[APP], methods=["GET", "PUT"])(
            type("Both", (Getting, Writing), {}).as_view()  # type: ignore[attr-defined]
        ),
        ["PUT"],
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_which_methods_are_gained(before: Any, name: str) -> None:
    was, now, methods = METHODS[name]
    file = before(path("v/", was))

    with site(path("v/", now)):
        found = compared(file)

    assert [each["methods"] for each in found["gained"]] == ([methods] if methods else [])


def test_without_the_middleware_nobody_had_anything(before: Any) -> None:
    with urlconf(allow(origins=[APP])), override_settings(MIDDLEWARE=[]):
        done = run("cors_policies", "--format=json")
    file = before([])
    Path(file).write_text(done.out)

    with site(allow(origins=[APP])):
        found = compared(file)

    assert told(found["gained"]) == [(APP, "read", "without")]
    assert found["new"] == []


def test_an_example_is_one_of_those_who_gain(before: Any) -> None:
    file = before(allow(origins=["https://*.example.com"]))

    with site(allow(origin_regexes=[r"https://.*example\.com"])):
        (gained,) = compared(file)["gained"]

    assert re.fullmatch(r"https://.*example\.com", gained["example"])
    assert not gained["example"].endswith(".example.com")


# --- Where it is declared, in which form ---------------------------------------------------------


def changing(before: Any) -> str:
    """Write down a site of which ``now`` is what it has become."""
    return str(before([path("a/", cors_allow(origins=[APP])(view)), path("b/", cors_deny(view))]))


def now() -> list[Any]:
    """Return routes that are declared here."""
    opened = cors_allow(origins=[NEW])(view)  # "here"
    return [path("a/", opened), path("b/", cors_allow(origins="*")(view))]


SOURCE = Path(__file__).read_text("utf-8").splitlines()
HERE = next(at for at, line in enumerate(SOURCE, 1) if line.endswith('# "here"'))
PLACE = f"tests/management/test_diff.py:{HERE}"


def test_the_table_in_a_pipe_is_complete(before: Any) -> None:
    file = changing(before)

    with site(now()):
        done = run("cors_policies", f"--diff={file}", "--fail-on=gained")

    lines = [re.sub(r"  +", "|", line) for line in done.out.splitlines()]
    assert lines == [
        "Change|Who|May|Methods|Route|Declared at",
        f"gained|{NEW}|read|any|/a/|{PLACE}",
        f"gained|any origin|read|any|/b/|{PLACE.replace(str(HERE), str(HERE + 1))}",
        f"lost|{APP}|read|any|/a/|{PLACE}",
        "",
        "2 gained, 1 lost; 0 new routes, 0 gone.",
    ]
    assert (done.status, done.err) == (1, "gained: 2, which the output names\n")


def test_the_table_on_a_terminal_fits(before: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = changing(before)
    monkeypatch.setenv("COLUMNS", "80")

    with site([*now(), path("c/", view)]):
        done = run("cors_policies", f"--diff={file}", terminal=True)

    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines()
    assert max(map(len, plain)) <= 80
    assert [line.rstrip() for line in plain if not line.startswith("    ")] == [
        "Gained",
        f"  {NEW}",
        "  any origin",
        "Lost",
        f"  {APP}",
        "",
        "New route: /c/",
        "2 gained, 1 lost; 1 new route, 0 gone.",
    ]


def test_a_terminal_shows_each_of_whom_once(before: Any) -> None:
    opened = cors_allow(origins=[NEW])(view)
    file = before(
        [path("a/", cors_deny(view)), path("b/", cors_allow(origins=[NEW], headers=[])(view))]
    )

    with site([path("a/", opened), path("b/", opened)]):
        done = run("cors_policies", f"--diff={file}", terminal=True, no_color=True)

    assert done.out.count(NEW) == 1
    assert "/a/" in done.out
    assert "/b/" in done.out
    assert "Lost" not in done.out


def test_nothing_is_said_in_one_line(before: Any) -> None:
    file = before(now())

    with site(now()):
        done = run("cors_policies", f"--diff={file}", "--fail-on=gained")

        github = run("cors_policies", f"--diff={file}", "--fail-on=gained", "--format=github")

    assert done == (0, "Nobody gains or loses access.\n", "")
    assert github == (0, "", "")


def test_markdown(before: Any) -> None:
    file = changing(before)

    with site([*now(), path("<int:pk>/", view)]):
        done = run("cors_policies", f"--diff={file}", "--format=markdown")

    lines = done.out.splitlines()
    assert f"| {NEW} | read | any | /a/ | {PLACE} |" in done.out.replace("`", "")
    assert [line for line in lines if line.startswith("#")] == [
        "# Who gains access across origins",
        "## Gained",
        "## Lost",
    ]
    assert "`New route: /<int:pk>/`" in lines


def test_annotations_stand_at_the_declaration(before: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = changing(before)
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("GITHUB_WORKSPACE", str(root.parent))

    with site(now()):
        done = run("cors_policies", f"--diff={file}", "--format=github")

    at = f"file={root.name}/tests/management/test_diff.py,line={HERE}"
    first, second, third = done.out.splitlines()
    assert first == f"::warning {at},title=CORS access gained::{NEW} gains: read; any method of /a/"
    assert second.endswith("::any origin gains: read; any method of /b/")
    assert third == f"::notice {at},title=CORS access lost::{APP} loses: read; any method of /a/"


def test_annotations_of_findings() -> None:
    with site(now()):
        done = run("cors_policies", "--fail-on=any-origin", "--format=github")

    place = PLACE.replace(str(HERE), str(HERE + 1)).replace(":", ",line=")
    assert done.out.startswith(f"::error file={place},title=CORS any-origin::any-origin: /b/ any")
    assert done.status == 1


def test_annotations_hold_what_one_declaration_changes(before: Any) -> None:
    opened = cors_allow(origins=[NEW])(view)
    names = [f"{number}:,%/" for number in range(25)]
    file = before([path(name, cors_deny(view)) for name in names])

    with site([path(name, opened) for name in names]):
        each = run("cors_policies", f"--diff={file}", "--format=github", "--all")
        few = run("cors_policies", f"--diff={file}", "--format=github")

    told = f"{NEW} gains: read; any method of /"
    lines = [f"{told}{number}:,%25/" for number in range(20)]
    assert each.out.partition("gained::")[2] == "%0A".join([*lines, "and 5 more"]) + "\n"
    assert few.out.partition("gained::")[2] == f"{told}0:,%25/ and 24 more\n"


def test_annotations_escape_what_an_old_file_says(before: Any) -> None:
    file = before([path("gone/", cors_allow(origins=[APP])(view)), path("stays/", view)])
    document = json.loads(Path(file).read_text("utf-8"))
    document["routes"][0]["policies"][0]["declared_at"] = {
        "file": "a,b:c%\n::error::\x1b",
        "line": 1,
    }
    document["routes"][0]["route"] = "/gone/\n::error::%\x1b[2J"
    Path(file).write_text(json.dumps(document), "utf-8")

    with site([path("stays/", view)]):
        done = run("cors_policies", f"--diff={file}", "--format=github")

    assert done.out == (
        "::notice file=a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3A\\x1b,line=1,title=CORS access lost::"
        f"{APP} loses: read; any method of /gone/\\n::error::%25\\x1b[2J\n"
    )


@pytest.mark.parametrize("form", ["table", "markdown", "json", "github"])
def test_no_format_prints_raw_what_an_old_file_says(before: Any, form: str) -> None:
    evil = "\x1b[2J\x9b\n|`*"
    file = before([path("gone/", cors_allow(origins=[APP, is_tenant])(view)), path("stays/", view)])
    document = json.loads(Path(file).read_text("utf-8"))
    route = document["routes"][0]
    route["route"] += evil
    route["policies"][0].update(
        policy=evil, headers=[evil], asks=[evil], origin_regexes=[evil, f".*{evil}"]
    )
    route["policies"][0]["declared_at"] = {"setting": evil}
    Path(file).write_text(json.dumps(document), "utf-8")

    with site([path("stays/", view)]):
        done = run("cors_policies", f"--diff={file}", f"--format={form}", "--no-color")

    assert (done.status, done.err) == (0, "")
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.out) is None
    assert form == "json" or "\\x1b[2J" in done.out


def test_any_other_url_is_a_route_of_its_own(before: Any) -> None:
    file = before([])

    with site([], CORS_ALLOWED_ORIGINS=[APP]):
        done = run("cors_policies", f"--diff={file}")

    assert re.search(rf"{APP} +read +any +any other URL +CORS_ALLOWED_ORIGINS", done.out)


def test_an_annotation_of_any_other_url_reads_as_a_sentence(before: Any) -> None:
    file = before([path("a/", view)])

    with site([path("a/", view)], CORS_ALLOWED_ORIGINS=[APP]):
        done = run("cors_policies", f"--diff={file}", "--format=github")

    assert f"{APP} gains: read; any method of any other URL" in done.out


def test_many_routes_of_which_the_same_is_to_be_said_are_one_line(before: Any) -> None:
    file = before([path(f"{number}/", cors_deny(view)) for number in range(12)])
    opened = cors_allow(origins=[APP])(view)

    with site([path(f"{number}/", opened) for number in range(12)]):
        one = run("cors_policies", f"--diff={file}").out
        each = run("cors_policies", f"--diff={file}", "--all").out

    assert re.search(r" /0/ and 11 more ", one)
    assert len(re.findall(r"^gained ", one, re.MULTILINE)) == 1
    assert len(re.findall(r"^gained ", each, re.MULTILINE)) == 12


def test_filters_count_for_both_sides(before: Any) -> None:
    opened = cors_allow(origins=[APP])(view)
    file = before([path("gone/", opened), path("a/", opened), path("b/", opened)])

    with site([path("a/", cors_deny(view)), path("b/", cors_deny(view)), path("new/", view)]):
        gone = compared(file, "--route=gone")
        others = compared(file, "--ignore=/a/", "--ignore=gone")
        unknown = run("cors_policies", f"--diff={file}", "--route=elsewhere")

    assert ([each["route"] for each in gone["lost"]], gone["gone"]) == (["/gone/"], ["/gone/"])
    assert [each["route"] for each in others["lost"]] == ["/b/"]
    assert (others["new"], others["gone"]) == (["/new/"], [])
    assert (unknown.status, unknown.err) == (2, "No route matches 'elsewhere'.\n")


def test_gained_goes_with_other_risks(before: Any) -> None:
    file = changing(before)

    with site(now()):
        done = run("cors_policies", f"--diff={file}", "--fail-on=gained,any-origin")

    assert done.status == 1
    assert done.err.splitlines()[0].startswith("any-origin: /b/ any: any origin;")
    assert done.err.splitlines()[1] == "gained: 2, which the output names"


def test_what_is_lost_fails_nothing(before: Any) -> None:
    file = before(allow(origins=[APP]))

    with site(path("v/", cors_deny(Getting.as_view()))):
        done = run("cors_policies", f"--diff={file}", "--fail-on=gained")

    assert (done.status, done.err) == (0, "")


# id -> (fields before, fields after, what the table says)
SAID: dict[str, tuple[Any, Any, str]] = {
    "a-regex": (
        {"origins": []},
        {"origin_regexes": ["https://.+"]},
        "gained regex https://.+ read",
    ),
    "an-example": (
        {"origins": ["https://*.example"]},
        {"origins": ["https://*.example", "http://*.example"], "credentials": True},
        "gained http://*.example (such as http://a.example) read, with cookies too",
    ),
    "cookies": (
        {"origins": [APP]},
        {"origins": [APP], "credentials": True},
        f"gained {APP} read with cookies",
    ),
    "a-callable": (
        {"origins": []},
        {"origins": [is_tenant]},
        "gained whom tests.management.test_diff.is_tenant admits read",
    ),
    "headers": (
        {"origins": [APP], "headers": []},
        {"origins": [APP], "headers": ["authorization", "*"], "expose_headers": ["etag"]},
        f"gained {APP} send any header, authorization, see etag",
    ),
    "more-headers-than-anybody-reads": (
        {"origins": [APP], "headers": []},
        {"origins": [APP], "headers": [f"x-{number}" for number in range(7)]},
        f"gained {APP} send x-0, x-1, x-2, x-3, x-4 and 2 more",
    ),
    "a-header-with-cookies-alone": (
        {"origins": [APP], "expose_headers": ["*"]},
        {"origins": [APP], "expose_headers": ["etag"], "credentials": True},
        f"gained {APP} read with cookies",
    ),
    "a-private-network": (
        {"origins": [APP]},
        {"origins": [APP], "private_network": True},
        f"gained {APP} reach a private network",
    ),
    "enforcement": (
        {"origins": [APP], "enforce": True},
        {"origins": [APP]},
        "gained origins that are not admitted reach the view: no longer refused",
    ),
    "more-enforcement": (
        {"origins": [APP]},
        {"origins": [APP], "enforce": True},
        "lost origins that are not admitted reach the view: now refused",
    ),
    "who-was-admitted-is-unknown": (
        {"origins": [is_tenant]},
        {"origins": [is_tenant, APP]},
        f"gained {APP} read, perhaps: this command cannot tell who was admitted before",
    ),
    "who-is-admitted-is-unknown": (
        {"origins": [is_tenant, APP]},
        {"origins": [is_tenant]},
        f"lost {APP} read, perhaps: this command cannot tell who is admitted now",
    ),
    "many": (
        {"origins": []},
        {"origins": [f"https://{number}.example" for number in range(7)]},
        (
            "gained https://0.example, https://1.example, https://2.example, https://3.example, "
            "https://4.example and 2 more read"
        ),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_people_are_told(before: Any, name: str) -> None:
    was, now, said = SAID[name]
    file = before(allow(**was))

    with site(allow(**now)):
        done = run("cors_policies", f"--diff={file}")

    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    place = re.escape("tests/management/test_diff.py")
    assert any(re.fullmatch(rf"{re.escape(said)} .*/v/ {place}:\d+", line) for line in lines), lines


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        pytest.param("^/v/1", "^/v/", "gained {} read, perhaps: before {}", id="more"),
        pytest.param("^/v/", "^/v/1", "lost {} read, perhaps: now {}", id="less"),
    ],
)
def test_what_people_are_told_of_urls(before: Any, was: str, now: str, said: str) -> None:
    routes = path("v/<int:pk>/", Getting.as_view())
    file = before(routes, CORS_ALLOWED_ORIGINS=[APP], CORS_URLS_REGEX=was)

    with site(routes, CORS_ALLOWED_ORIGINS=[APP], CORS_URLS_REGEX=now):
        done = run("cors_policies", f"--diff={file}")

    told = said.format(APP, "CORS_URLS_REGEX does not match some URLs of the route")
    assert told.replace("read,", "read, with cookies too,") in " ".join(done.out.split())


OTHERS = "origins that are not admitted reach the view"


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        pytest.param("^/", "^/v/1", f"gained {OTHERS}: no longer refused, perhaps: now", id="less"),
        pytest.param("^/v/1", "^/", f"lost {OTHERS}: now refused, perhaps: before", id="more"),
        pytest.param(
            "^/v/2", "^/v/1", f"gained {OTHERS}: no longer refused, perhaps: now", id="others"
        ),
        pytest.param("^/v/1", "^/v/1", "Nobody gains or loses access.", id="the same"),
    ],
)
def test_what_people_are_told_of_urls_that_enforce(
    before: Any, was: str, now: str, said: str
) -> None:
    routes = path("v/<int:pk>/", Getting.as_view())
    file = before(routes, CORS_ENFORCE=True, CORS_URLS_REGEX=was)

    with site(routes, CORS_ENFORCE=True, CORS_URLS_REGEX=now):
        done = run("cors_policies", f"--diff={file}")

    assert said in " ".join(done.out.split())


def test_any_other_method_in_words(before: Any) -> None:
    was, now = ({"origins": [APP], "methods": [*default_methods, *more]} for more in ((), "*"))
    file = before(path("v/", cors_allow(**was)(view)))

    with site(path("v/", cors_allow(**now)(view))):
        done = run("cors_policies", f"--diff={file}")

    assert f"gained {APP} read any other /v/ " in " ".join(done.out.split())


def test_annotations_of_settings_stand_where_the_setting_is_written(tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    document = json.loads(run_in_shop("cors_policies", "--format=json").out)
    for policy in document["routes"][-1]["policies"]:
        policy["origins"] = []
    file.write_text(json.dumps(document))

    done = run_in_shop("cors_policies", f"--diff={file}", "--format=github")

    found = re.match(r"::warning file=(\S+),line=(\d+),title", done.out)
    assert found, done.out
    line = (ROOT / found[1]).read_text("utf-8").splitlines()[int(found[2]) - 1]
    assert line.startswith("CORS_ALLOWED_ORIGINS = ")


# --- What an expression may be -------------------------------------------------------------------


def test_an_old_file_with_an_expression_that_never_ends_is_read(before: Any) -> None:
    file = before(allow(origin_regexes=[r"https://a\.example"]))
    document = json.loads(Path(file).read_text("utf-8"))
    bad = [r"(https://(a|a)*)*", r"https://(", r"(?<=a)(https://(\w+)+)+x", "a" * 10_000]
    document["routes"][0]["policies"][0]["origin_regexes"] = bad
    Path(file).write_text(json.dumps(document), "utf-8")

    with site(allow(origins=["https://" + "a" * 60 + ".example"])):
        found = compared(file)

    assert [each[1] for each in told(found["gained"])] == ["read"]


def test_what_takes_too_long_is_compared_by_example(
    before: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "_STEPS", 10)
    file = before(allow(origins=["https://*.example.com"]))

    with site(allow(origins=["https://*.example.com", "https://*.example.org"])):
        found = compared(file)

    assert told(found["gained"]) == [("https://*.example.org", "read", "without")]


def test_an_old_origin_that_is_none_admits_nobody(before: Any) -> None:
    file = before(allow(origins=[APP]))
    document = json.loads(Path(file).read_text("utf-8"))
    document["routes"][0]["policies"][0]["origins"] = ["shop", "https://*.*.example", APP]
    Path(file).write_text(json.dumps(document), "utf-8")

    with site(allow(origins=[APP])):
        found = compared(file)

    assert (found["gained"], told(found["lost"])) == (
        [],
        [("https://*.*.example", "read", "without", "unsure:audience")],
    )


def test_one_pattern_more_among_many(before: Any) -> None:
    patterns = [f"https://*.tenant{number}.example" for number in range(500)]
    file = before(allow(origins=patterns))

    with site(
        allow(origins=[*patterns[1:], "https://*.example.com", "https://*.a.tenant7.example"])
    ):
        found = compared(file)

    assert told(found["gained"]) == [("https://*.example.com", "read", "without")]
    assert told(found["lost"]) == [(patterns[0], "read", "without")]


def test_more_patterns_than_can_be_told_apart_are_compared_by_name_and_example(before: Any) -> None:
    patterns = [f"https://*.tenant{number}.example" for number in range(300)]
    file = before(allow(origins=patterns))

    with site(
        allow(
            origins=[*patterns, "https://*.a.tenant7.example", "https://*.example.com"],
            origin_regexes=["(http|https)://.*", "example"],
            credentials=True,
        )
    ):
        found = compared(file)

    assert told(found["gained"]) == [
        ("https://*.a.tenant7.example example", "read", "unsure:audience"),
        ("https://*.example.com (http|https)://.*", "read"),
        (" ".join(sorted(patterns)), "read", "with"),
    ]
    assert found["lost"] == []


def test_a_setting_that_nobody_finds_is_annotated_without_a_place(
    before: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting_places, "settings", SimpleNamespace(SETTINGS_MODULE="sys"))
    unreadable = SimpleNamespace(__file__="/nowhere/settings.py", CORS_ALLOWED_ORIGINS=[APP])
    monkeypatch.setitem(sys.modules, "sys.settings", unreadable)
    file = before(path("v/", view))

    with site(path("v/", view), CORS_ALLOWED_ORIGINS=[APP]):
        done = run("cors_policies", f"--diff={file}", "--format=github")

    assert done.out.startswith(f"::warning title=CORS access gained::{APP} gains: read")


# --- Held against trying -------------------------------------------------------------------------

ENTRIES: list[tuple[str, str]] = [
    ("origins", "https://a.example"),
    ("origins", "http://a.example"),
    ("origins", "https://*.a.example"),
    ("origins", "https://*.example"),
    ("origins", "http://a.example:*"),
    ("origins", "null"),
    ("origins", "*"),
    ("origin_regexes", r"https://.*\.example"),
    ("origin_regexes", r"https?://(a|b)\.example"),
    ("origin_regexes", r"https://a\.example(:[0-9]+)?"),
    ("origin_regexes", r"https://(?!evil)\w+\.example"),
    ("origin_regexes", r".*"),
]
TRIED = [
    "https://a.example",
    "http://a.example",
    "https://b.example",
    "http://b.example",
    "https://x.a.example",
    "https://evil.example",
    "https://x.y.example",
    "http://a.example:81",
    "https://a.example:81",
    "https://a.b",
    "app://a",
    "null",
]


def of_entries(entries: list[tuple[str, str]]) -> CorsPolicy:
    fields: dict[str, list[str]] = {"origins": [], "origin_regexes": []}
    for field, text in entries:
        fields[field].append(text)
    return CorsPolicy(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_nobody_gains_or_loses_unsaid(before: Any, seed: int) -> None:
    chosen = random.Random(seed)
    was, now = (
        [of_entries(chosen.sample(ENTRIES, chosen.randint(1, 3))) for _ in range(number)]
        for number in (chosen.randint(1, 2), chosen.randint(1, 2))
    )
    file = before(allow(*was))

    with site(allow(*now)):
        found = compared(file)

    for direction, less, more in (("gained", was, now), ("lost", now, was)):
        tried = {
            origin
            for origin in TRIED
            if any(policy.admits(origin) for policy in more)
            and not any(policy.admits(origin) for policy in less)
        }
        changes = found[direction]
        said = {
            origin
            for origin in tried
            for change in changes
            if any(
                of_entries([(field, text)]).admits(origin)
                for field in ("origins", "origin_regexes")
                for text in change[field]
            )
        }
        assert said == tried, direction
        for change in changes:
            example = change["example"] or ""
            if change["unsure"] is None and example:
                assert any(policy.admits(example) for policy in more)
                assert not any(policy.admits(example) for policy in less)


# --- Bad input -----------------------------------------------------------------------------------


def replaced(**changes: Any) -> Any:
    """Return what writes a document that differs in some fields from a right one."""

    def written(document: dict[str, Any]) -> bytes:
        return json.dumps({**document, **changes}).encode()

    return written


def lacking(*path: Any) -> Any:
    """Return what writes a document that lacks a field somewhere."""

    def written(document: Any) -> bytes:
        inner = document
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return json.dumps(document).encode()

    return written


WRITE = "Write it with: manage.py cors_policies --format json"
# id -> (what stands in the file, what is said of it)
BAD_FILES: dict[str, tuple[Any, str]] = {
    "empty": (lambda _: b"", f"is not JSON, see its line 1. {WRITE}"),
    "no-json": (lambda _: b"{\n\nroutes", f"is not JSON, see its line 3. {WRITE}"),
    "not-utf-8": (lambda _: b'{"a": "\xff"}', f"is not UTF-8. {WRITE}"),
    "packed": (
        lambda document: gzip.compress(json.dumps(document).encode()),
        f"is not UTF-8. {WRITE}",
    ),
    "zeros": (lambda _: bytes(1000), f"is not JSON, see its line 1. {WRITE}"),
    "cut-off": (
        lambda document: json.dumps(document, indent=1).encode()[:20],
        f"is not JSON, see its line 3. {WRITE}",
    ),
    "lines-of-json": (
        lambda _: b'{"origin": "", "method": "GET", "path": "/"}\n' * 2,
        f"is not JSON, see its line 2. {WRITE}",
    ),
    "what-diff-writes": (
        lambda _: json.dumps(
            {"version": 1, "urlconf": "", "gained": [], "lost": [], "new": [], "gone": []}
        ).encode(),
        f"is not what cors_policies --format json writes: origin is missing. {WRITE}",
    ),
    "too-deep": (lambda _: b"[" * 100_000, f"is JSON that cannot be read. {WRITE}"),
    "a-number-without-end": (
        lambda _: b"1" * 100_000,
        f"is JSON that cannot be read. {WRITE}",
    ),
    "a-list": (
        lambda _: b"[]",
        "is not what cors_policies --format json writes: the document is not of the type object. "
        + WRITE,
    ),
    "something-else": (
        lambda _: b'{"name": "shop", "version": "1.0.0"}',
        f"is not what cors_policies --format json writes: urlconf is missing. {WRITE}",
    ),
    "another-type": (
        replaced(routes={}),
        f"is not what cors_policies --format json writes: routes is not of the type array. {WRITE}",
    ),
    "no-number": (
        replaced(version=True),
        f"is not what cors_policies --format json writes: version is not 1. {WRITE}",
    ),
    "a-field-that-is-missing": (
        lacking("routes", 0, "policies", 0, "offers"),
        "is not what cors_policies --format json writes: routes[0].policies[0].offers is missing. "
        + WRITE,
    ),
    "a-value-that-is-none": (
        lambda document: json.dumps(document).replace('"allow"', '"\\u001b[2J"').encode(),
        (
            "is not what cors_policies --format json writes: "
            "routes[0].policies[0].access is not one of "
            f'"allow", "deny", "none". {WRITE}'
        ),
    ),
    "a-list-of-something-else": (
        replaced(urls_regexes=["", 1]),
        (
            "is not what cors_policies --format json writes: urls_regexes[1] is not of the type "
            f"string. {WRITE}"
        ),
    ),
    "an-earlier-version": (
        replaced(version=0),
        f"is not what cors_policies --format json writes: version is not 1. {WRITE}",
    ),
    "a-later-version": (
        replaced(version=2),
        (
            "is of version 2, which a later cors_views wrote. This one reads up to version 1. "
            "Upgrade it, or write the file again with this one."
        ),
    ),
    "a-part": (
        replaced(filtered=True),
        (
            "was written with a filter, so the rest of the site would look new. Write it "
            "without a filter, and pass the filters together with --diff."
        ),
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    write, said = BAD_FILES[name]
    file = tmp_path / "before.json"
    with site(allow(origins=[APP])):
        file.write_bytes(write(json.loads(run("cors_policies", "--format=json").out)))
        done = run("cors_policies", f"--diff={file}")

    assert done == (2, "", f"'{file}' {said}\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("none", "does not exist", id="none"),
        pytest.param(".", "is a directory", id="directory"),
        pytest.param("\x1b[2J", "does not exist", id="escapes"),
        pytest.param("\0", "cannot be read", id="no-name"),
        pytest.param("x" * 5000, "cannot be read", id="too-long"),
    ],
)
def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path, name: str, said: str) -> None:
    with site(allow(origins=[APP])):
        done = run("cors_policies", f"--diff={tmp_path / name}")

    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(rf"[ -~…]* {said}\. {WRITE}\n", done.err)
    assert len(done.err) < 400


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="bom"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16, as PowerShell writes"),
        pytest.param(lambda text: text.encode("utf-16-be"), id="utf-16 without a mark"),
    ],
)
def test_a_file_is_read_however_an_editor_or_a_shell_has_written_it(
    tmp_path: Path, encoded: Any
) -> None:
    file = tmp_path / "before.json"
    with site(allow(origins=[APP])):
        file.write_bytes(encoded(run("cors_policies", "--format=json").out))
        done = run("cors_policies", f"--diff={file}")

    assert done == (0, "Nobody gains or loses access.\n", "")


def test_a_file_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "_LARGEST", 1000)
    with site(allow(origins=[APP])):
        done = run("cors_policies", "--diff=/dev/zero")

    assert done == (2, "", f"'/dev/zero' is larger than any site's policies. {WRITE}\n")


def test_the_file_of_another_site_is_refused(before: Any) -> None:
    file = before(path("theirs/", view))

    with site(path("ours/", view)):
        done = run("cors_policies", f"--diff={file}")

    assert done.status == 2
    assert done.err.startswith(f"'{file}' was written for another site: its URLconf is ")
    assert done.err.count("\n") == 1


def test_what_powershell_writes_is_read(before: Any) -> None:
    file = Path(before(allow(origins=[APP])))
    file.write_text(file.read_text("utf-8"), "utf-16")

    with site(allow(origins=[APP])):
        assert compared(str(file))["gained"] == []


BAD_OPTIONS = {
    "--fail-on gained": "--fail-on gained needs --diff FILE.",
    "--format github": "--format github needs --diff or --fail-on, which say what to annotate.",
    "--diff {} --origin https://app.example": "--diff looks at the whole site. Leave --origin out.",
    "--diff {} --policy partners": "--diff looks at the whole site. Leave --policy out.",
    "--diff {} --group-by app": "--diff looks at the whole site. Leave --group-by out.",
    "--diff {} --fail-on gaine": "--fail-on does not know 'gaine'. Did you mean 'gained'?",
}


@pytest.mark.parametrize("arguments", BAD_OPTIONS)
def test_options_that_do_not_go_together_are_refused(before: Any, arguments: str) -> None:
    file = before(allow(origins=[APP]))

    with site(allow(origins=[APP])):
        done = run("cors_policies", *arguments.format(file).split())

    assert done == (2, "", f"{BAD_OPTIONS[arguments]}\n")
