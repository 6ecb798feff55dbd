"""``manage.py cors_policies --replay``: which requests of a log the site would refuse now."""

from __future__ import annotations

import gzip
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import ResolverMatch, URLPattern, path, register_converter
from django.views import View

from cors_views import CachedOrigins, cors_allow, cors_deny
from cors_views.management.replaying import log_lines, rehearsal
from cors_views.signals import check_request_enabled
from tests.management.commands import Done, run, run_in_shop
from tests.management.test_schemas import assert_valid
from tests.tables import Patterns, urlconf

APP, OTHER = "https://app.example", "https://other.example"
CORS = ["cors_views.middleware.CorsMiddleware"]
HERE = "tests/management/test_replay.py"


def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    raise AssertionError("No view is run.")


def is_tenant(request: Any, origin: str) -> bool:
    raise AssertionError("Nobody is asked.")


def tenants() -> list[str]:
    return [APP]


class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("No view is run.")

    def put(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("No view is run.")

    @cors_deny()
    def delete(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("No view is run.")


class Raising:
    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        raise RuntimeError("The database is down.")

    def to_url(self, value: str) -> str:
        return value


register_converter(Raising, "raising")

ROUTES = [
    path("app/", cors_allow(origins=[APP], methods=["GET", "PUT"], headers=["x-a"])(view)),
    path("orders/", cors_allow(origins=[APP], methods=["PUT"])(Orders.as_view())),
    path("anybody/", cors_allow(origins="*")(view)),
    path("nobody/", cors_deny(view)),
    path("asks/", cors_allow(origins=[is_tenant])(view)),
    path("loaded/", cors_allow(origins=[CachedOrigins(tenants)])(view)),
    path("undeclared/", view),
    path("für/", cors_allow(origins=[APP])(view)),
    path("enforced/", cors_allow(origins=[APP], enforce=True)(view)),
    path("raises/<raising:it>/", view),
]


@contextmanager
def site(*routes: Any, **settings: Any) -> Iterator[None]:
    settings = {"MIDDLEWARE": CORS, "ALLOWED_HOSTS": ["*"], **settings}
    with override_settings(**settings), urlconf(*(routes or ROUTES)):
        yield


def replayed(folder: Path, *lines: Any, arguments: tuple[str, ...] = ()) -> Done:
    file = folder / "access.log"
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    file.write_bytes(b"".join(text + b"\n" for text in texts))
    return run("cors_policies", f"--replay={file}", *arguments)


def judged(folder: Path, *lines: Any) -> Any:
    done = replayed(folder, *lines, arguments=("--format=json",))
    assert done.status == 0, done.err
    return assert_valid("cors_policies_replay", done.out)


def asked(origin: str, method: str, where: str, **more: Any) -> dict[str, Any]:
    return {"origin": origin, "method": method, "path": where, **more}


ADMITTED = "admitted"
# id -> (a request, what would become of it)
REQUESTS: dict[str, tuple[dict[str, Any], Any]] = {
    "admitted": (asked(APP, "GET", "/app/"), ADMITTED),
    "another-origin": (asked(OTHER, "GET", "/app/"), "ORIGIN_NOT_ADMITTED"),
    "a-query": (asked(APP, "GET", "/app/?next=/nobody/"), ADMITTED),
    "a-quoted-path": (asked(APP, "GET", "/f%C3%BCr/"), ADMITTED),
    "a-path-as-django-has-it": (asked(APP, "GET", "/für/"), ADMITTED),
    "without-its-slash": (asked(APP, "GET", "/app"), "ORIGIN_NOT_ADMITTED"),
    "a-method-that-is-offered": (asked(APP, "PUT", "/app/"), ADMITTED),
    "a-method-that-is-not": (asked(APP, "DELETE", "/app/"), "METHOD_NOT_OFFERED"),
    "post-needs-no-offer": (asked(APP, "POST", "/app/"), ADMITTED),
    "a-method-that-is-denied": (asked(APP, "DELETE", "/orders/"), "DENIED"),
    "a-method-of-its-handler": (asked(APP, "PUT", "/orders/"), ADMITTED),
    "what-no-browser-sends": (asked(APP, "TRACE", "/app/"), "METHOD_NOT_OFFERED"),
    "a-header-that-is-allowed": (asked(APP, "GET", "/app/", headers=["X-A"]), ADMITTED),
    "a-header-that-is-not": (asked(APP, "GET", "/app/", headers=["X-B"]), "HEADER_NOT_ALLOWED"),
    "headers-as-a-browser-asks-for-them": (
        asked(APP, "GET", "/app/", headers="x-a,x-b"),
        "HEADER_NOT_ALLOWED",
    ),
    "no-headers-where-a-preflight-would-name-them": (
        asked(APP, "GET", "/app/", headers="-"),
        ADMITTED,
    ),
    "no-headers-of-a-preflight": (
        asked(APP, "OPTIONS", "/app/", requested_method="PUT", headers="-"),
        ADMITTED,
    ),
    "the-type-of-json": (
        asked(APP, "POST", "/app/", headers=["content-type"]),
        "HEADER_NOT_ALLOWED",
    ),
    "a-preflight": (
        asked(APP, "OPTIONS", "/app/", requested_method="PUT", headers="x-a"),
        ADMITTED,
    ),
    "a-preflight-that-is-refused": (
        asked(APP, "OPTIONS", "/app/", requested_method="DELETE", headers=""),
        "METHOD_NOT_OFFERED",
    ),
    "any-origin": (asked(OTHER, "GET", "/anybody/"), ADMITTED),
    "null": (asked("null", "GET", "/anybody/"), ADMITTED),
    "nobody": (asked(APP, "GET", "/nobody/"), "DENIED"),
    "a-callable": (asked(APP, "GET", "/asks/"), "asked"),
    "loaded": (asked(APP, "GET", "/loaded/"), ADMITTED),
    "not-loaded": (asked(OTHER, "GET", "/loaded/"), "ORIGIN_NOT_ADMITTED"),
    "the-settings": (asked(APP, "GET", "/undeclared/"), "ORIGIN_NOT_ADMITTED"),
    "any-other-url": (asked(APP, "GET", "/nowhere/"), "ORIGIN_NOT_ADMITTED"),
    "what-a-converter-cannot-tell": (asked(APP, "GET", "/raises/1/"), "ORIGIN_NOT_ADMITTED"),
    "enforced": (asked(OTHER, "POST", "/enforced/"), "ORIGIN_NOT_ADMITTED"),
    "no-origin": (asked("", "GET", "/app/"), "without_origin"),
    "a-dash-for-none": (asked("-", "GET", "/app/"), "without_origin"),
    "null-for-none": ({"origin": None, "method": "GET", "path": "/app/"}, "without_origin"),
    "no-origin-of-a-browser": (asked("https://app.example/", "GET", "/app/"), "no_origin"),
    "a-preflight-for-something": (asked(APP, "OPTIONS", "/app/"), "preflights"),
    "a-page-of-the-site": (asked(OTHER, "POST", "/app/", host="other.example"), "same_origin"),
    "a-page-at-another-port": (
        asked(OTHER, "GET", "/app/", host="other.example:8443"),
        "ORIGIN_NOT_ADMITTED",
    ),
    "a-page-of-another-scheme": (
        asked(OTHER, "GET", "/app/", host="other.example", scheme="http"),
        "ORIGIN_NOT_ADMITTED",
    ),
}


def outcome(found: Any) -> Any:
    for name, number in found["not_judged"].items():
        if number:
            return name
    if found["asked"]:
        return "asked"
    return found["refusals"][0]["reason"] if found["refusals"] else ADMITTED


@pytest.mark.parametrize("name", REQUESTS)
def test_what_becomes_of_a_request(tmp_path: Path, name: str) -> None:
    request, expected = REQUESTS[name]

    with site():
        found = judged(tmp_path, {**request, "count": 7})

    assert outcome(found) == expected
    numbers = [found["admitted"], found["refused"], *(each["requests"] for each in found["asked"])]
    assert sum(numbers) == found["requests"]
    assert found["requests"] + sum(found["not_judged"].values()) == 7


# id -> (settings, a request, what would become of it)
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "the-settings-admit": (
        {"CORS_ALLOWED_ORIGINS": [APP]},
        asked(APP, "GET", "/undeclared/"),
        ADMITTED,
    ),
    "a-url-that-they-leave-out": (
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/api/"},
        asked(APP, "GET", "/undeclared/"),
        "NO_POLICY",
    ),
    "a-preflight-of-such-a-url": (
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/api/"},
        asked(APP, "PUT", "/undeclared/"),
        "NO_POLICY",
    ),
    "a-slash-that-is-appended": (
        {"MIDDLEWARE": [*CORS, "django.middleware.common.CommonMiddleware"]},
        asked(APP, "GET", "/app"),
        ADMITTED,
    ),
    "a-prefix": ({"FORCE_SCRIPT_NAME": "/shop"}, asked(APP, "GET", "/shop/app/"), ADMITTED),
    "the-only-host": (
        {"ALLOWED_HOSTS": ["app.example"]},
        asked(APP, "POST", "/nobody/"),
        "same_origin",
    ),
    "one-of-several-hosts": (
        {"ALLOWED_HOSTS": ["app.example", "api.example"]},
        asked(APP, "POST", "/nobody/"),
        "DENIED",
    ),
    "any-host-below-a-domain": (
        {"ALLOWED_HOSTS": [".app.example"]},
        asked(APP, "POST", "/nobody/"),
        "DENIED",
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_becomes_of_a_request_under_settings(tmp_path: Path, name: str) -> None:
    settings, request, expected = SETTINGS[name]

    with site(**settings):
        assert outcome(judged(tmp_path, request)) == expected


def test_another_urlconf_is_read(tmp_path: Path) -> None:
    routes = Patterns([path("other/", cors_allow(origins=[APP])(view))])
    file = tmp_path / "log"
    file.write_text(json.dumps(asked(APP, "GET", "/other/")))

    with site():
        done = run("cors_policies", f"--replay={file}", "--format=json", urlconf=routes)

    assert json.loads(done.out)["admitted"] == 1


def test_languages_are_those_of_the_urls(tmp_path: Path) -> None:
    routes = i18n_patterns(path("v/", cors_allow(origins=[APP])(view)))

    with site(*routes, LANGUAGES=[("de", "Deutsch"), ("en", "English")]):
        found = judged(tmp_path, asked(APP, "GET", "/de/v/"), asked(APP, "GET", "/en/v/"))

    assert found["admitted"] == 2


def test_where_nobody_knows_the_language_the_views_of_all_are_asked(tmp_path: Path) -> None:
    routes = [
        *i18n_patterns(path("v/", cors_allow(origins=[APP])(view))),
        path("<slug:shop>/v/", cors_deny(view)),
    ]

    with site(*routes, LANGUAGES=[("de", "Deutsch"), ("en", "English")], LANGUAGE_CODE="en"):
        found = judged(tmp_path, asked(APP, "GET", "/de/v/"), asked(APP, "GET", "/en/v/"))

    assert (found["admitted"], found["refused"]) == (0, 2)


class Swapped(URLPattern):
    """An entry that puts another view on each match, as agents that measure do."""

    def resolve(self, path: str) -> ResolverMatch | None:
        match = super().resolve(path)
        if match:
            match.func = closed
        return match


closed = cors_deny(view)


def test_a_path_leads_where_the_resolver_of_the_site_says(tmp_path: Path) -> None:
    entry = path("swapped/", cors_allow(origins=[APP])(view))

    with site(Swapped(entry.pattern, entry.callback), path("v/", view)):
        found = judged(tmp_path, asked(APP, "GET", "/swapped/"))

    assert outcome(found) == "DENIED"


def test_receivers_are_not_asked(tmp_path: Path) -> None:
    def receiver(**kwargs: Any) -> bool:
        raise AssertionError("Nobody is asked.")

    check_request_enabled.connect(receiver)
    try:
        with site():
            found = judged(tmp_path, asked(APP, "GET", "/undeclared/"))
    finally:
        check_request_enabled.disconnect(receiver)

    assert found["asked"] == [{"asks": "check_request_enabled", "requests": 1}]


def test_the_same_is_said_once(tmp_path: Path) -> None:
    with site():
        found = judged(
            tmp_path,
            asked(OTHER, "GET", "/app/", count=2),
            asked(OTHER, "POST", "/app/?a"),
            asked(OTHER, "GET", "/orders/", count=30),
            asked(APP, "GET", "/nobody/", count=0),
        )

    said = [(each["requests"], each["methods"], each["route"]) for each in found["refusals"]]
    assert said == [
        (30, ["GET"], "/orders/"),
        (3, ["GET", "POST"], "/app/"),
        (0, ["GET"], "/nobody/"),
    ]


def test_a_stranger_with_many_origins_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "_MOST_REFUSALS", 2)
    strangers = [asked(f"https://{number}.example.com", "GET", "/app/") for number in range(9)]

    with site():
        found = judged(tmp_path, *strangers)

    assert [(each["origin"], each["requests"]) for each in found["refusals"]] == [
        ("other origins", 7),
        ("https://0.example.com", 1),
        ("https://1.example.com", 1),
    ]


SOURCE = Path(__file__).read_text("utf-8").splitlines()
LINE = next(at for at, line in enumerate(SOURCE, 1) if "app/" in line and "cors_allow" in line)


def test_the_table_in_a_pipe_is_complete(tmp_path: Path) -> None:
    with site():
        done = replayed(
            tmp_path,
            asked(OTHER, "PUT", "/app/", count=1200),
            asked(APP, "GET", "/app/", headers="x-b"),
            asked(APP, "GET", "/asks/"),
            asked(APP, "GET", "/anybody/"),
            asked("", "GET", "/anybody/", count=3),
            arguments=("--fail-on=refused",),
        )

    lines = [re.sub(r"  +", "|", line) for line in done.out.splitlines()]
    assert lines == [
        "Requests|Origin|Methods|Route|Why|Decided at",
        f"1,200|{OTHER}|PUT|/app/|ORIGIN_NOT_ADMITTED|{HERE}:{LINE}",
        f"1|{APP}|GET|/app/|HEADER_NOT_ALLOWED: x-b|{HERE}:{LINE}",
        "",
        f"Depends on {__name__}.is_tenant, which is not called here: 1 request.",
        "1,203 requests from other sites: 1 admitted, 1,201 refused, 1 not known.",
        "Not judged: 3 without an Origin.",
        (
            "Assumed: A request whose line has no headers sends only safelisted ones. No cookies "
            "are sent. Each view answers without a redirect: views and middlewares are not run. A "
            "request whose line has no host is from another site, unless the host of the page is "
            "the only one in ALLOWED_HOSTS."
        ),
    ]
    assert (done.status, done.err) == (1, "refused: 1,201, which the output names\n")


def test_nothing_is_assumed_that_is_known(tmp_path: Path) -> None:
    with site():
        found = judged(tmp_path, asked(APP, "GET", "/app/", host="api.example", headers=[]))

    assert found["assumed"] == [
        "No cookies are sent.",
        "Each view answers without a redirect: views and middlewares are not run.",
    ]


def test_the_table_on_a_terminal_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    file = tmp_path / "log"
    lines = [asked(f"https://{number}.example", "GET", "/app/") for number in range(30)]
    file.write_text("\n".join(map(json.dumps, lines)))

    with site():
        few = run("cors_policies", f"--replay={file}", terminal=True)
        each = run("cors_policies", f"--replay={file}", "--all", "--no-lines", terminal=True)

    plain = re.sub(r"\x1b\[[0-9;]*m", "", few.out).splitlines()
    assert max(map(len, plain)) <= 80
    assert few.out.count("https://") == 25
    assert "And 5 more. To see them, use --all." in plain
    assert each.out.count("https://") == 30
    assert f"{HERE}:" not in each.out


def test_markdown(tmp_path: Path) -> None:
    with site():
        done = replayed(
            tmp_path, asked(OTHER, "GET", "/app/", count=2), arguments=("--format=markdown",)
        )
        none = replayed(tmp_path, asked(APP, "GET", "/app/"), arguments=("--format=markdown",))

    lines = done.out.splitlines()
    assert lines[:2] == ["# What would be refused", ""]
    assert lines[4].startswith(f"| 2 | {OTHER} | GET | /app/ | `ORIGIN_NOT_ADMITTED` |")
    assert "2 requests from other sites: 0 admitted, 2 refused, 0 not known." in lines
    assert "|" not in none.out


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_it_is_said_where_nothing_has_an_effect(tmp_path: Path, form: str) -> None:
    with site(MIDDLEWARE=[]):
        done = replayed(tmp_path, asked(APP, "GET", "/app/"), arguments=(f"--format={form}",))

    assert done.out.endswith(
        "CorsMiddleware is not in MIDDLEWARE, so none of this has any effect.\n"
    )


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_no_format_prints_raw_what_strangers_wrote(tmp_path: Path, form: str) -> None:
    evil = "\x1b[2J\x9b|`"

    with site():
        done = replayed(
            tmp_path,
            asked(OTHER, f"GET{evil}", f"/app/{evil}"),
            asked(OTHER, "GET", "/app/", headers=[f"x{evil}"]),
            asked(f"{OTHER}{evil}", "GET", "/app/"),
            asked(OTHER, "OPTIONS", "/app/", requested_method=evil),
            arguments=(f"--format={form}", "--no-color"),
        )

    assert done.status == 0
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.out) is None


# --- Bad input -----------------------------------------------------------------------------------

GOOD = json.dumps(asked(APP, "GET", "/app/")).encode()
# id -> (a line that is none, what is said of it)
BAD_LINES: dict[str, tuple[bytes, str]] = {
    "a-log-of-apache": (b'127.0.0.1 - - [10/Oct/2026] "GET / HTTP/1.1" 200', "is not JSON"),
    "cut-off": (GOOD[:20], "is not JSON"),
    "too-deep": (b"[" * 100_000, "is not JSON"),
    "a-list": (b"[]", "is not a JSON object"),
    "without-origin": (b'{"method": "GET", "path": "/"}', "has no origin"),
    "without-method": (b'{"origin": "", "path": "/"}', "has no method"),
    "without-path": (b'{"origin": "", "method": "GET"}', "has no path"),
    "a-number": (b'{"origin": 1, "method": "GET", "path": "/"}', "needs a string as origin"),
    "a-fraction": (GOOD[:-1] + b', "count": 1.5}', "has a count that is not a whole number"),
    "less-than-none": (GOOD[:-1] + b', "count": -1}', "has a count that is not a whole number"),
    "no-number": (GOOD[:-1] + b', "count": true}', "has a count that is not a whole number"),
    "no-names": (GOOD[:-1] + b', "headers": {}}', "has headers that are not a list of names"),
    "no-name": (GOOD[:-1] + b', "headers": [1]}', "has headers that are not a list of names"),
    "not-utf-8": (b'{"origin": "\xff"}', "is not UTF-8"),
    "longer-than-any": (b"[" + b" " * 300_000 + b"]", "is longer than any request"),
    "escapes": (b"\x1b[2J\x9b", "is not UTF-8"),
    "packed": (gzip.compress(GOOD).replace(b"\n", b""), "is not UTF-8"),
    "zeros": (bytes(1000), "is not JSON"),
    "utf-16": (GOOD.decode().encode("utf-16"), "is not UTF-8"),
    "what-cors_policies-writes": (b'{"version": 1, "routes": []}', "has no origin"),
    "two-on-one-line": (GOOD + GOOD, "is not JSON"),
    "null": (b"null", "is not a JSON object"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    line, said = BAD_LINES[name]

    with site():
        done = replayed(tmp_path, GOOD, b"", line, GOOD)
        skipped = replayed(
            tmp_path, GOOD, line, GOOD, arguments=("--skip-bad-lines", "--format=json")
        )

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"'{tmp_path}/access.log', line 3 {said}: ")
    assert done.err.endswith(
        '. Each line has to be a request, such as {"origin": "https://app.example.com", "method": '
        '"GET", "path": "/orders/", "count": 3}. Correct it, or ignore such lines with '
        "--skip-bad-lines.\n"
    )
    assert re.fullmatch(r"[ -~…\ufffd]*\n", done.err)
    found = json.loads(skipped.out)
    assert (found["admitted"], found["not_judged"]["bad_lines"]) == (2, 1)


# id -> (a log of two requests, as something has written it)
WRITTEN: dict[str, bytes] = {
    "crlf": GOOD + b"\r\n" + GOOD + b"\r\n",
    "bom": b"\xef\xbb\xbf" + GOOD + b"\n" + GOOD + b"\n",
    "logs that begin with a bom, one after the other": (b"\xef\xbb\xbf" + GOOD + b"\n") * 2,
    "empty lines": b"\n\r\n" + GOOD + b"\n \t\n" + GOOD + b"\n\n",
    "no end of the last line": GOOD + b"\n" + GOOD,
    "spaces around": b"  " + GOOD + b" \n\t" + GOOD + b"\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_no_request_is_lost_however_a_log_is_written(tmp_path: Path, name: str) -> None:
    (log := tmp_path / "access.log").write_bytes(WRITTEN[name])

    with site():
        done = run("cors_policies", f"--replay={log}", "--format=json")

    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["admitted"] == 2


class Endless(io.RawIOBase):
    """One line of so many bytes, which nobody keeps, and a request after it."""

    def __init__(self, length: int) -> None:
        self.left = length
        self.rest = b"\n" + GOOD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.left:
            number = min(len(buffer), self.left)
            buffer[:number] = b"x" * number
            self.left -= number
            return number
        number = min(len(buffer), len(self.rest))
        buffer[:number], self.rest = self.rest[:number], self.rest[number:]
        return number


def test_a_line_of_a_gigabyte_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = io.BufferedReader(Endless(1_000_000_000), buffer_size=1_000_000)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=opened))

    tracemalloc.start()
    try:
        with site():
            done = run("cors_policies", "--replay=-", "--skip-bad-lines", "--format=json")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    found = json.loads(done.out)
    assert (found["admitted"], found["not_judged"]["bad_lines"]) == (1, 1)
    assert peak < 50_000_000


def test_what_an_example_says_is_a_request(tmp_path: Path) -> None:
    with site():
        assert judged(tmp_path, log_lines.EXAMPLE.encode())["requests"] == 3


def test_an_empty_log_is_a_log(tmp_path: Path) -> None:
    with site():
        assert judged(tmp_path)["requests"] == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("none", "does not exist", id="none"),
        pytest.param(".", "is a directory", id="directory"),
        pytest.param("\0", "cannot be read", id="no-name"),
    ],
)
def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path, name: str, said: str) -> None:
    with site():
        done = run("cors_policies", f"--replay={tmp_path / name}")

    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(
        rf"[ -~]* {said}\. Name a log with one JSON object on each line\.\n", done.err
    )


