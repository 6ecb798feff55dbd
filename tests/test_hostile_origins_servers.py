"""The hostile origins over the wire, through each server of ASGI, to CorsASGI.

A server may refuse what RFC 9110 lets no header hold, and it may change it: it drops spaces at both
ends, and puts one in the place of a control character. What has arrived is what counts then.
"""

from __future__ import annotations

import json

import pytest

from tests.policies.hostile_origins import HOSTILE, NO_ORIGIN, Row, rows
from tests.servers import ASGI_SERVERS, AsgiServers
from tests.wire import ask, handshake

EVERY_ROW = [row for entries in HOSTILE.values() for row in entries]
#: The values that some pattern admits; and all that are origins, with what newlines leave of some.
ADMITTED = {row.value for row in EVERY_ROW if row.admitted_by}
ORIGINS = {row.value for row in EVERY_ROW if row.admitted_by is not NO_ORIGIN}
ORIGINS |= {"https://evil.org", "moz-extension://abc"}
#: RFC 9110 section 5.5: what else is in a header's value is for the server to refuse.
VISIBLE = {*range(0x21, 0x7F), *b"\t "}


@pytest.fixture(params=ASGI_SERVERS)
def port(request: pytest.FixtureRequest, asgi_servers: AsgiServers) -> int:
    return asgi_servers.port_of(request.param)


@rows
@pytest.mark.parametrize("path", ["patterns", "asks"])
def test_who_is_sent_back(port: int, path: str, row: Row) -> None:
    origin = row.value.encode("utf-8", "surrogatepass")
    wanted = ADMITTED if path == "patterns" else ORIGINS
    answer = ask(port, "GET", f"/{path}/", [("Origin", origin)])
    if answer is None or answer.status != 200:
        assert answer is None or answer.status in (400, 431), row.why
        assert answer is None or not answer.values("access-control-allow-origin")
        assert not VISIBLE.issuperset(origin)
        return
    value = ",".join(json.loads(answer.body))
    # Origin comes last: a newline in it may end the headers.
    asked = [("Access-Control-Request-Method", b"PUT"), ("Origin", origin)]
    preflight = ask(port, "OPTIONS", f"/{path}/", asked)

    if VISIBLE.issuperset(origin):
        assert value == row.value.strip("\t "), row.why
    assert preflight is not None
    # Without an Origin it is none.
    assert (preflight.status, preflight.body) == (200, b"" if value else answer.body)
    for each in (answer, preflight):
        expected = [value] if value in wanted else []
        assert each.values("access-control-allow-origin") == expected, row.why
        credentials = ["true"] if expected and path == "asks" else []
        assert each.values("access-control-allow-credentials") == credentials
        assert each.values("vary") == ["origin"]
        assert each.values("set-cookie") == []


#: uvicorn leaves a handshake without an answer that has control characters or a very long header.
HANDSHAKES = [
    pytest.param(row, id=f"{attack}-{row.name}")
    for attack, entries in HOSTILE.items()
    for row in entries
    if row.value.replace("\t", "").isprintable() and 0 < len(row.value) < 5_000
]


@pytest.mark.parametrize("row", HANDSHAKES)
def test_whose_websockets_are_accepted(port: int, row: Row) -> None:
    origin = row.value.encode("utf-8", "surrogatepass")
    status, told = handshake(port, "/patterns/", ("Origin", origin))

    if status == 101:
        assert ",".join(json.loads(told)) in ADMITTED, row.why
    else:
        assert status in (400, 403), row.why
    if VISIBLE.issuperset(origin):
        assert (status == 101) == (row.value.strip("\t ") in ADMITTED), row.why
