"""The command that browsers copy, as each of them writes it, and what comes of it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path

from cors_views import cors_allow
from cors_views.management.curl_commands import parse
from tests.management.commands import run
from tests.tables import urlconf

PAGE = "https://app.example"

#: As Chromium, Firefox and Safari write them, line by line.
CHROMIUM = r"""curl 'https://api.example/orders/7/?full=1' \
  -X 'PATCH' \
  -H 'accept: */*' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'cache-control: no-cache' \
  -H 'content-type: application/json' \
  -b 'csrftoken=abc; sessionid=s3cret' \
  -H 'origin: https://app.example' \
  -H 'pragma: no-cache' \
  -H 'priority: u=1, i' \
  -H 'referer: https://app.example/' \
  -H 'sec-ch-ua: "Chromium";v="142", "Not?A_Brand";v="99"' \
  -H 'sec-fetch-dest: empty' \
  -H 'sec-fetch-mode: cors' \
  -H 'sec-fetch-site: cross-site' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' \
  -H 'x-csrftoken: abc' \
  --data-raw $'{"title":"it\'s\u0021"}'"""
FIREFOX = (
    "curl 'https://api.example/orders/' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11)' "
    "-H 'Accept: application/json' -H 'Accept-Encoding: gzip, deflate, br' "
    "-H 'Origin: https://app.example' -H 'Connection: keep-alive' "
    "-H 'Cookie: sessionid=s3cret' -H 'Sec-GPC: 1' -H 'Content-Type: text/plain' "
    "-H 'If-None-Match: \"1\"' --data-raw 'a=1&b=2'"
)
SAFARI = r"""curl 'https://api.example/orders/' \
-X 'PUT' \
-H 'Content-Type: application/json' \
-H 'Origin: https://app.example' \
-H 'Accept: */*' \
--data-binary '{}'"""


def test_chromium() -> None:
    copied = parse(CHROMIUM)

    assert copied == (
        PAGE,
        "PATCH",
        "https://api.example/orders/7/?full=1",
        (
            ("accept", "*/*"),
            ("accept-language", "en-GB,en;q=0.9"),
            ("content-type", "application/json"),
            ("x-csrftoken", "abc"),
        ),
        b'{"title":"it\'s!"}',
        "csrftoken=abc; sessionid=s3cret",
        False,
    )


def test_firefox() -> None:
    copied = parse(FIREFOX)

    assert copied == (
        PAGE,
        "POST",
        "https://api.example/orders/",
        (("Accept", "application/json"), ("Content-Type", "text/plain")),
        b"a=1&b=2",
        "sessionid=s3cret",
        False,
    )


def test_safari() -> None:
    copied = parse(SAFARI)

    assert (copied.method, copied.body, copied.cookie) == ("PUT", b"{}", "")
    assert ("Content-Type", "application/json") in copied.headers


