"""What a field of a model takes for an origin, and what it says of the rest."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from cors_views import CachedOrigins
from cors_views.validators import validate_origin

VALID = [
    pytest.param("https://shop.example", id="as-a-browser-sends-it"),
    pytest.param("https://xn--bcher-kva.example", id="punycode"),
    pytest.param("http://localhost:3000", id="a-port"),
    pytest.param("https://[::1]", id="an-address"),
    pytest.param("app://shop", id="another-scheme"),
]


@pytest.mark.parametrize("value", VALID)
def test_what_is_let_in_is_loaded(value: str, caplog: pytest.LogCaptureFixture) -> None:
    validate_origin(value)

    assert len(CachedOrigins(lambda: [value]).origins()) == 1
    assert caplog.records == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(
            "shop.example",
            "'shop.example' has no scheme. Write 'https://shop.example' instead.",
            id="no-scheme",
        ),
        pytest.param(
            "https://shop.example/",
            "'https://shop.example/' ends in a slash; an origin is scheme, host and port. "
            "Write 'https://shop.example' instead.",
            id="a-slash",
        ),
        pytest.param("*", "'*' can only be written in the policy itself.", id="any-origin"),
        pytest.param("null", "'null' can only be written in the policy itself.", id="null"),
        pytest.param("file://", "'file://' can only be written in the policy itself.", id="file"),
        pytest.param(
            "https://*.github.io",
            "'https://*.github.io' is a pattern. Write each origin that you mean.",
            id="subdomains",
        ),
        pytest.param(
            "http://localhost:*",
            "'http://localhost:*' is a pattern. Write each origin that you mean.",
            id="any-port",
        ),
        pytest.param(
            "https://Shop.Example",
            "'https://Shop.Example' is not spelled as browsers send it. "
            "Write 'https://shop.example' instead.",
            id="upper-case",
        ),
        pytest.param(
            "https://shop.example:443",
            "'https://shop.example:443' is not spelled as browsers send it. "
            "Write 'https://shop.example' instead.",
            id="the-port-of-the-scheme",
        ),
        pytest.param(None, "None is not a string.", id="None"),
    ],
)
def test_what_is_said_of_the_rest(value: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_origin(value)

    # To the visitor of a form: nothing about files of the server.
    assert refused.value.messages[0].startswith(said)
    assert "/tests/" not in refused.value.messages[0]
