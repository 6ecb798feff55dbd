"""``cors_explain --live`` against gunicorn behind nginx, with each trouble that proxies make."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.test import override_settings

from tests import servers
from tests.management.commands import Done, run
from tests.management.test_schemas import assert_valid
from tests.servers import free_port, free_ports
from tests.sites import PAGE, PARTNER

pytest.importorskip("gunicorn", reason="gunicorn serves the site that is asked")

#: What nginx does at each door of its own, beside passing the request on.
DOORS = {
    "plain": "",
    "doubled": "add_header Access-Control-Allow-Origin $http_origin always;",
    "doubled-alike": "add_header Access-Control-Allow-Origin * always;",
    "to-https": "if ($request_method = OPTIONS) { return 301 https://$http_host$request_uri; }",
    "elsewhere": "if ($request_method = OPTIONS) { return 307 https://login.example/; }",
    "all-redirected": "if ($request_method = GET) { return 302 https://127.0.0.1:9$request_uri; }",
    "no-vary": "proxy_hide_header Vary;",
    "no-headers": "proxy_hide_header Access-Control-Allow-Origin;",
    "no-methods": "proxy_hide_header Access-Control-Allow-Methods;",
    "cached": (
        "proxy_cache copies; proxy_cache_key $uri; proxy_ignore_headers Vary;"
        " add_header X-Cache-Status $upstream_cache_status always;"
    ),
    "cached-quietly": "proxy_cache copies; proxy_cache_key q$uri; proxy_ignore_headers Vary;",
    "slash": "if ($request_method = OPTIONS) { return 301 $uri/; }",
    "nowhere": "if ($request_method = OPTIONS) { return 301 http://[; }",
    "half-closed": (
        "if ($request_method = OPTIONS) {"
        " add_header Access-Control-Allow-Origin $http_origin always; return 405; }"
    ),
    "cached-for-nobody": (
        "proxy_cache copies; proxy_cache_key n$uri; proxy_ignore_headers Vary;"
        " add_header X-Cache-Status $upstream_cache_status always;"
    ),
    "small": "client_max_body_size 10;",
    "no-options": "limit_except GET POST { deny all; }",
    "options-are-204": "if ($request_method = OPTIONS) { return 204; }",
    "options-are-404": (
        "if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin $http_origin;"
        " return 204; }"
    ),
    "echoing": (
        "proxy_hide_header Access-Control-Allow-Origin;"
        " add_header Access-Control-Allow-Origin $http_origin always;"
    ),
    "opened": "add_header Access-Control-Allow-Origin * always;",
    "fixed": (
        "proxy_hide_header Access-Control-Allow-Origin;"
        " add_header Access-Control-Allow-Origin https://fixed.example always;"
    ),
}


class Deployed:
    """The doors of nginx, by name."""

    def __init__(self, ports: dict[str, int], folder: Path) -> None:
        self.ports, self.folder = ports, folder

    def at(self, door: str) -> str:
        return f"http://127.0.0.1:{self.ports[door]}"

    def fetch(self, door: str, path: str, origin: str) -> None:
        """Ask as another page does, or as nobody, which fills a cache."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[door], timeout=20)
        connection.request("GET", path, headers={"Origin": origin} if origin else {})
        assert connection.getresponse().status == 200
        connection.close()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    doors = (*DOORS, "down", "never", "application")
    ports = dict(zip(doors, free_ports(len(doors)), strict=True))
    passed = (
        f"proxy_pass http://127.0.0.1:{ports['application']}; proxy_set_header Host $http_host;"
    )
    text = f"proxy_cache_path {folder}/copies keys_zone=copies:1m;\n" + "".join(
        f"server {{ listen 127.0.0.1:{ports[door]};\nlocation / {{ {passed} {does} }} }}\n"
        for door, does in DOORS.items()
    )
    # What listens and accepts nobody never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        never = f"proxy_pass http://127.0.0.1:{silent.getsockname()[1]}; proxy_read_timeout 1s;"
        for door, does in {"down": "proxy_pass http://127.0.0.1:9;", "never": never}.items():
            text += f"server {{ listen 127.0.0.1:{ports[door]}; location / {{ {does} }} }}\n"
        with (
            servers.deployed(ports["application"], folder),
            servers.nginx(text, ports["plain"], folder),
        ):
            yield Deployed(ports, folder)


@pytest.fixture(autouse=True)
def _the_code() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.sites.deployed"):
        yield


def explain(*arguments: str) -> Done:
    return run("cors_explain", *arguments)


