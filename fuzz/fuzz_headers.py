"""Fuzz what reads headers and configured origins: nothing raises, and what comes out is clean.

Needs atheris, which is not among the dependencies. ``fuzz/corpus`` holds the seeds; libFuzzer
writes what it finds into the first directory it is given, so give it one of its own before that::

    mkdir -p fuzz/found
    python fuzz/fuzz_headers.py -max_total_time=60 -max_len=600 fuzz/found fuzz/corpus
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["cors_views.standard"]):
    from cors_views.policies.origin_sets import OriginSet
    from cors_views.policies.patterns import OriginError, parse_pattern
    from cors_views.standard.header_values import is_token
    from cors_views.standard.methods import is_method
    from cors_views.standard.origins import MAX_LENGTH, SPECIAL, is_origin, split_origin
    from cors_views.standard.request_headers import (
        MAX_REQUEST_HEADERS,
        is_forbidden_request_header,
        parse_request_headers,
    )

ANY = OriginSet(["*"])
ANY_BY_REGEX = OriginSet([], [re.compile(r"(?s).*")])
EXACT = OriginSet(["https://app.example.com"])
BELOW = OriginSet(["https://*.example.com"])
PORTS = OriginSet(["http://localhost:*"])
BOTH = OriginSet(["https://*.example.com:*"])
REGEX = OriginSet([], [re.compile(r"https://[a-z]+\.example\.com")])

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._~:\[\]-]+")
ADMITTED_BY_BELOW = re.compile(r"https://([a-z0-9_-]+\.)+example\.com")
ADMITTED_BY_BOTH = re.compile(r"https://([a-z0-9_-]+\.)+example\.com(:[1-9][0-9]{0,4})?")
ADMITTED_BY_PORTS = re.compile(r"http://localhost(:[1-9][0-9]{0,4})?")
ADMITTED_BY_REGEX = re.compile(r"https://[a-z]+\.example\.com")


class BrokenError(Exception):
    """An invariant does not hold. Not an assertion, so that ``python -O`` keeps it."""


def check(holds: bool, what: str, value: str) -> None:
    if not holds:
        raise BrokenError(f"{what}: {value!r}")


def fuzz_origin(value: str) -> None:
    parts = split_origin(value)
    real = is_origin(value)
    check(real == (parts is not None or value in SPECIAL), "is_origin and split_origin", value)
    if parts is not None:
        scheme, host, port = parts
        whole = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
        check(whole == value, "the parts are not the whole", value)
        check(ORIGIN.fullmatch(value) is not None, "an origin with other characters", value)
        check(len(value) <= MAX_LENGTH, "too long for an origin", value)
        check(parse_pattern(value) == value, "an origin in another form than the normal", value)
        check(OriginSet([value]).admits(value), "an origin that does not admit itself", value)
    check(ANY.admits(value) == real, "'*' is every origin and nothing else", value)
    check(ANY_BY_REGEX.admits(value) == real, "a regex sees every origin, nothing else", value)
    check(EXACT.admits(value) == (value == "https://app.example.com"), "exact", value)
    below = ADMITTED_BY_BELOW.fullmatch(value) is not None and len(value) <= MAX_LENGTH
    check(BELOW.admits(value) == below, "subdomains", value)
    regex = ADMITTED_BY_REGEX.fullmatch(value) is not None and len(value) <= MAX_LENGTH
    check(REGEX.admits(value) == regex, "regex", value)
    check(not PORTS.admits(value) or bool(ADMITTED_BY_PORTS.fullmatch(value)), "any port", value)
    check(not BOTH.admits(value) or bool(ADMITTED_BY_BOTH.fullmatch(value)), "both", value)


def fuzz_pattern(text: str) -> None:
    try:
        normal = parse_pattern(text)
    except OriginError as error:
        if error.hint:
            check(parse_pattern(error.hint) == error.hint, "a hint that is no normal form", text)
        return
    check(parse_pattern(normal) == normal, "normalised twice is not normalised once", text)
    check(normal.isascii() and normal.isprintable(), "a pattern with other characters", text)
    origins = OriginSet([normal])
    check(not origins.any, "a pattern that is any origin", text)
    if "*" not in normal:
        check(is_origin(normal), "a pattern without '*' that no browser sends", text)
    one = normal.replace("://*.", "://a.").removesuffix(":*")
    check(origins.admits(one) or len(one) > MAX_LENGTH, "a pattern that admits nobody", text)
    check(not origins.admits(f"{one}.evil.example"), "a suffix is let in", text)
    check(not origins.admits(f"{one}\n"), "a newline is let in", text)


def fuzz_headers(value: str) -> None:
    check(not is_method(value) or is_token(value), "a method that is no token", value)
    names = parse_request_headers(value)
    if names is None:
        return
    check(len(names) == len(set(names)) <= MAX_REQUEST_HEADERS, "names twice, or many", value)
    for name in names:
        check(is_token(name) and name == name.lower(), "a name that is none", value)
        check(not is_forbidden_request_header(name), "a forbidden name", value)
    check(parse_request_headers(", ".join(names)) == names, "read again, others", value)


def fuzz_one(data: bytes) -> None:
    # As a server decodes a header, and as a settings file may hold it.
    for value in {data.decode("latin-1"), data.decode("utf-8", "replace")}:
        fuzz_origin(value)
        fuzz_pattern(value)
        fuzz_headers(value)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()
