"""What a browser sends by a preflight that it kept, against what the policy of it says."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.urls import path

from cors_views import CorsPolicy, cors_allow, cors_deny
from tests.checks.declared import APP, ids_of, view
from tests.tables import urlconf


def asked(request: Any, origin: str) -> bool:
    return False


class Equal:
    """Callables that compare equal are not one."""

    def __call__(self, request: Any, origin: str) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal)

    def __hash__(self) -> int:
        return 1


allow_app = cors_allow(origins=[APP])
cached = cors_allow(origins=[APP], max_age=60)

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "max_age beside a denied POST": ({}, view(cached, post=cors_deny), ["cors_views.W022"]),
    "max_age of 0 beside a denied POST": (
        {},
        view(cors_allow(origins=[APP], max_age=0), post=cors_deny),
        [],
    ),
    "no max_age beside a denied POST": ({}, view(allow_app, post=cors_deny), []),
    "max_age beside a POST for others": (
        {},
        view(cached, post=cors_allow(origins=["https://other.example"])),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for everybody": (
        {},
        view(cached, post=cors_allow(origins="*")),
        [],
    ),
    "max_age beside a POST for the same, in another order": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(origins=["https://b.example", APP]),
        ),
        [],
    ),
    "max_age beside a POST for more": (
        {},
        view(cached, post=cors_allow(origins=["https://b.example", APP])),
        [],
    ),
    "max_age beside a POST for fewer": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(origins=[APP]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for a wider pattern": (
        {},
        view(
            cors_allow(
                origins=[
                    "https://*.a.app.example",
                    "https://b.app.example",
                    "https://*.c.app.example:*",
                    "https://d.app.example:*",
                ],
                max_age=60,
            ),
            post=cors_allow(origins=["https://*.app.example", "https://*.app.example:*"]),
        ),
        [],
    ),
    "max_age beside a POST for a narrower pattern": (
        {},
        view(
            cors_allow(origins=["https://*.app.example"], max_age=60),
            post=cors_allow(origins=["https://*.a.app.example"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for one port of any": (
        {},
        view(
            cors_allow(origins=["http://localhost:*"], max_age=60),
            post=cors_allow(origins=["http://localhost:5173", "http://localhost"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for two audiences that together are it": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins=["https://b.example"])),
        ),
        [],
    ),
    "max_age for any origin beside a POST for one": (
        {},
        view(cors_allow(origins="*", max_age=60), post=cors_allow(origins=[APP])),
        ["cors_views.W022"],
    ),
    "max_age beside a POST whose expression admits it": (
        {},
        view(cached, post=cors_allow(origin_regexes=[r"https://app\.example"])),
        [],
    ),
    "max_age of an expression beside the same one": (
        {},
        view(
            cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example"], max_age=60),
            post=cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example", "https://b"]),
        ),
        [],
    ),
    "max_age of an expression beside another": (
        {},
        view(
            cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example"], max_age=60),
            post=cors_allow(origin_regexes=[r"https://[a-c]+\.app\.example"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age of a callable beside the same one": (
        {},
        view(cors_allow(origins=[asked], max_age=60), post=cors_allow(origins=[APP, asked])),
        [],
    ),
    "max_age of a callable beside one that equals it": (
        {},
        view(
            cors_allow(origins=[Equal()], max_age=60),
            post=cors_allow(origins=[Equal()]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a DELETE for any header": (
        {},
        view(cached, delete=cors_allow(headers=["*"], max_age=0)),
        [],
    ),
    "max_age beside a DELETE for others, which is not named": (
        {},
        view(cached, delete=cors_allow(origins=["https://other.example"])),
        [],
    ),
    "max_age beside a DELETE that allows fewer headers": (
        {},
        view(cached, delete=cors_allow(headers=["x-one"], max_age=0)),
        ["cors_views.W022"],
    ),
    "max_age with credentials beside a POST without": (
        {},
        view(
            cors_allow(origins=[APP], credentials=True, max_age=60),
            post=cors_allow(origins=[APP]),
        ),
        ["cors_views.W022"],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_what_declarations_make_together(name: str) -> None:
    settings, view, expected = SITES[name]

    assert ids_of(settings, view) == expected


def test_a_cached_preflight_is_reported_once_for_all_routes_of_a_view() -> None:
    callback = view(cached, post=cors_deny)

    with urlconf(path("v/", callback), path("v.json", callback), path("v.xml", callback)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W022")

    assert message.msg.startswith(
        "/v/ and 2 more routes: for 60 seconds after a preflight for DELETE, GET, HEAD or OPTIONS, "
        "a browser sends POST with headers that need a preflight, which the policy of POST does "
        "not admit. "
    )
