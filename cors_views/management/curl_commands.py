"""The command that a browser's network tab copies: "Copy as cURL (bash)"."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from typing import NamedTuple

from cors_views.browsing.pages import origin_of
from cors_views.standard.header_values import split_list
from cors_views.standard.request_headers import is_forbidden_request_header
from cors_views.support.escaping import quoted

#: Long names of options with a value, by all their names.
_WITH_VALUE = {
    name: names[-1]
    for names in (
        ("-X", "--request"),
        ("-H", "--header"),
        ("-b", "--cookie"),
        ("-A", "--user-agent"),
        ("-e", "--referer"),
        ("-d", "--data-ascii", "--data-binary", "--data-raw", "--data"),
        ("--url",),
    )
    for name in names
}
#: What says nothing of what a page asks for.
_WITHOUT_VALUE = {
    *("-k", "--insecure", "-s", "--silent", "-S", "--show-error", "-i", "--include", "-v"),
    *("--verbose", "-L", "--location", "-g", "--globoff"),
    *("--compressed", "--http1.1", "--http2", "--http3", "--path-as-is"),
}
#: What a browser adds without a word of the page: nothing of it is asked for in a preflight. Of
#: ``Cache-Control`` and ``Pragma`` the network tab's "Disable cache" is the author.
_OF_THE_BROWSER = {
    *(
        "cache-control",
        "dnt",
        "if-modified-since",
        "if-none-match",
        "pragma",
        "priority",
        "referer",
    ),
    *("save-data", "upgrade-insecure-requests", "user-agent", "x-client-data"),
}
_FORM = "application/x-www-form-urlencoded"
#: A text as the shell quotes it, or anything else; the second group is that of ``$'...'``.
_QUOTED = re.compile(r"""('[^']*'|"(?:[^"\\]|\\.)*"|\\.)|\$'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL
)
_NAMED_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f"}
_NAMED_ESCAPES |= {"v": "\v", "E": "\x1b", "\\": "\\", "'": "'", '"': '"', "?": "?"}
_IN_DOUBLE_QUOTES = re.compile(r'\\(?:\n|([$`"\\]))')


class CopiedCall(NamedTuple):
    """What a page has asked for, as its browser wrote it down.

    ``origin`` is ``""`` where the command does not say; ``cookie`` is the header that went along.
    ``is_of_referer`` is whether only a ``Referer`` names the origin.
    """

    origin: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    cookie: str
    is_of_referer: bool


def parse(command: str) -> CopiedCall:
    """Return what a command asks for. Raise ``ValueError`` where it is none that browsers copy.

    No value is named in an error, nor shown: cookies and keys are among them.
    """
    options = list(_options(_words(command)))
    urls = [value for name, value in options if name == "--url"]
    if len(urls) != 1:
        raise ValueError(f"the command has {len(urls)} URLs, but needs exactly one")
    headers = dict(_headers(options))
    data = [value for name, value in options if name == "--data"]
    body = "&".join(data).encode("utf-8", "surrogateescape") if data else None
    given = [value for name, value in options if name == "--request"]
    method = given[-1] if given else "GET" if body is None else "POST"
    cookies = [value for name, value in options if name == "--cookie"]
    cookie = "; ".join([*cookies, *headers.pop("cookie", ("", ""))[1:]]).strip("; ")
    if not cookie.isprintable():
        raise ValueError("the cookies contain a character that headers cannot contain")
    named = headers.pop("origin", ("", ""))[1]
    origin = named or _of_the_referer(headers, options)
    by_referer = bool(origin) and not named
    if body is not None:
        headers.setdefault("content-type", ("Content-Type", _FORM))
    asked = headers.pop("access-control-request-method", None)
    names = headers.pop("access-control-request-headers", ("", ""))[1]
    if method == "OPTIONS" and asked:
        # The preflight itself was copied. What it asks about is what the page wants.
        wanted = {name: (name, "x") for name in split_list(names)}
        return CopiedCall(
            origin, asked[1], urls[0], tuple(wanted.values()), None, cookie, by_referer
        )
    kept = tuple(
        pair
        for name, pair in headers.items()
        if name not in _OF_THE_BROWSER and not is_forbidden_request_header(name)
    )
    return CopiedCall(origin, method, urls[0], kept, body, cookie, by_referer)


def _words(command: str) -> list[str]:
    if '^"' in command:
        raise ValueError('this is the format for cmd; choose "Copy as cURL (bash)"')
    try:
        words = shlex.split(_QUOTED.sub(_as_shlex_knows, command.replace("\r\n", "\n")))
    except ValueError as error:
        raise ValueError(f"the command ends too early: {error}") from None
    if not words or words[0].rpartition("/")[2] not in ("curl", "curl.exe"):
        raise ValueError('the command does not begin with "curl"')
    return words[1:]


def _as_shlex_knows(match: re.Match[str]) -> str:
    """Return a quoted text in the form that ``shlex`` reads as bash reads this one."""
    text = match[0]
    if match[2] is not None:
        # Browsers write UTF-16, a character beyond its first plane as two.
        units = _ESCAPE.sub(_escaped, match[2]).encode("utf-16", "surrogatepass")
        return shlex.quote(units.decode("utf-16", "replace"))
    if text.startswith('"'):
        return shlex.quote(_IN_DOUBLE_QUOTES.sub(r"\1", text[1:-1]))
    return "" if text == "\\\n" else text


def _escaped(match: re.Match[str]) -> str:
    text = match[1]
    if text[0] in "uUx" and len(text) > 1:
        return chr(min(int(text[1:], 16), sys.maxunicode))
    if text[0] in "01234567":
        return chr(int(text, 8) & 0xFF)
    return _NAMED_ESCAPES.get(text, match[0])


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that matter, by their long names, with their values."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield "--url", word
        elif word in _WITHOUT_VALUE:
            continue
        elif word in _WITH_VALUE:
            yield _checked(word, next(rest, None))
        elif equals and name in _WITH_VALUE and name.startswith("--"):
            yield _checked(name, value)
        elif word[:2] in _WITH_VALUE and not word.startswith("--"):
            yield _checked(word[:2], word[2:])
        else:
            # With one dash its value may follow at once, as a password does in "-uname:password".
            known = name if word.startswith("--") else word[:2]
            raise ValueError(f"{quoted(known, 40)} is not an option that browsers copy")


def _checked(name: str, value: str | None) -> tuple[str, str]:
    if value is None:
        raise ValueError(f"{name} has no value")
    if value.startswith("@") and name in ("-d", "--data", "--data-ascii", "--data-binary"):
        raise ValueError(f"{name} names a file, which is not read; write its content")
    return _WITH_VALUE[name], value


def _headers(options: list[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, str]]]:
    for option, text in options:
        if option == "--header":
            name, colon, value = text.partition(":")
            if colon and value.strip():
                yield name.strip().lower(), (name.strip(), value.strip())
            # "Name:" takes a header away, "Name;" sends an empty one, which nobody asks about.


def _of_the_referer(headers: dict[str, tuple[str, str]], options: list[tuple[str, str]]) -> str:
    """Return the origin of the page that a ``Referer`` names."""
    named = [headers.get("referer", ("", ""))[1]]
    named += [value for name, value in options if name == "--referer"]
    try:
        return next(origin_of(each) for each in named if each)
    except (StopIteration, ValueError):
        return ""
