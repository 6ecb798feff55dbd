"""Preflights without Django: what is offered, and what a browser makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.protocol.preflight_answers import preflight
from cors_views.protocol.questions import Replies
from cors_views.protocol.reasons import Preflight, Reason, refusal
from tests.protocol.test_actual_answers import APP, CLOSED, compiled


def test_a_preflight_that_nothing_governs_is_left_to_the_view() -> None:
    asked = Preflight(APP, "PUT", None, False, True)

    assert preflight(RoutePolicies({}, CLOSED), asked, Replies()) is None


# name -> (policy fields, requested method, requested headers, reason)
REASONS: dict[str, tuple[dict[str, Any], str, str | None, Reason | None]] = {
    "offered": ({"methods": ["PUT"]}, "PUT", None, None),
    "safelisted methods need no naming": ({"methods": []}, "POST", None, None),
    "not offered": ({"methods": ["PUT"]}, "DELETE", None, Reason.METHOD_NOT_OFFERED),
    "as the browser sent it": ({"methods": ["PATCH"]}, "patch", None, Reason.METHOD_NOT_OFFERED),
    "the star": ({"methods": ["*"]}, "PURGE", None, None),
    "the star with credentials": ({"methods": ["*"], "credentials": True}, "PURGE", None, None),
    "a header": ({"headers": ["x-one"]}, "GET", "X-One", None),
    "another header": ({"headers": ["x-one"]}, "GET", "x-two", Reason.HEADER_NOT_ALLOWED),
    "the star covers a header": ({"headers": ["*"]}, "GET", "x-two", None),
    "the star does not cover Authorization": (
        {"headers": ["*"]},
        "GET",
        "authorization",
        Reason.HEADER_NOT_ALLOWED,
    ),
    "a list that no browser wrote": ({"headers": ["*"]}, "GET", "a b", Reason.HEADER_NOT_ALLOWED),
    "the method comes first": (
        {"methods": [], "headers": []},
        "PUT",
        "x-one",
        Reason.METHOD_NOT_OFFERED,
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_why_a_browser_refuses_an_admitted_origin(name: str) -> None:
    fields, method, headers, reason = REASONS[name]
    ruling = EffectivePolicy((compiled(origins=[APP], **fields),))
    route_policies = RoutePolicies({}, ruling, frozenset(), ("PUT", "PATCH"))
    asked = Preflight(APP, method, headers, False, True)

    answer = preflight(route_policies, asked, Replies())

    assert answer is not None
    assert refusal(answer, APP, asked)[0] == reason