# door -> (arguments, exit status, what is said)
PUT = ("PUT", "/orders/", "-H", "Content-Type")
GET = ("GET", "/orders/")
CASES: dict[str, Any] = {
    "nothing is wrong": (
        "plain",
        GET,
        0,
        ["The page may read the answer.", "The deployed site answers as the code decides."],
    ),
    "a preflight, and what follows it is not sent": (
        "plain",
        PUT,
        0,
        [
            "The PUT may change something, so it is not sent; --run sends it.",
            "  < 200 (assumed: it is not sent, and this is what the code answers)",
            "The deployed site answers as the code decides.",
        ],
    ),
    "sent where it is wanted": (
        "plain",
        (*PUT, "--run"),
        0,
        ["The page may read the answer.", "The deployed site answers as the code decides."],
    ),
    "the header arrives twice": (
        "doubled",
        GET,
        1,
        [
            "Refused, WRONG_ALLOW_ORIGIN",
            f"Access-Control-Allow-Origin arrives twice: '{PAGE}' and '{PAGE}'.",
            "(Server: 'nginx",
            "remove it there (nginx: add_header Access-Control-Allow-Origin).",
        ],
    ),
    "and once more as a star": (
        "doubled-alike",
        GET,
        1,
        [f"Access-Control-Allow-Origin arrives twice: '{PAGE}' and '*'."],
    ),
    "the preflight is redirected to https": (
        "to-https",
        PUT,
        1,
        [
            "Refused, PREFLIGHT_FAILED",
            "The preflight is redirected to 'https://127.0.0.1",
            "before it reaches CorsMiddleware",
            "Let the page ask by https directly.",
        ],
    ),
    "the preflight is redirected to a login": (
        "elsewhere",
        PUT,
        1,
        [
            "The preflight is redirected to 'https://login.example/' with a 307",
            "or pass OPTIONS on without a redirect.",
        ],
    ),
    "the preflight is redirected to a slash": (
        "slash",
        ("PUT", "/away", "-H", "Content-Type"),
        1,
        ["Let the page ask for '/away/', with the slash at its end."],
    ),
    "the preflight is redirected to no URL": (
        "nowhere",
        PUT,
        1,
        ["The preflight is redirected to 'http://['", "Remove the redirect there."],
    ),
    "the proxy admits a page, and no preflight": (
        "half-closed",
        PUT,
        1,
        ["The preflight is answered with a 405 (Server: 'nginx", "Have OPTIONS passed on."],
    ),
    "with credentials, of which there are none": (
        "plain",
        (*GET, "--credentials"),
        1,
        ["No cookies are sent: only --curl can provide them.", "CREDENTIALS_NOT_ALLOWED"],
    ),
    "the request is redirected": (
        "all-redirected",
        GET,
        1,
        ["The GET is redirected to 'https://127.0.0.1:9/orders/' without CORS headers"],
    ),
    "Vary is gone": (
        "no-vary",
        GET,
        0,
        [
            "The page may read the answer.",
            "The deployed site differs: Vary does not name Origin, which the code writes",
            "(nginx: no proxy_hide_header Vary).",
        ],
    ),
    "the header is gone": (
        "no-headers",
        GET,
        1,
        [
            "is answered without Access-Control-Allow-Origin",
            f"and the code writes {PAGE}.",
        ],
    ),
    "a header of the preflight is gone": (
        "no-methods",
        PUT,
        1,
        ["Access-Control-Allow-Methods is not there, and the code writes 'GET, POST, PUT'"],
    ),
    "the proxy knows no OPTIONS": (
        "no-options",
        PUT,
        1,
        [
            "The preflight is answered with a 403 without CORS headers",
            "so not by CorsMiddleware",
            "Its own rules refuse it",
        ],
    ),
    "the proxy answers preflights itself": (
        "options-are-204",
        PUT,
        1,
        ["The preflight is answered without Access-Control-Allow-Origin (Server: 'nginx"],
    ),
    "the proxy answers preflights itself, and forgets half": (
        "options-are-404",
        PUT,
        1,
        ["Access-Control-Allow-Headers is not there, and the code writes 'content-type'"],
    ),
    "the application is down": (
        "down",
        GET,
        1,
        [
            "The GET is answered with a 502 without CORS headers",
            "start it, correct its address there",
        ],
    ),
    "the application never answers": (
        "never",
        GET,
        1,
        [
            "Refused: the answer has no Access-Control-Allow-Origin, and does not say why.",
            "The GET is answered with a 504 without CORS headers (Server: 'nginx",
            "It timed out while it waited for the application",
            "raise the timeout (nginx: proxy_read_timeout)",
        ],
    ),
    "nor to a preflight": (
        "never",
        PUT,
        1,
        ["The preflight is answered with a 504 without CORS headers"],
    ),
    "the application is down, for a preflight": (
        "down",
        PUT,
        1,
        [
            "The preflight is answered with a 502 without CORS headers",
            "start it, correct its address there",
        ],
    ),
    "the proxy opens what the code closes": (
        "opened",
        ("GET", "/closed/"),
        0,
        [
            "What is deployed answers Access-Control-Allow-Origin: '*', and the code does not",
            "remove it there",
        ],
    ),
    "the proxy names somebody else": (
        "fixed",
        GET,
        1,
        [
            "The answer is not this page's own: its Access-Control-Allow-Origin names 'https://fixed",
            "then remove it there.",
        ],
    ),
    "the code refuses too": (
        "plain",
        ("GET", "/closed/"),
        1,
        [
            "Refused, DENIED: ",
            "The deployed site answers as the code decides.",
            "write @cors_allow(origins=['https://app.example']) instead of cors_deny.",
        ],
    ),
    "a redirect to another server is not followed": (
        "plain",
        ("GET", "/away/?to=https://login.example/"),
        1,
        ["Not known, REDIRECT_REFUSED: only https://login.example can tell"],
    ),
    "a redirect to a file is not followed": (
        "plain",
        ("GET", "/away/?to=file:///etc/passwd"),
        1,
        ["FAIL  the redirect: 'file:///etc/passwd' is not an absolute http or https URL"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_it_says_of_what_is_deployed(deployed: Deployed, name: str) -> None:
    door, arguments, status, told = CASES[name]

    with override_settings(ALLOWED_HOSTS=["127.0.0.1"]):
        done = explain(PAGE, *arguments, "--live", deployed.at(door))

    assert (done.status, done.err) == (status, "")
    assert [text for text in told if text not in done.out] == [], done.out


@pytest.mark.parametrize("name", CASES)
def test_what_it_says_as_json(deployed: Deployed, name: str) -> None:
    door, arguments, status, _ = CASES[name]

    with override_settings(ALLOWED_HOSTS=["127.0.0.1"]):
        done = explain(PAGE, *arguments, "--live", deployed.at(door), "--format=json")

    assert (done.status, done.err) == (status, "")
    document = assert_valid("cors_explain", done.out)
    assert document["live"] is True
    assert (document["verdict"] == "readable") is (status == 0)


def test_how_json_says_where_it_differs(deployed: Deployed) -> None:
    done = explain(PAGE, *GET, "--live", deployed.at("doubled"), "--format=json")

    document = json.loads(done.out)
    (different,) = document["differences"]
    assert different.startswith("Access-Control-Allow-Origin arrives twice")
    assert (document["reason"], document["change"]) == ("WRONG_ALLOW_ORIGIN", None)


@pytest.mark.parametrize(
    ("door", "first", "told"),
    [
        pytest.param(
            "cached",
            PARTNER,
            ["The answer is a cache's copy (X-Cache-Status: 'HIT')", PARTNER],
            id="a copy for another page",
        ),
        pytest.param(
            "cached-quietly",
            PARTNER,
            ["The answer is not this page's own", PARTNER],
            id="one that nothing says of",
        ),
    ],
)
def test_a_copy_that_a_cache_has_made_for_another_page(
    deployed: Deployed, door: str, first: str, told: list[str]
) -> None:
    deployed.fetch(door, "/orders/", first)

    done = explain(PAGE, "GET", "/orders/", "--live", deployed.at(door))

    assert done.status == 1
    assert "Refused, WRONG_ALLOW_ORIGIN" in done.out
    assert "Have the cache keep one copy for each origin" in done.out
    assert [text for text in told if text not in done.out] == [], done.out


def test_a_copy_that_a_cache_has_made_for_somebody_without_an_origin(deployed: Deployed) -> None:
    deployed.fetch("cached-for-nobody", "/orders/", "")

    done = explain(PAGE, "GET", "/orders/", "--live", deployed.at("cached-for-nobody"))

    assert done.status == 1
    assert (
        "The answer is a cache's copy (X-Cache-Status: 'HIT'), made for somebody else" in done.out
    )


def test_what_the_code_redirects_as_well_is_no_difference() -> None:
    url, end = answering(b"HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/orders/\r\n\r\n")
    secured = ["django.middleware.security.SecurityMiddleware", *settings.MIDDLEWARE]

    with override_settings(MIDDLEWARE=secured, SECURE_SSL_REDIRECT=True):
        done = explain(PAGE, *PUT, "--live", url)
    end()

    assert done.status == 1
    assert "Refused, PREFLIGHT_FAILED" in done.out
    assert "The deployed site answers as the code decides." in done.out


def test_the_url_may_be_that_of_what_is_deployed(deployed: Deployed) -> None:
    alone = explain(PAGE, "GET", "--live", f"{deployed.at('plain')}/orders/?page=2")
    beside = explain(PAGE, "GET", "/x/", "--live", f"{deployed.at('plain')}/orders/")

    assert "> GET /orders/?page=2" in alone.out
    assert "> GET /orders/\n" in beside.out
    assert (alone.status, beside.status) == (0, 0)


def test_names_below_localhost_are_this_machine_as_in_browsers(deployed: Deployed) -> None:
    """RFC 6761 section 6.3; the resolvers of many systems do not know them."""
    url = deployed.at("plain").replace("127.0.0.1", "api.shop.localhost")

    with override_settings(ALLOWED_HOSTS=[".localhost"]):
        done = explain(PAGE, "GET", f"{url}/orders/", "--live")

    assert f"> Host: {url.removeprefix('http://')}\n" in done.out
    assert done.status == 0


def test_what_the_proxy_opens_to_a_page_that_the_code_does_not_admit(deployed: Deployed) -> None:
    """It admits others, and the output must not say that it admits nobody."""
    stranger = "https://stranger.example"

    done = explain(stranger, "GET", "/orders/", "--live", deployed.at("echoing"))

    assert done.status == 0
    assert (
        f"What is deployed answers Access-Control-Allow-Origin: '{stranger}', and the code does "
        "not admit the page."
    ) in done.out


def test_a_url_that_breaks_the_code(deployed: Deployed) -> None:
    done = explain(PAGE, "GET", "/broken/x/", "--live", deployed.at("plain"))

    assert (done.status, done.out) == (2, "")
    assert done.err == "/broken/x/ cannot be resolved: ZeroDivisionError: broken\n"


def test_a_body_that_the_proxy_does_not_take(deployed: Deployed) -> None:
    copied = (
        f"curl '{deployed.at('small')}/orders/' -H 'Origin: {PAGE}'"
        f" -H 'Content-Type: text/plain' --data-raw '{'x' * 1000}'"
    )

    done = explain("--curl", copied, "--live", "--run")

    assert done.status == 1
    assert "The POST is answered with a 413 without CORS headers (Server: 'nginx" in done.out
    assert "raise its limit (nginx: client_max_body_size)" in done.out


def test_what_is_not_sent_is_not_received(deployed: Deployed) -> None:
    # The proxy would refuse it.
    done = explain(PAGE, "POST", "/orders/", "--live", deployed.at("down"))

    assert done.status == 0
    assert "so it is not sent" in done.out
    assert "What is deployed" not in done.out


def test_an_answer_that_does_not_come_in_time(deployed: Deployed) -> None:
    done = explain(PAGE, "GET", "/slow/", "--live", deployed.at("plain"), "--timeout", "0.3")

    assert done.status == 1
    assert "accepted the connection and did not answer within 0.3 seconds" in done.out
    assert "wait longer with --timeout." in done.out


# --- Servers that nobody would run ----------------------------------------------------------------


def answering(*parts: bytes) -> tuple[str, Callable[[], None]]:
    """Serve one connection with these bytes, and return where, and what ends it."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            for part in parts:
                try:
                    connection.sendall(part)
                except OSError:
                    break
                if len(parts) > 1:
                    done.wait(0.1)

    thread = threading.Thread(target=serve)
    thread.start()

    def end() -> None:
        done.set()
        thread.join(20)
        server.close()

    return f"http://127.0.0.1:{server.getsockname()[1]}", end


OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE: dict[str, Any] = {
    "escape sequences": (
        [OK + b"Access-Control-Allow-Origin: \x1b[2Jred\x9b\r\n\r\n"],
        "'\\x1b[2Jred\\x9b'",
    ),
    "a redirect with escape sequences": (
        [b"HTTP/1.1 302 Found\r\nLocation: /\x1b]0;x\x07\r\n\r\n"],
        "\\x1b",
    ),
    "a server with a name of its own": (
        [b"HTTP/1.1 502 Bad\r\nServer: \x1b[31m" + b"x" * 900 + b"\r\n\r\n"],
        "(Server: '\\x1b[31mxxx",
    ),
    "more headers than anybody reads": (
        [OK + b"A: b\r\n" * 200 + b"\r\n"],
        "is no answer in HTTP that can be read (got more than 100 headers)",
    ),
    "a header without an end": (
        [OK + b"A: " + b"b" * 70000],
        "is no answer in HTTP that can be read (got more than 65536 bytes",
    ),
    "no HTTP at all": ([b"\x1b[2J nonsense\r\n\r\n"], "is no answer in HTTP that can be read"),
    "no answer": ([b""], "closed the connection without an answer"),
    "a body without an end": (
        [OK + b"Content-Length: 99999999999\r\n\r\n", *[b"x" * 65536] * 50],
        "is answered without Access-Control-Allow-Origin",
    ),
    "a byte at a time": ([OK, b"A: ", *[b"b"] * 40], "did not answer within 1 second."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_server_sends_is_read_to_an_end_and_shown_escaped(name: str) -> None:
    parts, told = HOSTILE[name]
    url, end = answering(*parts)

    done = explain(PAGE, "GET", "/orders/", "--live", url, "--timeout", "1")
    end()

    assert (done.status, done.err) == (1, "")
    assert told in done.out
    assert done.out.replace("\n", "").isprintable()
    assert max(map(len, done.out.splitlines())) < 2500


def test_nothing_listens() -> None:
    done = explain(PAGE, "GET", "/orders/", "--live", f"http://127.0.0.1:{free_port()}")

    assert done.status == 1
    assert "Why: Nothing listens at 127.0.0.1:" in done.out


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("shop.invalid", id="of a domain that nobody has"),
        pytest.param(f"{'a' * 64}.invalid", id="with a label longer than DNS has"),
    ],
)
def test_nobody_knows_the_host(host: str) -> None:
    done = explain(PAGE, "GET", "/orders/", "--live", f"http://{host}")

    assert f"Why: No address is found for the host {host}." in done.out


UNREACHABLE = {
    "no way": (
        OSError(errno.ENETUNREACH, "Network is unreachable"),
        "cannot be reached: Network is unreachable.",
    ),
    "a firewall": (TimeoutError("timed out"), "within 10 seconds. A firewall drops it"),
    "a reset": (ConnectionResetError(), "closed the connection without an answer"),
}


@pytest.mark.parametrize("name", UNREACHABLE)
def test_there_is_no_connection(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    error, told = UNREACHABLE[name]
    monkeypatch.setattr("socket.create_connection", Mock(side_effect=error))

    done = explain(PAGE, "GET", "/orders/", "--live", "http://127.0.0.1:8")

    assert done.status == 1
    assert told in done.out


# --- What is sent ---------------------------------------------------------------------------------


ALLOWS = (
    f"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: {PAGE}\r\n"
    "Access-Control-Allow-Credentials: true\r\n"
    "Access-Control-Allow-Headers: authorization, x-api-key\r\n\r\n"
).encode()


def sent_by(arguments: list[str], *answers: bytes) -> tuple[Done, str]:
    """Return what a command says, and what it sends to a server that answers so and no more."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(20)
    heard: list[bytes] = []

    def serve() -> None:
        for answer in answers or (OK + b"Content-Length: 0\r\n\r\n",):
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(answer.replace(b"PORT", port.encode()))

    port = str(server.getsockname()[1])
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    done = explain(*(each.replace("LIVE", url) for each in arguments))
    thread.join(20)
    server.close()
    return done, b"".join(heard).decode()


COPIED = (
    f"curl 'LIVE/orders/?page=2' -H 'Origin: {PAGE}' -H 'authorization: Bearer s3cret' "
    "-H 'x-api-key: s3cret' -b 'sessionid=s3cret' --compressed"
)


def test_the_cookies_of_a_command_go_to_its_own_server_and_are_never_shown() -> None:
    plain = COPIED.replace("-H 'authorization: Bearer s3cret' -H 'x-api-key: s3cret' ", "")
    done, sent = sent_by(["--curl", plain, "--live"])

    assert sent.startswith("GET /orders/?page=2 HTTP/1.1\r\n")
    assert "Cookie: sessionid=s3cret\r\n" in sent
    assert "  > (and the cookies of the command)\n" in done.out
    assert "s3cret" not in done.out + done.err


def test_a_preflight_brings_no_secret_along() -> None:
    done, sent = sent_by(["--curl", COPIED, "--live"])

    assert sent.startswith("OPTIONS /orders/?page=2 HTTP/1.1\r\n")
    assert "Access-Control-Request-Headers: authorization,x-api-key\r\n" in sent
    assert "s3cret" not in sent + done.out + done.err


def test_the_keys_of_a_command_go_to_its_own_server() -> None:
    done, sent = sent_by(["--curl", COPIED, "--live"], ALLOWS, ALLOWS)

    assert "\r\nauthorization: Bearer s3cret\r\nx-api-key: s3cret\r\n" in sent
    assert "s3cret" not in done.out + done.err


def test_another_server_gets_no_keys() -> None:
    copied = COPIED.replace("LIVE", "https://api.example").replace("-b 'sessionid=s3cret' ", "")
    done, sent = sent_by(["--curl", copied, "--live", "LIVE"], ALLOWS, ALLOWS)

    assert "\r\nauthorization: x\r\nx-api-key: x\r\n" in sent
    assert "s3cret" not in sent + done.out + done.err


def test_a_server_that_is_redirected_to_gets_no_keys() -> None:
    copied = COPIED.replace("-b 'sessionid=s3cret' ", "")
    anybody = ALLOWS.replace(PAGE.encode(), b"*").replace(b": true", b": false")
    redirects = anybody.replace(b"200 OK", b"302 Found\r\nLocation: http://localhost:PORT/orders/")
    with override_settings(ALLOWED_HOSTS=["127.0.0.1", "localhost"]):
        done, sent = sent_by(
            ["--curl", copied, "--live", "LIVE"], anybody, redirects, anybody, anybody
        )

    at_home, _, elsewhere = sent.partition("Host: localhost:")
    assert "x-api-key: s3cret" in at_home
    assert "\r\nx-api-key: x\r\n" in elsewhere
    assert "s3cret" not in elsewhere + done.out + done.err


def test_another_server_gets_neither_cookies_nor_authorization() -> None:
    plain = (
        "curl 'https://api.example/orders/' -b 'sessionid=s3cret' -H 'Origin: https://app.example'"
    )
    done, sent = sent_by(["--curl", plain, "--live", "LIVE"])

    assert "s3cret" not in sent + done.out + done.err
    assert (
        "The cookies and the keys of the command are for another server, and are not sent"
        in done.out
    )


def test_the_origin_of_the_referer_is_told_there_too() -> None:
    copied = f"curl LIVE/orders/ -H 'Referer: {PAGE}/cart'"

    done, _ = sent_by(["--curl", copied, "--live"])

    assert f"The command has no Origin header: {PAGE} is the origin of its Referer." in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--live", PAGE, "GET", "LIVE/orders/"], id="first"),
        pytest.param([PAGE, "--live", "GET", "LIVE/orders/"], id="second"),
        pytest.param([PAGE, "GET", "--live", "LIVE/orders/"], id="before the URL"),
        pytest.param([PAGE, "GET", "LIVE/orders/", "--live"], id="last"),
        pytest.param(["--live=LIVE", PAGE, "GET", "/orders/"], id="with a URL of its own"),
        pytest.param(["--live", "LIVE", PAGE, "GET", "/orders/"], id="and without a sign"),
        pytest.param(["--live", "LIVE/orders/", PAGE, "GET"], id="as the only URL"),
    ],
)
def test_where_live_stands(arguments: list[str]) -> None:
    done, sent = sent_by(arguments)

    assert sent.startswith("GET /orders/ HTTP/1.1\r\n")
    assert f"\r\nOrigin: {PAGE}\r\n" in sent
    assert done.err == ""


def test_live_stands_before_a_sandboxed_page() -> None:
    _, sent = sent_by(["--live", "null", "GET", "LIVE/orders/"])

    assert "\r\nOrigin: null\r\n" in sent


def test_help_shows_live_last(capsys: pytest.CaptureFixture[str]) -> None:
    explain("--help")

    usage = " ".join(capsys.readouterr().out.split("\n\n")[0].split())
    assert "cors_explain ORIGIN METHOD URL [options] [--live [URL]]" in usage
    assert "cors_explain [ORIGIN] --curl COMMAND [options] [--live [URL]]" in usage


# --- Who has answered ----------------------------------------------------------------------------


def refusal(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]).encode()


