"""What a page asks for, checked and normalised as ``fetch()`` does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, get_args
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from cors_views.policies.patterns import OriginError, is_pattern, parse_pattern
from cors_views.standard.header_values import HeaderList, is_token
from cors_views.standard.methods import is_forbidden_method, is_method, normalise_method
from cors_views.standard.request_headers import is_dropped_request_header

Credentials = Literal["omit", "same-origin", "include"]
Redirect = Literal["follow", "error", "manual"]

#: What stays as it is in a URL's path and query; a rough "percent-encode set" of the URL Standard.
_UNQUOTED = "%/:=&?~+!$,;'@()*[]|^`{}\\"
_CONTROLS_AND_SPACE = "".join(map(chr, range(0x21)))
_NOT_IN_VALUE = re.compile(r"[\0\r\n]|[^\x00-\xff]")


def origin_of(url: str) -> str:
    """Return the origin of an absolute URL in the form that browsers send.

    Raise ``ValueError`` where it is no http or https URL, or its host none that browsers know.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url!r} is not an absolute http or https URL")
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    try:
        normal = parse_pattern(origin)
    except OriginError as error:
        raise ValueError(f"the host of {url!r} {error}") from None
    if is_pattern(normal):
        raise ValueError(f"the host of {url!r} is a pattern")
    return normal


def page_origin(origin: str) -> str:
    """Return the origin of a page in its normal form; ``null`` stands for an opaque one.

    Raise ``ValueError`` where no page has such an origin, with what to write instead.
    """
    try:
        normal = parse_pattern(origin)
    except OriginError as error:
        hint = f". Write {error.hint!r}" if error.hint else ""
        raise ValueError(f"{origin!r} is not the origin of a page: it {error}{hint}") from None
    if is_pattern(normal):
        raise ValueError(f"{origin!r} is a pattern, not the origin of a page")
    return normal


def _as_browsers_read(url: str, scheme: str) -> str:
    """Return a URL in the one way to write it that Python reads as browsers do.

    URL Standard section 4.4: for http and https a backslash is a slash, and slashes too many or
    too few still lead to a host. ``scheme`` is that of the URL to which this one is relative.
    """
    url = re.sub(r"[\t\r\n]", "", url).strip(_CONTROLS_AND_SPACE)
    address = re.split("[?#]", url, maxsplit=1)[0]
    rest = url[len(address) :]
    address = address.replace("\\", "/")
    own = re.match(r"(https?):(/*)", address, re.IGNORECASE)
    if own and (own[1].lower() != scheme or len(own[2]) > 1):
        address = f"{own[1]}://{address[own.end() :]}"
    elif own:
        address = address[own.end(1) + 1 :]
    elif address.startswith("//"):
        address = f"//{address.lstrip('/')}"
    return address + rest


def parse_url(url: str, base: str | None = None) -> SplitResult:
    """Return a URL as a browser asks for it: absolute, quoted, with a path.

    Raise ``ValueError`` where it is none.
    """
    url = _as_browsers_read(url, urlsplit(base).scheme if base else "")
    parts = urlsplit(urljoin(base, url) if base else url)
    server = urlsplit(origin_of(parts.geturl()))
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(
        # URL Standard, "host parser": a browser writes a host in one way, without a default port.
        netloc=f"{user}{at}{server.netloc}",
        path=quote(parts.path, safe=_UNQUOTED) or "/",
        query=quote(parts.query, safe=_UNQUOTED),
        fragment=quote(parts.fragment, safe=_UNQUOTED),
    )


def without_fragment(url: SplitResult) -> str:
    """Return what is asked for and what the preflight cache knows: no user info, no fragment."""
    path = f"{url.path}?{url.query}" if url.query else url.path
    return origin_of(url.geturl()) + path


class PageRequest(NamedTuple):
    """A call of ``fetch()`` by a page, after validation.

    ``dropped`` names the headers of the call that were ignored, because only the browser may set
    them.
    """

    origin: str
    url: str
    method: str
    headers: HeaderList
    body: bytes | None
    credentials: Credentials
    redirect: Redirect
    dropped: tuple[str, ...]


def page_request(
    origin: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    credentials: Credentials = "same-origin",
    redirect: Redirect = "follow",
) -> PageRequest:
    """Do what the constructor of ``Request`` does (Fetch section 5.4).

    ``origin``
        The page's own origin, or ``"null"`` for a sandboxed frame and its like.
    ``url``
        Absolute, http or https.
    ``method``
        As the page writes it. Normalised as Fetch does: ``put`` becomes ``PUT``, ``patch`` stays.
    ``headers``
        A mapping or pairs.
    ``body``
        Bytes. Its type stands in ``headers``; a body without one is like an ``ArrayBuffer``.
    ``credentials``, ``redirect``
        The options of ``fetch()``, with its defaults.

    Raise ``ValueError`` where ``fetch()`` throws a ``TypeError``.
    """
    parsed = parse_url(url)
    if "@" in parsed.netloc:
        # Whoever sees the error need not see the password.
        shown = parsed._replace(netloc=f"…@{parsed.netloc.rpartition('@')[2]}").geturl()
        raise ValueError(f"{shown!r} contains a user name or password, which fetch() refuses")
    _check_option("credentials", credentials, get_args(Credentials))
    _check_option("redirect", redirect, get_args(Redirect))
    pairs = _checked_headers(headers)
    kept = tuple(pair for pair in pairs if not is_dropped_request_header(*pair))
    return PageRequest(
        page_origin(origin),
        parsed.geturl(),
        _checked_method(method, body),
        kept,
        body,
        credentials,
        redirect,
        tuple(pair[0] for pair in pairs if pair not in kept),
    )


def _check_option(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is {value!r}, but fetch() knows only {listed}")


def _checked_method(method: str, body: bytes | None) -> str:
    if not is_method(method):
        raise ValueError(f"{method!r} is not a method")
    if is_forbidden_method(method):
        raise ValueError(f"{method} is a method that pages cannot send")
    method = normalise_method(method)
    if body is not None and method in ("GET", "HEAD"):
        raise ValueError(f"a {method} request has no body")
    return method


def _checked_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> HeaderList:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    checked = []
    for name, value in pairs:
        if not is_token(name):
            raise ValueError(f"{name!r} is not the name of a header")
        # Fetch section 2.2.2, "normalize" a value, and the grammar of one.
        value = value.strip("\t\n\r ")
        if _NOT_IN_VALUE.search(value):
            raise ValueError(
                f"the value of {name} contains a character that headers cannot contain"
            )
        checked.append((name, value))
    return tuple(checked)