ASKS = "Access-Control-Request"
# words after the URL -> what of the call is asserted
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "a GET": ("-H 'Origin: https://app.example'", {"method": "GET", "body": None}),
    "data alone is a form that is posted": (
        "--data 'a=1'",
        {
            "method": "POST",
            "headers": (("Content-Type", "application/x-www-form-urlencoded"),),
            "body": b"a=1",
        },
    ),
    "several data are joined": ("-d a=1 --data-raw=b=2", {"body": b"a=1&b=2"}),
    "the last method counts": ("-X PUT --request=DELETE", {"method": "DELETE"}),
    "a value that begins as an option does": ("--data-raw '-x'", {"body": b"-x"}),
    "a value beside its option": ("-XPUT -H'X-One: 1'", {"headers": (("X-One", "1"),)}),
    "an empty header, and one that is taken away": ("-H 'X-One;' -H 'X-Two:'", {"headers": ()}),
    "the page of a referer": (
        "-H 'Referer: https://p.example/a?b'",
        {"origin": "https://p.example"},
    ),
    "the page of a referer of curl's": ("-e https://p.example/", {"origin": "https://p.example"}),
    "no page": ("-H 'Referer: about:blank'", {"origin": ""}),
    "the origin before the referer": (
        "-H 'Origin: null' -H 'Referer: https://p.example/'",
        {"origin": "null"},
    ),
    "cookies of both forms": ("-b a=1 -H 'Cookie: b=2'", {"cookie": "a=1; b=2"}),
    "a raw at sign is no file": ("--data-raw '@x'", {"body": b"@x"}),
    "a preflight asks for what follows it": (
        f"-X OPTIONS -H '{ASKS}-Method: PUT' -H '{ASKS}-Headers: content-type,x-one'",
        {"method": "PUT", "headers": (("content-type", "x"), ("x-one", "x"))},
    ),
    "options that say nothing": ("--compressed --insecure -k -s -L --http2", {"headers": ()}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_command_asks_for(name: str) -> None:
    written, expected = CASES[name]

    copied = parse(f"curl 'https://api.example/' {written}")._asdict()

    assert {field: copied[field] for field in expected} == expected


QUOTED = {
    "single quotes": "'a \"b\" $c \\d'",
    "double quotes": '"a \'b\' \\"c\\""',
    "an escape": r"a\ \'b",
    "a quote in single quotes": r"'it'\''s'",
    "controls": r"$'a\n\t\r\\\'\"b'",
    "numbers": r"$'\x41\101\u00e9\U0001F600'",
    "nothing to escape": r"$'\z\8'",
    "what counts in double quotes": '"\\$ \\` \\z \\\\"',
    "a dollar in quotes": "'$' \"$'\"\"a'\"",
    "a line that goes on": "a\\\nb",
    "a line that goes on in double quotes": '"a\\\nb"',
    "a line that does not go on": "'a\\\nb'",
}


@pytest.mark.parametrize("name", QUOTED)
def test_that_quotes_are_read_as_bash_reads_them(name: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash says how it reads them")
    written = f"curl https://api.example/ --data-raw {QUOTED[name]} -A end"
    env = {"LC_ALL": "C.UTF-8"}
    said = subprocess.run(
        [bash, "-c", f"function curl {{ printf '%s\\0' \"$@\"; }}; {written}"],
        capture_output=True,
        check=True,
        env=env,
    ).stdout.split(b"\0")
    # Another word than the body would be another URL.
    expected = said[2] if len(said) == 6 else None

    if expected is None:
        with pytest.raises(ValueError, match="URLs"):
            parse(written)
    else:
        assert parse(written).body == expected


def test_a_character_beyond_the_first_plane_as_browsers_write_it() -> None:
    assert parse(r"curl https://api.example/ -d $'\ud83d\ude00'").body == "😀".encode()


# command -> what is said
BAD = {
    "nothing": ("", 'the command does not begin with "curl"'),
    "another program": ("wget https://a.example", 'the command does not begin with "curl"'),
    "no URL": ("curl --compressed", "the command has 0 URLs, but needs exactly one"),
    "two URLs": ("curl https://a.example https://b.example", "the command has 2 URLs"),
    "an open quote": ("curl 'https://a.example", "ends too early: No closing quotation"),
    "an option alone": ("curl https://a.example -H", "-H has no value"),
    "an unknown option": (
        "curl https://a.example --proxy=s3cret",
        "'--proxy' is not an option that browsers copy",
    ),
    "an unknown short option": ("curl https://a.example -u me:s3cret", "'-u' is not an option"),
    "a file": ("curl https://a.example -d @/etc/passwd", "-d names a file, which is not read"),
    "the form of cmd": ('curl ^"https://a.example^"', 'choose "Copy as cURL (bash)"'),
    "cookies of two lines": (
        r"curl https://a.example -b $'a\r\nb: s3cret'",
        "a character that headers",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_command_of_a_browser_is_one_line(name: str) -> None:
    command, told = BAD[name]

    done = run("cors_explain", "--curl", command)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("--curl: ")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert "s3cret" not in done.err


@cors_allow(origins=[PAGE], credentials=True, headers=["content-type", "x-csrftoken"])
def orders(request: Any, pk: int = 0) -> HttpResponse:
    return HttpResponse(request.body)


ORDERS = [path("orders/", orders), path("orders/<int:pk>/", orders)]


def test_what_the_code_makes_of_a_command() -> None:
    with urlconf(*ORDERS):
        done = run("cors_explain", "--curl", CHROMIUM)

    assert done.status == 0, done.err
    assert "fetches PATCH https://api.example/orders/7/?full=1 with credentials." in done.out
    # What the browser adds by itself, no preflight asks about.
    assert "  > Access-Control-Request-Headers: content-type,x-csrftoken\n" in done.out
    assert "  > x-csrftoken: …\n" in done.out
    assert "s3cret" not in done.out
    assert "sessionid" not in done.out


def test_a_command_may_name_a_path_alone() -> None:
    with urlconf(*ORDERS):
        done = run("cors_explain", "--curl", f"curl /orders/ -H 'Origin: {PAGE}'")

    assert done.status == 0, done.err
    assert f"A page at {PAGE} fetches GET http://testserver/orders/." in done.out


def test_the_page_may_be_named_beside_a_command() -> None:
    with urlconf(*ORDERS):
        done = run(
            "cors_explain", "https://evil.example", "--curl", "curl https://api.example/orders/"
        )

    assert done.status == 1
    assert "A page at https://evil.example fetches GET https://api.example/orders/." in done.out


REFERER = "curl https://api.example/orders/ -H 'Referer: https://app.example/a?b'"
TAKEN = "The command has no Origin header: https://app.example is the origin of its Referer."


@pytest.mark.parametrize(
    ("arguments", "is_told"),
    [
        pytest.param(["--curl", REFERER], True, id="a referer alone"),
        pytest.param(["--curl", REFERER, "--format=json"], True, id="as JSON"),
        pytest.param(["--curl", f"{REFERER} -H 'Origin: {PAGE}'"], False, id="an origin, too"),
        pytest.param([PAGE, "--curl", REFERER], False, id="a page beside the command"),
        pytest.param([PAGE, "GET", "https://api.example/orders/"], False, id="no command"),
    ],
)
def test_the_output_says_that_the_origin_is_that_of_the_referer(
    arguments: list[str], is_told: bool
) -> None:
    with urlconf(*ORDERS):
        done = run("cors_explain", *arguments)

    assert done.status in (0, 1), done.err
    assert PAGE in done.out
    assert (TAKEN in done.out) is is_told