def test_what_cannot_be_read_to_its_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def readline(self, size: Any = -1) -> bytes:
            raise OSError("The disk is gone.")

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Broken()))
    with site():
        done = run("cors_policies", "--replay=-")

    assert done == (2, "", "'-' cannot be read. Name a log with one JSON object on each line.\n")


def test_what_is_piped_in_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(GOOD + b"\n" + GOOD)))

    with site():
        done = run("cors_policies", "--replay=-", "--format=json")

    assert json.loads(done.out)["admitted"] == 2


BAD_OPTIONS = {
    "--fail-on refused": "--fail-on refused needs --replay FILE.",
    "--skip-bad-lines": "--skip-bad-lines needs --replay FILE, whose lines it is about.",
    "--replay x --diff y": "--diff and --replay say different things. Write two commands.",
    "--replay x --format github": (
        "--format github needs --diff or --fail-on, which say what to annotate."
    ),
    "--replay x --fail-on null": (
        "--replay looks at requests alone: beside it --fail-on knows refused."
    ),
    "--replay x --route app": "--replay looks at the whole site. Leave --route out.",
}


@pytest.mark.parametrize("arguments", BAD_OPTIONS)
def test_options_that_do_not_go_together_are_refused(arguments: str) -> None:
    with site():
        done = run("cors_policies", *arguments.split())

    assert done == (2, "", f"{BAD_OPTIONS[arguments]}\n")


def test_a_process_says_it_by_its_exit_status(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(json.dumps(asked(OTHER, "GET", "/api/cart/")))

    done = run_in_shop("cors_policies", f"--replay={file}", "--fail-on=refused")

    assert done.status == 1
    assert "/api/cart/" in done.out
