"""Regular expressions of a URLconf as people read them."""

from __future__ import annotations

import pytest

from cors_views.resolution.route_names import readable


@pytest.mark.parametrize(
    ("regex", "route"),
    [
        pytest.param(r"^users/$", "users/", id="anchors"),
        pytest.param(r"\Ausers/\Z", "users/", id="anchors-of-the-whole-text"),
        pytest.param(r"^users/(?P<pk>[^/.]+)/$", "users/<pk>/", id="named-group"),
        pytest.param(r"^(\d+)/(x|y)/$", "<var>/<var>/", id="groups"),
        pytest.param(r"^(?P<a>(x|y)(z))-(?P<b>[)(]+)$", "<a>-<b>", id="groups-in-a-group"),
        pytest.param(r"^(?P<a>\(\))/$", "<a>/", id="escaped-parentheses"),
        pytest.param(r"^a\.(?P<format>[a-z0-9]+)/?$", "a.<format>/", id="format-suffix"),
        pytest.param(r"^(?:x|y)/\d+$", r"(?:x|y)/\d+", id="what-captures-nothing-stays"),
        pytest.param(r"^[a-z\]]+/?$", r"[a-z\]]+/", id="class-of-characters"),
        pytest.param(r"^[]$]x?$", "[]$]x?", id="class-that-holds-a-bracket-and-a-dollar"),
        pytest.param("(", "<var>", id="broken"),
        pytest.param("\\", "\\", id="a-lone-backslash"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_regular_expression_as_a_route(regex: str, route: str) -> None:
    assert readable(regex) == route