SAYS = "X-Cors-Views: ORIGIN_NOT_ADMITTED; route policy declared at shop/views.py:7"
OF_ASGI = "X-Cors-Views: ORIGIN_NOT_ADMITTED; ASGI application policy declared at shop/asgi.py:9"
VARY = "Vary: Accept, origin"
OLD_CODE = "other code or other settings run there: deploy these, and restart the server."
ALONE = "This command knows the URLconf alone"
# answer, arguments, what is said, what is not
WHO: dict[str, Any] = {
    "CorsMiddleware refuses, and says why": (
        refusal("403 Forbidden", SAYS, VARY),
        GET,
        [
            f"  < {SAYS}",
            "Refused, ORIGIN_NOT_ADMITTED: ",
            "The GET did reach CorsMiddleware, which answered with a 403",
            "'ORIGIN_NOT_ADMITTED; route policy declared at shop/views.py:7'",
            f"The code here writes Access-Control-Allow-Origin: {PAGE}.",
            OLD_CODE,
        ],
        ["not by CorsMiddleware", "NO_POLICY", "Its own rules"],
    ),
    "it refuses a preflight, and says why": (
        refusal("403 Forbidden", SAYS, VARY),
        PUT,
        ["Refused, ORIGIN_NOT_ADMITTED: ", "The preflight did reach CorsMiddleware", OLD_CODE],
        ["not by CorsMiddleware", "PREFLIGHT_FAILED", "Its own rules"],
    ),
    "it lets a view redirect, and says why": (
        refusal("302 Found", SAYS, VARY, "Location: /elsewhere/"),
        GET,
        ["did reach CorsMiddleware, which answered with a 302"],
        ["in front of CorsMiddleware"],
    ),
    "it answers 200, and says why": (
        refusal("200 OK", SAYS, VARY),
        GET,
        ["Refused, ORIGIN_NOT_ADMITTED: ", OLD_CODE],
        ["Something in front"],
    ),
    "a 403 that depends on the origin": (
        refusal("403 Forbidden", VARY),
        GET,
        [
            "Refused: the answer has no Access-Control-Allow-Origin, and does not say why.",
            "Its Vary names Origin, so CorsMiddleware itself may have refused it",
            "Either other code or other settings are deployed there",
        ],
        ["not by CorsMiddleware", "NO_POLICY", "Its own rules"],
    ),
    "a preflight's 403 that depends on the origin": (
        refusal("403 Forbidden", VARY),
        PUT,
        ["The preflight is answered with a 403", "CorsMiddleware itself may have refused it"],
        ["not by CorsMiddleware", "Its own rules"],
    ),
    "a 404 that depends on the origin": (
        refusal("404 Not Found", VARY),
        GET,
        ["Either other code or other settings are deployed there"],
        ["not by CorsMiddleware", "enforce=True"],
    ),
    "a 403 of the proxy": (
        refusal("403 Forbidden"),
        GET,
        ["so not by CorsMiddleware", "Its own rules refuse it"],
        ["NO_POLICY"],
    ),
    "it refuses for the reason that the code has": (
        refusal("200 OK", "X-Cors-Views: DENIED; route policy declared at shop/views.py:7", VARY),
        ("GET", "/closed/"),
        ["Refused, DENIED: ", "The deployed site answers as the code decides.", "Change "],
        ["did reach"],
    ),
    "it refuses for another reason": (
        refusal("200 OK", SAYS, VARY),
        ("GET", "/closed/"),
        ["Refused, ORIGIN_NOT_ADMITTED: ", "refuses it for another reason, DENIED; ", OLD_CODE],
        ["Change "],
    ),
    "it refuses a preflight with a 403, and the code with a 200": (
        refusal("403 Forbidden", VARY),
        ("PUT", "/closed/"),
        ["and the code answers 200", "CorsMiddleware itself may have refused it"],
        ["Have OPTIONS passed on"],
    ),
    "no reason that a server has": (
        refusal("200 OK", "X-Cors-Views: NO_ANSWER; \x1b[2J"),
        ("GET", "/closed/"),
        ["  < X-Cors-Views: NO_ANSWER; \\x1b[2J", "Refused, DENIED: "],
        ["NO_ANSWER: "],
    ),
    "CorsASGI refuses, and says why": (
        refusal("403 Forbidden", OF_ASGI, VARY),
        ("GET", "/feed/"),
        [
            "Refused, ORIGIN_NOT_ADMITTED: ",
            "its CorsASGI says why it refused, X-Cors-Views: 'ORIGIN_NOT_ADMITTED; ASGI",
            ALONE,
            "give that CorsASGI a policy",
        ],
        ["CORS_ALLOWED_ORIGINS", "Change ", "as the code decides", "differs", "no such URL"],
    ),
    "below a route that takes every URL, too": (
        refusal("200 OK", OF_ASGI, VARY),
        ("GET", "/closed/"),
        [ALONE, "give that CorsASGI a policy"],
        ["Change ", "as the code decides", "differs"],
    ),
    "CorsASGI refuses a preflight": (
        refusal("200 OK", VARY),
        ("PUT", "/feed/"),
        [ALONE, "the policy of the CorsASGI around it decides"],
        ["CORS_ALLOWED_ORIGINS", "Change ", "as the code decides", "differs", "NO_POLICY"],
    ),
    "nobody knows the URL": (
        refusal("404 Not Found", VARY),
        ("GET", "/feed/"),
        [ALONE, "Otherwise correct the URL; manage.py cors_policies lists the routes."],
        ["CORS_ALLOWED_ORIGINS", "Change ", "as the code decides", "differs"],
    ),
    "it is not asked": (
        refusal("404 Not Found", VARY),
        ("POST", "/feed/"),
        [ALONE, "so it is not sent"],
        ["CORS_ALLOWED_ORIGINS", "Change ", "as the code decides"],
    ),
    "the header arrives twice at a URL that nobody knows": (
        refusal("200 OK", *[f"Access-Control-Allow-Origin: {PAGE}"] * 2),
        ("GET", "/feed/"),
        ["Access-Control-Allow-Origin arrives twice", ALONE],
        ["Change "],
    ),
}


