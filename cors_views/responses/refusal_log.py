"""The log: one line for each refusal, with all that whoever reads it has to know."""

from __future__ import annotations

import functools
import logging
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

from cors_views.protocol.questions import SIGNAL
from cors_views.protocol.same_origin import is_same_origin
from cors_views.resolution.wrapped_views import name_of
from cors_views.responses.kept_decision import Decided, carries_cookies, view_of
from cors_views.standard.methods import is_method
from cors_views.standard.origins import SPECIAL, is_origin
from cors_views.standard.request_headers import parse_request_headers
from cors_views.support.escaping import escaped, quoted

logger = logging.getLogger("cors_views")

#: How loud a refusal is that the browser makes. One on the server is a WARNING.
LEVEL = logging.DEBUG
#: Whether anybody reads them. Seen to beforehand, so that nothing is put together in vain.
are_refusals_logged = functools.partial(logger.isEnabledFor, LEVEL)
#: What the logger remembers of that, by level. To ask it takes five times as long.
LEVELS_READ: dict[int, bool] = getattr(logger, "_cache", {})

#: What is said where a policy only reports, and the view runs.
_REPORTED = "With enforce=True, CORS would have sent 403 to"
#: So many of those who said no are named.
_MOST_NAMED = 3
#: No command longer than this is pasted.
_LONGEST_COMMAND = 1000
#: What ``cors_explain`` has to be given beside a name, where not every value asks for a preflight.
_UNSAFE_VALUES = dict.fromkeys(("accept", "accept-language", "content-language"), ": ()")


def log_refusal(
    request: HttpRequest, decided: Decided, headers: Mapping[str, str] | None = None
) -> None:
    """Log why a browser refuses, if it does; see ``are_refusals_logged``.

    ``headers`` are those that the response leaves with, where there is one. What was refused on the
    server has its line already.
    """
    if decided.enforced:
        return
    try:
        _log_refusal(
            request, decided, headers, functools.partial(logger.log, LEVEL), "The browser refuses"
        )
    except Exception:
        # Callables and views may be anything, and what is logged must not change what is answered.
        logger.exception("Why %s is refused could not be logged.", quoted(request.path))


def log_enforced(request: HttpRequest, decided: Decided) -> None:
    """Log that a request is refused on the server, or would be, at the level of WARNING."""
    said = "CORS sent 403 to" if decided.enforced else _REPORTED
    try:
        _log_refusal(request, decided, None, logger.warning, said)
    except Exception:
        logger.exception("Why %s is refused could not be logged.", quoted(request.path))


def _log_refusal(
    request: HttpRequest,
    decided: Decided,
    headers: Mapping[str, str] | None,
    log: Callable[..., None],
    said: str,
) -> None:
    origin = decided.origin
    reason, missing = decided.refusal(headers, credentials=carries_cookies(request))
    if reason is None or is_same_origin(request, origin):
        return
    requested = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
    view = view_of(request)
    kind = "application" if hasattr(request, "_cors_application") else "view"
    sentences = [f"The {kind} is {view}."] if view else []
    sentences += [*_said_no(decided), *_came_by(request, origin)]
    command = _command(request, origin, requested if preflight else None)
    if command:
        sentences.append(f"For more, run: {command}")
    log(
        "%s %s %s from %s: %s%s (%s).%s",
        said,
        f"the preflight for {quoted(requested)} at" if preflight else _what(request),
        quoted(request.path),
        quoted(origin),
        reason.value,
        f": {quoted(', '.join(missing))}" if missing else "",
        decided.source,
        "".join(f" {sentence}" for sentence in sentences),
        extra={
            "request": request,
            "origin": origin,
            "reason": reason,
            "source": decided.source,
            "view": view,
            "enforced": decided.enforced,
            "reported": said == _REPORTED,
        },
    )


def _what(request: HttpRequest) -> str:
    # Under ASGI there is a scope.
    if getattr(request, "scope", {}).get("type") == "websocket":
        return "the WebSocket"
    return escaped(request.method or "")


def _said_no(decided: Decided) -> Iterator[str]:
    """Yield which callables and receivers were asked in vain."""
    replies = decided.replies
    callables = [each for policy in decided.effective.policies for each in policy.origins.callables]
    refusing = [each for each in dict.fromkeys(callables) if replies.get(id(each)) is False]
    if refusing:
        yield f"{_names(refusing)} did not admit the origin."
    if replies.get(id(SIGNAL)) is False:
        yield f"No receiver of check_request_enabled admitted it: {_names(replies.receivers)}."


def _names(found: Sequence[object]) -> str:
    named = ", ".join(map(name_of, found[:_MOST_NAMED]))
    return f"{named} and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else named


def _came_by(request: HttpRequest, origin: str) -> Iterator[str]:
    """Yield by which redirect the request came, where it shows."""
    asked_for = _asked_for_before_login(request)
    if asked_for:
        yield (
            f"This is the login page: the page asked for {quoted(asked_for)}, which redirects "
            "visitors who are not logged in."
        )
    if origin == "null":
        referer = "/".join(request.META.get("HTTP_REFERER", "").split("/", 3)[:3])
        # HTML, "determine request's referrer": a sandboxed page sends none. One that has an origin
        # was sent on from one origin to another (Fetch, "serializing a request origin").
        if is_origin(referer) and referer not in SPECIAL:
            yield (
                f"The page is at {quoted(referer)}: a redirect from one host to another has "
                "made its origin null. Let the page ask for the final URL."
            )


def _asked_for_before_login(request: HttpRequest) -> str:
    """Return the path that redirected to the login page, where this is that page."""
    from django.contrib.auth import REDIRECT_FIELD_NAME
    from django.shortcuts import resolve_url

    if request.method not in ("GET", "HEAD"):
        return ""
    try:
        wanted = request.GET.get(REDIRECT_FIELD_NAME)
        if not wanted:
            return ""
        login = urlsplit(resolve_url(settings.LOGIN_URL)).path
        # The query may hold what is nobody's business.
        return urlsplit(wanted).path if login == request.path else ""
    except Exception:
        # The query has more fields than Django reads, the name of the login page leads nowhere, or
        # what follows "next" is no URL.
        return ""


def _command(request: HttpRequest, origin: str, preflight_for: str | None) -> str:
    """Return the command that explains a refusal, ready to paste; nothing where none can be."""
    if hasattr(request, "_cors_application"):
        # What stands beside Django is behind no URLconf.
        return ""
    if preflight_for is None:
        method, requested = request.method or "", ""
        cookies = ["--credentials"] if carries_cookies(request) else []
    else:
        method, cookies = preflight_for, []
        requested = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    names = parse_request_headers(requested)
    if names is None or not is_origin(origin) or not is_method(method):
        # No page has sent it.
        return ""
    headers = [f"--header={name}{_UNSAFE_VALUES.get(name, '')}" for name in names]
    call = ["manage.py", "cors_explain", origin, method, _url(request)]
    command = shlex.join([*call, *headers, *cookies])
    return command if command.isprintable() and len(command) <= _LONGEST_COMMAND else ""


def _url(request: HttpRequest) -> str:
    # Without the query, which may hold what is nobody's business.
    path = escape_uri_path(request.path)
    try:
        return f"{request.scheme}://{request.get_host()}{path}"
    except DisallowedHost:
        # The request is refused for that; the site answers the path at another host.
        return path
