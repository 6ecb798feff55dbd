"""What ``cors_explain`` is asked about: a call of a page, from its arguments or from a command."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cors_views.browsing import PageRequest, page_request
from cors_views.browsing.pages import origin_of
from cors_views.management import curl_commands
from cors_views.management.base import bad_input
from cors_views.management.site_requests import absolute
from cors_views.management.transcript import without_secrets
from cors_views.support.escaping import quoted

#: Those that are no slip of the pen, whatever views serve.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NAMES = ("origin", "method", "url")
#: argparse would show the options first, of which --live takes what comes next as its URL.
_USAGE = """%(prog)s ORIGIN METHOD URL [options] [--live [URL]]
       %(prog)s [ORIGIN] --curl COMMAND [options] [--live [URL]]"""


class Call(NamedTuple):
    """What a page asks for, and the cookies of the command that it was taken from.

    ``withheld`` is whether cookies and keys of that command stay at home, because the server that
    is asked is another. ``of_referer`` is whether the page is the one that the command's Referer
    names.
    """

    page: PageRequest
    cookie: str = ""
    withheld: bool = False
    of_referer: bool = False


def add(parser: ArgumentParser) -> None:
    """Add the arguments that say what a page asks for."""
    parser.usage = _USAGE
    parser.add_argument(
        "origin", nargs="?", help="origin of the page, such as https://app.example.com, or null"
    )
    parser.add_argument("method", nargs="?", help="HTTP method, spelled as in fetch()")
    parser.add_argument(
        "url",
        nargs="?",
        help="absolute URL, or a path (then the first host of ALLOWED_HOSTS is used)",
    )
    parser.add_argument(
        "--header",
        "-H",
        action="append",
        default=[],
        metavar="NAME[: VALUE]",
        help="a header that the page sets; repeatable",
    )
    parser.add_argument("--content-type", metavar="TYPE", help="Content-Type of the page's body")
    parser.add_argument(
        "--credentials",
        action="store_true",
        help='the page calls fetch() with credentials: "include"',
    )
    parser.add_argument(
        "--curl",
        metavar="COMMAND",
        help='read all of this from a command that a browser copied as "cURL (bash)", in quotes',
    )


def call(options: dict[str, Any]) -> Call:
    """Return what a page asks for. Refuse what no page can, and what a browser would drop."""
    if options["curl"] is not None:
        return _copied(options)
    given = _in_order(options)
    if given["live"] and given["url"] is None:
        given["url"] = given["live"]
    missing = [name for name in _NAMES if given[name] is None]
    if missing:
        raise bad_input(f"the following arguments are required: {', '.join(missing)} (see --help)")
    url = given["url"]
    if _is_slip_of_a_path(url):
        raise bad_input(f"{url!r} is not an absolute http or https URL. Write {f'/{url}'!r}.")
    headers = [_header(text) for text in options["header"]]
    if options["content_type"] is not None:
        headers.append(("Content-Type", options["content_type"]))
    page = _page(
        given["origin"],
        _at(url, given["live"]),
        method=given["method"],
        headers=headers,
        credentials="include" if options["credentials"] else "same-origin",
    )
    if page.dropped:
        hint = " For cookies write --credentials." if "cookie" in page.dropped[0].lower() else ""
        raise bad_input(f"{page.dropped[0]} is a header that only a browser may set.{hint}")
    return Call(page)


def _in_order(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments, each as what it is, where ``--live`` has taken one for its URL.

    No method has a slash (RFC 9110 section 5.6.2), and every other argument has one, but ``null``.
    """
    live, origin, method = options["live"], options["origin"], options["method"]
    if not live or options["url"] is not None or origin is None:
        return dict(options)
    if method is not None and "/" in method:
        if _is_page(live) and not _is_page(origin):
            return {**options, "live": "", "origin": live, "method": origin, "url": method}
        if _is_page(origin) and not _is_page(live):
            return {**options, "live": "", "method": live, "url": method}
    if {live.upper(), origin.upper()} & METHODS:
        raise bad_input(
            f"--live has taken {quoted(live)} for its URL. Put --live last, or write --live=URL."
        )
    return dict(options)


def _is_page(text: str) -> bool:
    return "/" in text or text == "null"


def notes(call: Call) -> Iterator[str]:
    """Yield what was taken for granted of the page."""
    if call.of_referer:
        yield (
            f"The command has no Origin header: {call.page.origin} is the origin of its Referer. "
            "If the page is at another origin, write it: cors_explain ORIGIN --curl COMMAND."
        )


def _copied(options: dict[str, Any]) -> Call:
    for name in ("method", "url", "header", "content_type"):
        if options[name]:
            said = f"--{name.replace('_', '-')}" if name in ("header", "content_type") else name
            raise bad_input(f"--curl has the whole request. Leave out {said}.")
    try:
        copied = curl_commands.parse(options["curl"])
    except ValueError as error:
        raise bad_input(f"--curl: {error}.") from error
    origin = options["origin"] or copied.origin
    if not origin:
        raise bad_input(
            "--curl: the command has no Origin header, so the page and the server have the "
            "same origin. If the page is at another origin, write it: cors_explain ORIGIN "
            "--curl COMMAND."
        )
    of_referer = copied.is_of_referer and not options["origin"]
    url = _at(copied.url, options["live"])
    page = _page(
        origin,
        url,
        method=copied.method,
        headers=copied.headers,
        body=copied.body,
        credentials="include" if copied.cookie or options["credentials"] else "same-origin",
    )
    if origin_of(page.url) == origin_of(absolute(copied.url)):
        return Call(page, copied.cookie, of_referer=of_referer)
    kept = without_secrets(page.headers)
    return Call(
        page._replace(headers=kept), "", bool(copied.cookie) or kept != page.headers, of_referer
    )


def _page(origin: str, url: str, **asked: Any) -> PageRequest:
    try:
        return page_request(origin, absolute(url), **asked)
    except ValueError as error:
        raise bad_input(f"{error}.") from error


def _at(url: str, live: str | None) -> str:
    """Return the URL to ask for: its path is asked for at the server that ``--live`` names."""
    if not live:
        return url
    try:
        server = urlsplit(live)
        origin_of(live)
        path = urlsplit(absolute(url))
    except ValueError as error:
        raise bad_input(f"--live: {error}.") from error
    if server.path.strip("/") or server.query:
        return live
    return path._replace(scheme=server.scheme, netloc=server.netloc).geturl()


def _is_slip_of_a_path(url: str) -> bool:
    """Return whether a URL is the path of one, as a URLconf has it: without the first slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # Brackets of no IPv6 address: a host all the same.
        return False
    return bool(parts.path) and not (url.startswith("/") or parts.scheme or parts.netloc)


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    # A type that no form sends, so that whoever names the header alone is shown the harder case.
    default = "application/json" if name.strip().lower() == "content-type" else "x"
    return name.strip(), value.strip() or default
