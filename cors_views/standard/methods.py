"""What the Fetch standard says of methods: which no script can send, which need no preflight.

https://fetch.spec.whatwg.org/ is the authority, its sections those of the review draft of June
2026; each name below is the standard's own term.
"""

from __future__ import annotations

from cors_views.standard.header_values import is_token

#: Fetch section 2.2.1, "forbidden method".
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})

#: Fetch section 2.2.1, "CORS-safelisted method": Access-Control-Allow-Methods need not name these.
SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})

#: RFC 9110 section 9.2.1, without TRACE, which no script can send: not meant to change anything.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: Fetch section 2.2.1, "normalize a method": these in upper case, and no other. PATCH is none.
_NORMALISED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})

#: Methods longer than this are nobody's: the registry's longest has 17 characters.
MAX_METHOD_LENGTH = 64


def is_method(text: str) -> bool:
    """Return whether ``text`` can be a request's method: a token of bounded length."""
    return len(text) <= MAX_METHOD_LENGTH and is_token(text)


def is_forbidden_method(text: str) -> bool:
    """Return whether ``text`` is a method that no script can send (Fetch section 2.2.1)."""
    return text.upper() in FORBIDDEN_METHODS


def normalise_method(method: str) -> str:
    """Return the method as a browser sends it: "put" becomes "PUT", "patch" stays as it is."""
    upper = method.upper()
    return upper if upper in _NORMALISED_METHODS else method