@pytest.mark.parametrize("name", WHO)
def test_who_has_answered(name: str) -> None:
    answer, arguments, told, untold = WHO[name]
    unsent = arguments[0] == "POST"

    url, end = (f"http://127.0.0.1:{free_port()}", lambda: None) if unsent else answering(answer)
    done = explain(PAGE, *arguments, "--live", url)
    end()

    assert (done.status, done.err) == (1, "")
    assert [text for text in told if text not in done.out] == [], done.out
    assert [text for text in untold if text in done.out] == [], done.out


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_whom_an_asgi_application_admits_it_is_no_mistake_of_the_proxy(method: str) -> None:
    allowed = f"Access-Control-Allow-Origin: {PAGE}"
    answer = refusal("200 OK", allowed, "Access-Control-Allow-Methods: PUT", VARY)
    url, end = answering(answer)

    done = explain(PAGE, method, "/feed/", "--live", url)
    end()

    assert ALONE in done.out
    assert "remove it there" not in done.out
    assert "does not admit the page" not in done.out
    assert "differs" not in done.out


def test_json_says_who_has_answered() -> None:
    url, end = answering(refusal("403 Forbidden", OF_ASGI, VARY))

    done = explain(PAGE, "GET", "/feed/", "--live", url, "--format=json")
    end()

    document = assert_valid("cors_explain", done.out)
    assert (document["reason"], document["change"], document["or_change"]) == (
        "ORIGIN_NOT_ADMITTED",
        None,
        [],
    )
    assert [note for note in document["notes"] if ALONE in note]
    assert OF_ASGI.split(": ", 1) in [
        each if each[0] != "x-cors-views" else ["X-Cors-Views", each[1]]
        for each in document["exchanges"][-1]["response"]["headers"]
    ]


