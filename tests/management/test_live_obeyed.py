"""What ``cors_explain --live`` advises, done to the configuration of nginx, to the letter."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from cors_views import cors_allow, cors_deny
from tests import servers
from tests.certificates import Certificates
from tests.management.commands import Done, run
from tests.management.test_schemas import assert_valid
from tests.sites import PAGE, PARTNER
from tests.tables import urlconf

pytest.importorskip("gunicorn", reason="gunicorn serves the site that is asked")

GET = ("GET", "/orders/")
PUT = ("PUT", "/orders/", "-H", "Content-Type")
SAME = "The deployed site answers as the code decides."
#: The body of a POST that no preflight announces.
POST = ("-H", "Content-Type: text/plain", "--data-raw", "x" * 1000)


@dataclass
class Trouble:
    """What nginx does, what is advised, and the same done: texts of its configuration, replaced.

    ``above`` stands before the server, ``first`` is who asks before this page does. Where the page
    has to ask for something else, ``asks`` says for what. ``tls``
    is what stands in a server of https.
    """

    does: str
    advised: str
    change: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = GET
    above: str = ""
    first: str | None = None
    asks: tuple[str, ...] = ()
    tls: str = ""


REMOVED = "add_header Access-Control-Allow-Origin {} always;"
CACHE = "proxy_cache_path copies keys_zone=copies:1m;"
CACHED = "proxy_cache copies; proxy_cache_key $uri; proxy_ignore_headers Vary; {}"
SAYS_SO = "add_header X-Cache-Status $upstream_cache_status always;"
ONE_EACH = {
    "proxy_cache_key $uri;": "proxy_cache_key $uri$http_origin;",
    "proxy_ignore_headers Vary;": "",
}
KEY = (
    "Have the cache keep one copy for each origin (nginx: $http_origin in proxy_cache_key, and no "
    "proxy_ignore_headers Vary; a CDN: Origin in its cache key), then empty it."
)
FEW = "limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;"
UNCOUNTED = (
    'map $request_method $counted { default $binary_remote_addr; OPTIONS ""; } '
    "limit_req_zone $counted zone=few:1m rate=1r/m;"
)
LOGIN = "auth_basic shop; auth_basic_user_file /dev/null;"
MOVED = "if ($request_method = OPTIONS) { return 307 https://login.example/; }"
ANSWERED = "if ($request_method = OPTIONS) { return 204; }"
HALF = (
    "if ($request_method = OPTIONS) {"
    " add_header Access-Control-Allow-Origin $http_origin always; return 405; }"
)
NO_PUT = "if ($request_method ~ (OPTIONS|PUT)) { return 405; }"
CHANGED = "Something in front of Django changes it: have it pass on what Django writes."
TO_HTTPS = "error_page 497 =301 https://$http_host$request_uri;"

TROUBLES: dict[str, Trouble] = {
    "the header is doubled": Trouble(
        REMOVED.format("$http_origin"),
        "remove it there (nginx: add_header Access-Control-Allow-Origin).",
        {REMOVED.format("$http_origin"): ""},
    ),
    "the header is doubled, for a preflight": Trouble(
        REMOVED.format("*"),
        "remove it there (nginx: add_header Access-Control-Allow-Origin).",
        {REMOVED.format("*"): ""},
        arguments=PUT,
    ),
    "the header names another page": Trouble(
        f"proxy_hide_header Access-Control-Allow-Origin; {REMOVED.format('https://fixed.example')}",
        "something in front of Django writes the header itself (Server: 'nginx",
        {
            REMOVED.format("https://fixed.example"): "",
            "proxy_hide_header Access-Control-Allow-Origin;": "",
        },
    ),
    "the header opens what the code closes": Trouble(
        REMOVED.format("*"),
        "remove it there, or deploy these.",
        {REMOVED.format("*"): ""},
        arguments=("GET", "/closed/"),
    ),
    "the header is lost": Trouble(
        "proxy_hide_header Access-Control-Allow-Origin;",
        "have it pass the request on as it is, and the header back",
        {"proxy_hide_header Access-Control-Allow-Origin;": ""},
    ),
    "another header of a preflight is lost": Trouble(
        "proxy_hide_header Access-Control-Allow-Methods;",
        CHANGED,
        {"proxy_hide_header Access-Control-Allow-Methods;": ""},
        arguments=PUT,
    ),
    "another header is doubled": Trouble(
        "add_header Access-Control-Allow-Credentials true always;",
        f"Access-Control-Allow-Credentials is 'true', and the code writes none. {CHANGED}",
        {"add_header Access-Control-Allow-Credentials true always;": ""},
    ),
    "Vary is lost": Trouble(
        "proxy_hide_header Vary;",
        "has to let it pass (nginx: no proxy_hide_header Vary).",
        {"proxy_hide_header Vary;": ""},
    ),
    "a cache's copy for another page": Trouble(
        CACHED.format(SAYS_SO), KEY, ONE_EACH, above=CACHE, first=PARTNER
    ),
    "a copy for another page, of which nothing says so": Trouble(
        CACHED.format(""), KEY, ONE_EACH, above=CACHE, first=PARTNER
    ),
    "a cache's copy for nobody": Trouble(
        CACHED.format(SAYS_SO), KEY, ONE_EACH, above=CACHE, first=""
    ),
    "a preflight is redirected": Trouble(
        MOVED,
        "or pass OPTIONS on without a redirect.",
        {MOVED: ""},
        arguments=PUT,
    ),
    "a preflight is redirected to https": Trouble(
        "",
        "Let the page ask by https directly.",
        arguments=PUT,
        asks=("PUT", "https://127.0.0.1:{port}/orders/", "-H", "Content-Type"),
        tls=TO_HTTPS,
    ),
    "a request is redirected to https": Trouble(
        "",
        "Let the page ask by https directly.",
        asks=("GET", "https://127.0.0.1:{port}/orders/"),
        tls=TO_HTTPS,
    ),
    "a preflight is redirected to the slash": Trouble(
        "rewrite ^(.*[^/])$ $1/ permanent;",
        "Let the page ask for '/orders/', with the slash at its end.",
        arguments=("PUT", "/orders", "-H", "Content-Type"),
        asks=PUT,
    ),
    "a request is redirected to the slash": Trouble(
        "rewrite ^(.*[^/])$ $1/ permanent;",
        "Let the page ask for '/orders/', with the slash at its end.",
        arguments=("GET", "/orders"),
        asks=GET,
    ),
    "a preflight is redirected to another path": Trouble(
        "rewrite ^/old/$ /orders/ redirect;",
        "Let the page ask for that URL directly",
        arguments=("PUT", "/old/", "-H", "Content-Type"),
        asks=PUT,
    ),
    "a preflight is answered by the proxy": Trouble(
        ANSWERED,
        "have it pass the request on as it is, and the header back",
        {ANSWERED: ""},
        arguments=PUT,
    ),
    "a preflight is answered by the proxy, with a header": Trouble(
        HALF, "Have OPTIONS passed on.", {HALF: ""}, arguments=PUT
    ),
    "400, where http is asked of a port of https": Trouble(
        "",
        "If that is its port for https, ask by https; otherwise its log says why.",
        asks=("GET", "https://127.0.0.1:{port}/orders/"),
        tls="keepalive_timeout 0;",
    ),
    "401, for a preflight": Trouble(
        LOGIN,
        "It requires a login, but a preflight never has one: let OPTIONS pass without a login.",
        {LOGIN: f"limit_except OPTIONS {{ {LOGIN} }}"},
        arguments=PUT,
    ),
    "401": Trouble(
        LOGIN,
        "It requires a login that the request does not have: let Django require it, whose answers "
        "have CORS headers.",
        {LOGIN: ""},
    ),
    "403": Trouble(
        "limit_except GET POST { deny all; }",
        "Its own rules refuse it: its log names the rule.",
        {"limit_except GET POST": "limit_except GET POST OPTIONS"},
        arguments=PUT,
    ),
    "404": Trouble(
        "proxy_pass http://127.0.0.1:{application}/v1/;",
        "and has no such URL there. ",
        {"/v1/;": ";"},
    ),
    "a preflight goes to another path": Trouble(
        "proxy_pass http://127.0.0.1:{application}/v1/;",
        "have it pass the request on as it is, and the header back (nginx: no proxy_hide_header, "
        "no path in proxy_pass).",
        {"/v1/;": ";"},
        arguments=PUT,
    ),
    "404 of the proxy": Trouble(
        "if ($uri = /orders/) { return 404; }",
        "correct where it passes it on to.",
        {"if ($uri = /orders/) { return 404; }": ""},
    ),
    "405": Trouble(
        NO_PUT, "It does not know the method: let it pass.", {NO_PUT: ""}, arguments=PUT
    ),
    "413": Trouble(
        "client_max_body_size 10;",
        "raise its limit (nginx: client_max_body_size)",
        {"client_max_body_size 10;": "client_max_body_size 10k;"},
        arguments=("--curl", "curl {url}/orders/ -H 'Origin: {page}' {post}", "--run"),
    ),
    "429, for a preflight": Trouble(
        "limit_req zone=few; limit_req_status 429;",
        "do not count OPTIONS, or raise the limit.",
        {FEW: UNCOUNTED},
        arguments=PUT,
        above=FEW,
        first=PAGE,
    ),
    "429": Trouble(
        "limit_req zone=few; limit_req_status 429;",
        "It limits the number of requests: raise the limit.",
        {"rate=1r/m;": "rate=1000r/s;"},
        above=FEW,
        first=PAGE,
    ),
    "502": Trouble(
        "proxy_pass http://127.0.0.1:9;",
        "start it, correct its address there, or read in its log why it ends.",
        {"proxy_pass http://127.0.0.1:9;": "proxy_pass http://127.0.0.1:{application};"},
    ),
    "503": Trouble(
        "return 503;",
        "It considers the application down: start that, or correct its address there",
        {"return 503;": ""},
    ),
    "503, which is nginx's own for a limit": Trouble(
        "limit_req zone=few;",
        "Or it limits the number of requests (nginx: limit_req): raise the limit.",
        {"rate=1r/m;": "rate=1000r/s;"},
        above=FEW,
        first=PAGE,
    ),
    "504": Trouble(
        "proxy_read_timeout 1s;",
        "raise the timeout (nginx: proxy_read_timeout).",
        {"proxy_read_timeout 1s;": "proxy_read_timeout 20s;"},
        arguments=("GET", "/slow/"),
    ),
}


class Proxy:
    """Starts nginx in front of the application, with one configuration after the other."""

    def __init__(self, application: int, folder: Path) -> None:
        self.application, self.folder = application, folder
        self.certificates = Certificates(folder / "certificates")
        self.certificates.alone("own", "subjectAltName=IP:127.0.0.1")
        self.numbers = itertools.count()

    def text(self, trouble: Trouble) -> str:
        own = self.certificates.path("own")
        key = own.with_suffix(".key")
        tls = f"ssl_certificate {own}; ssl_certificate_key {key}; {trouble.tls}"
        does = trouble.does.replace("{application}", str(self.application))
        passed = f"proxy_pass http://127.0.0.1:{self.application};"
        return (
            f"{trouble.above}\nserver {{ listen 127.0.0.1:PORT{' ssl' if trouble.tls else ''};"
            f" {tls if trouble.tls else ''} location / {{"
            f" {'' if 'proxy_pass' in does else passed}"
            f" proxy_set_header Host $http_host; {does} }} }}\n"
        )

    def asked(self, text: str, trouble: Trouble, arguments: tuple[str, ...], *more: str) -> Done:
        """Return what is said of a server with this configuration, and a cache that is empty."""
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        port = servers.free_port()
        text = text.replace("PORT", str(port)).replace(" copies keys", f" {folder}/copies keys")
        with servers.nginx(text.replace("{application}", str(self.application)), port, folder):
            if trouble.first is not None:
                fetch(port, trouble.first)
            url = f"http://127.0.0.1:{port}"
            filled = [self.filled(each, url, port) for each in arguments]
            if arguments[0] == "--curl":
                return run("cors_explain", *filled, *more, "--live")
            return run("cors_explain", PAGE, *filled, *more, "--live", *self.server(filled, url))

    @staticmethod
    def filled(argument: str, url: str, port: int) -> str:
        post = " ".join(f"'{each}'" for each in POST)
        return argument.format(url=url, port=port, page=PAGE, post=post)

    @staticmethod
    def server(arguments: list[str], url: str) -> tuple[str, ...]:
        return () if arguments[1].startswith("https:") else (url,)


def fetch(port: int, origin: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/orders/", headers={"Origin": origin} if origin else {})
    assert connection.getresponse().status == 200
    connection.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("obeyed")
    port = servers.free_port()
    with servers.deployed(port, folder):
        yield Proxy(port, folder)


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_advised_ends_the_difference(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    trouble = TROUBLES[name]
    wrong = right = proxy.text(trouble)
    for text, instead in trouble.change.items():
        assert text in right
        right = right.replace(text, instead)
    asks = trouble.asks or trouble.arguments
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificates.path("own")))

    with override_settings(ROOT_URLCONF="tests.sites.deployed", ALLOWED_HOSTS=["127.0.0.1"]):
        before = proxy.asked(wrong, trouble, trouble.arguments)
        after = proxy.asked(right, trouble, asks)
        document = json.loads(proxy.asked(right, trouble, asks, "--format=json").out)
        code = [each for each in asks if each != "--run"]
        filled = [proxy.filled(each, "http://127.0.0.1", 1) for each in code]
        page = [] if filled[0] == "--curl" else [PAGE]
        decided = json.loads(run("cors_explain", *page, *filled, "--format=json").out)

    assert "The deployed site differs: " in before.out, before.out + before.err
    assert trouble.advised in before.out, before.out
    assert "The deployed site differs: " not in after.out, after.out
    assert SAME in after.out, after.out + after.err
    assert (document["verdict"], document["reason"]) == (decided["verdict"], decided["reason"])
    assert after.status == (0 if decided["verdict"] == "readable" else 1)


# --- Where the code here is not what runs there ---------------------------------------------------

NO_PREFIX = "If a proxy takes a prefix off the path, set FORCE_SCRIPT_NAME to it."


@pytest.mark.parametrize(
    ("arguments", "verdict", "told"),
    [
        pytest.param(("GET", "/shop/orders/"), "readable", "The page may read", id="sent"),
        pytest.param(
            ("PUT", "/shop/orders/", "-H", "Content-Type"),
            "unknown",
            "Not known: the PUT is not sent, and the code here does not know who would answer it.",
            id="its preflight alone is sent",
        ),
        pytest.param(("POST", "/shop/orders/"), "unknown", "Not known: ", id="not sent"),
        pytest.param(("GET", "/shop/closed/"), "refused", "Refused: the answer", id="refused"),
    ],
)
def test_a_proxy_that_takes_a_prefix_off_the_path(
    proxy: Proxy, tmp_path: Path, arguments: tuple[str, ...], verdict: str, told: str
) -> None:
    port = servers.free_port()
    passed = f"proxy_pass http://127.0.0.1:{proxy.application}/; proxy_set_header Host $http_host;"
    text = f"server {{ listen 127.0.0.1:{port}; location /shop/ {{ {passed} }} }}"
    command = ("cors_explain", PAGE, *arguments)
    live = ("--live", f"http://127.0.0.1:{port}")

    with (
        servers.nginx(text, port, tmp_path),
        override_settings(ROOT_URLCONF="tests.sites.deployed", ALLOWED_HOSTS=["127.0.0.1"]),
    ):
        done = run(*command, *live)
        document = assert_valid("cors_explain", run(*command, "--format=json", *live).out)
        with override_settings(FORCE_SCRIPT_NAME="/shop"):
            obeyed, code = run(*command, *live), run(*command)

    assert told in done.out
    assert NO_PREFIX in done.out
    assert document["verdict"] == verdict
    assert done.status == (0 if verdict == "readable" else 1)
    # Nothing is known of the policy there, so nothing is said of it.
    assert [each for each in ("differs", "Change ", "NOT_ADMITTED") if each in done.out] == []
    assert obeyed.status == code.status
    assert SAME in obeyed.out or "POST" in arguments


def answers(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


OTHERS = "other code or"
# the policy of the same URL in the code here, what is asked, (status, what is said)
OTHER_CODE: dict[str, Any] = {
    "it admits others": (
        cors_allow(origins=["https://elsewhere.example"]),
        GET,
        (0, "and the code does not admit the page."),
    ),
    "it closes the view": (cors_deny, GET, (0, "and the code does not admit the page.")),
    "it opens the view to any": (
        cors_allow(origins="*"),
        GET,
        (0, f"Access-Control-Allow-Origin is '{PAGE}', and the code writes '*'."),
    ),
    "it allows cookies": (
        cors_allow(origins=[PAGE], credentials=True),
        GET,
        (0, "Access-Control-Allow-Credentials is not there, and the code writes 'true'."),
    ),
    "it offers fewer methods": (
        cors_allow(origins=[PAGE], methods=["GET", "PUT"], headers=["content-type"]),
        PUT,
        (0, "Access-Control-Allow-Methods is 'GET, POST, PUT', and the code writes 'GET, PUT'."),
    ),
    "it admits whom what is deployed refuses": (
        cors_allow(origins=["https://elsewhere.example"]),
        ("GET", "/orders/"),
        (1, "and the code writes https://elsewhere.example. Either other code or other settings"),
    ),
}


@pytest.mark.parametrize("name", OTHER_CODE)
def test_other_code_than_that_which_is_deployed(proxy: Proxy, name: str) -> None:
    declared, arguments, (status, told) = OTHER_CODE[name]
    page = "https://elsewhere.example" if "whom" in name else PAGE

    with (
        override_settings(ALLOWED_HOSTS=["127.0.0.1"]),
        urlconf(path("orders/", declared(answers))),
    ):
        live = f"http://127.0.0.1:{proxy.application}"
        done = run("cors_explain", page, *arguments, "--live", live)

    assert (done.status, done.err) == (status, "")
    assert told in done.out, done.out
    assert OTHERS in done.out
    # Advice on the code here would not change what is deployed.
    assert [each for each in (SAME, "Change ") if each in done.out] == []
