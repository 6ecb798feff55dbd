"""What to change in front of Django, where that answers with an error of its own."""

from __future__ import annotations

#: By the status of the answer.
_BY_STATUS = {
    400: "If that is its port for https, ask by https; otherwise its log says why",
    401: (
        "It requires a login that the request does not have: let Django require it, whose answers "
        "have CORS headers"
    ),
    403: "Its own rules refuse it: its log names the rule",
    404: "It has no such URL, or passes it on to other code: correct where it passes it on to",
    405: "It does not know the method: let it pass",
    413: (
        "The body is larger than it takes: raise its limit (nginx: client_max_body_size), and "
        "leave it to Django to refuse what is too large"
    ),
    429: "It limits the number of requests: raise the limit",
    502: (
        "It does not reach the application, or that broke off: start it, correct its address "
        "there, or read in its log why it ends"
    ),
    503: (
        "It considers the application down: start that, or correct its address there. Or it limits "
        "the number of requests (nginx: limit_req): raise the limit"
    ),
    504: (
        "It timed out while it waited for the application: look at what keeps the workers "
        "busy, or raise the timeout (nginx: proxy_read_timeout)"
    ),
}
#: What helps a preflight instead.
_OF_PREFLIGHTS = {
    401: "It requires a login, but a preflight never has one: let OPTIONS pass without a login",
    429: "It limits the number of requests: do not count OPTIONS, or raise the limit",
}


def change_for(status: int, *, is_preflight: bool) -> str:
    """Return what whoever answers with a status has to be told, without the full stop."""
    found = _OF_PREFLIGHTS.get(status) if is_preflight else None
    return found or _BY_STATUS.get(status, "Its log says why")
