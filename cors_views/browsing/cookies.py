"""Which cookies go along with a request, and which of an answer's a browser keeps.

RFC 6265bis, "Storage Model" and "Retrieval Algorithm". ``cross_site`` says whether the page
is at another site than the server, ``insecure`` whether no Secure cookie travels on the connection.
"""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie


def travelling(jar: SimpleCookie, *, cross_site: bool, insecure: bool) -> SimpleCookie:
    """Return the cookies of the jar that go along."""
    found = SimpleCookie()
    for name, morsel in jar.items():
        if _travels(morsel, cross_site, insecure):
            dict.__setitem__(found, name, morsel)
    return found


def keep(jar: SimpleCookie, received: SimpleCookie, *, cross_site: bool, insecure: bool) -> None:
    """Store what an answer sets: what could not be sent is not stored either.

    A cookie that has expired deletes the one that is there.
    """
    for name, morsel in travelling(received, cross_site=cross_site, insecure=insecure).items():
        jar.pop(name, None)
        if str(morsel["max-age"]) != "0":
            dict.__setitem__(jar, name, morsel)


def _travels(morsel: Morsel[str], cross_site: bool, insecure: bool) -> bool:
    if morsel["secure"] and insecure:
        return False
    # What says nothing counts as Lax, in Chromium at least, and no fetch() brings Lax along.
    return not cross_site or bool(morsel["secure"] and morsel["samesite"].lower() == "none")