# --- Bad input ------------------------------------------------------------------------------------

BAD: dict[str, Any] = {
    "no URL at all": ((PAGE, "GET"), "the following arguments are required: url (see --help)"),
    "no scheme": (
        (PAGE, "GET", "/orders/", "--live", "shop.example"),
        "--live: 'shop.example' is not an absolute http or https URL.",
    ),
    "a file": (
        (PAGE, "GET", "/orders/", "--live", "file:///etc/passwd"),
        "--live: 'file:///etc/passwd' is not an absolute http or https URL.",
    ),
    "live takes the page for its URL, and there is none": (
        ("--live", PAGE, "GET"),
        f"--live has taken '{PAGE}' for its URL. Put --live last, or write --live=URL.",
    ),
    "live takes the method for its URL, and there is none": (
        (PAGE, "--live", "get"),
        "--live has taken 'get' for its URL. Put --live last, or write --live=URL.",
    ),
    "live takes a page, and no method is there": (
        ("--live", "https://api.example", PAGE, "/orders/"),
        "'/orders/' is not",
    ),
    "no number": (
        (PAGE, "GET", "/orders/", "--timeout", "soon"),
        "argument --timeout: invalid _seconds value: 'soon'",
    ),
    "for ever": ((PAGE, "GET", "/orders/", "--timeout", "inf"), "argument --timeout: invalid"),
    "an option that curl alone knows": (
        ("--curl", "curl https://a.example -H 'Origin: https://b.example' --proxy x"),
        "--curl: '--proxy' is not an option that browsers copy.",
    ),
    "an option with a password": (
        ("--curl", "curl -ume:s3cret https://a.example -H 'Origin: https://b.example'"),
        "--curl: '-u' is not an option that browsers copy.",
    ),
    "a command with a password in its URL": (
        ("--curl", "curl https://me:s3cret@a.example/ -H 'Origin: https://b.example'"),
        "'https://…@a.example/' contains a user name or password, which fetch() refuses.",
    ),
    "a password in the URL of --live": (
        (PAGE, "GET", "/orders/", "--live", "https://me:s3cret@a.example"),
        "'https://…@a.example/orders/' contains a user name or password",
    ),
    "a command and a method": (
        (PAGE, "GET", "--curl", "curl https://a.example"),
        "--curl has the whole request. Leave out method.",
    ),
    "a command and a header": (
        ("-H", "X: y", "--curl", "curl https://a.example"),
        "--curl has the whole request. Leave out --header.",
    ),
    "a command of no page": (
        ("--curl", "curl https://a.example"),
        "--curl: the command has no Origin header",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name: str) -> None:
    arguments, told = BAD[name]

    done = explain(*arguments)

    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert "s3cret" not in done.err
    assert done.err.count("\n") == 1
