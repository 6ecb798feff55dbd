"""Response headers: those of CORS, and which no script may read."""

from __future__ import annotations

import pytest

from cors_views.standard.response_headers import CORS_RESPONSE_HEADERS, FORBIDDEN_RESPONSE_HEADERS


@pytest.mark.parametrize(
    ("names", "standard"),
    [
        pytest.param(
            FORBIDDEN_RESPONSE_HEADERS,
            {"set-cookie", "set-cookie2"},
            id="forbidden-response-header-name",
        ),
        pytest.param(
            CORS_RESPONSE_HEADERS,
            {
                "access-control-allow-origin",
                "access-control-allow-credentials",
                "access-control-allow-methods",
                "access-control-allow-headers",
                "access-control-allow-private-network",
                "access-control-expose-headers",
                "access-control-max-age",
            },
            id="response-headers-of-the-protocol",
        ),
    ],
)
def test_that_a_list_is_that_of_the_standard(names: frozenset[str], standard: set[str]) -> None:
    assert names == standard
