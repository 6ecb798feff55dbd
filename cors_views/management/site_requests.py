"""Requests to the site as it is configured, with all its middleware, without a network."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from django.urls import (
    ResolverMatch,
    get_script_prefix,
    is_valid_path,
    set_script_prefix,
    set_urlconf,
)

from cors_views.browsing import Received, Sent
from cors_views.inspection.hosts import allowed_hosts
from cors_views.management import login_redirects
from cors_views.management.explaining import visitor_cookies
from cors_views.management.overview.rows import in_order
from cors_views.resolution import pattern_paths
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.wrapped_views import served_methods
from cors_views.responses import outcome
from cors_views.responses.kept_decision import Decided, what_was_decided


def usable_host() -> str:
    """Return a host that the site answers for: the first that ``ALLOWED_HOSTS`` names."""
    named = [host.lstrip(".") for host in allowed_hosts() if host != "*"]
    return named[0] if named else "localhost"


def absolute(url: str) -> str:
    """Return a URL with scheme and host; a path is asked for at a host that the site answers for.

    The scheme is https where the site redirects everything to it.
    """
    if not url.startswith("/") or url.startswith("//"):
        return url
    return (
        f"http{'s' if settings.SECURE_SSL_REDIRECT else ''}://{usable_host()}{_below_prefix(url)}"
    )


def _below_prefix(path: str) -> str:
    prefix = _script_name()
    return path if f"{path}/".startswith(f"{prefix}/") else prefix + path


def is_below_static_url(path: str) -> bool:
    """Return whether ``runserver`` takes a path for a static file, past any middleware."""
    if not apps.is_installed("django.contrib.staticfiles") or not settings.STATIC_URL:
        return False
    return path.startswith(urlsplit(settings.STATIC_URL).path)


class Answered(NamedTuple):
    """A request that the site has answered: what the middleware decided, if it saw it.

    ``assumed`` is whether the answer is that of no view, because none was run. ``pattern_path``
    leads to the view, and is empty where nothing matches the URL. ``login`` names what has
    redirected to the login page, ``admitted_by`` what would have, were the visitor not logged in.
    ``unserved`` names the methods that the view serves, where that of the request is none of them.
    ``lacks_slash`` is whether only the URL with a slash at its end leads to the view.
    """

    decided: Decided | None
    assumed: bool
    pattern_path: PatternPath
    login: str = ""
    admitted_by: str = ""
    unserved: str = ""
    lacks_slash: bool = False


class Server(BaseHandler):
    """The site. Unless ``runs_views``, each view is taken for one that answers 200.

    ``url`` is what is asked for first. Other hosts are this site's where ``ALLOWED_HOSTS`` names
    them; ``answered`` is what came of each request. Whoever visits a page at ``origin`` counts as
    logged in where a session cookie goes along, and wherever credentials do if ``logged_in``.
    """

    def __init__(self, origin: str, url: str, *, runs_views: bool, logged_in: bool = False) -> None:
        self.origin = origin
        self.runs_views, self.logged_in = runs_views, logged_in
        self.answered: list[Answered] = []
        self._seen = Answered(None, False, ())
        self._has_session = False
        #: What resolving the URL raised, besides what every site raises where nothing matches.
        self.broken: Exception | None = None
        self._own = urlsplit(url).netloc
        hosts = allowed_hosts()
        self._hosts = [host for host in hosts if host != "*"]
        allowed = validate_host(split_domain_port(self._own)[0], hosts)
        #: The host that stands in the request instead of one that Django would refuse.
        self.instead = "" if allowed else usable_host()
        self.load_middleware()

    def answer(self, sent: Sent) -> Received | None:
        """Send a request, and return what a browser receives; ``None`` where others answer."""
        if not self._is_own(urlsplit(sent.url).netloc):
            return None
        request = self.request(sent)
        self._seen = Answered(None, False, ())
        self._has_session = sent.credentials and (
            self.logged_in or not visitor_cookies.why_without_session(self.origin, sent.url)
        )
        response, pattern_path = self._response(request)
        decided = what_was_decided(request)
        self.answered.append(
            self._seen._replace(
                decided=decided,
                pattern_path=pattern_path,
                lacks_slash=bool(pattern_path) and _lacks_slash(request),
            )
        )
        headers = tuple(response.headers.items())
        if decided is None:
            return Received(response.status_code, headers)
        reason, missing = decided.refusal(response.headers)
        return Received(response.status_code, headers, reason, missing, decided.source)

    def _is_own(self, host: str) -> bool:
        return host == self._own or validate_host(split_domain_port(host)[0], self._hosts)

    def request(self, sent: Sent) -> HttpRequest:
        """Return a request as it arrives at Django."""
        url = urlsplit(sent.url)
        host = self.instead if url.netloc == self._own and self.instead else url.netloc
        below = url._replace(scheme="", netloc="", path=path_info(url.path))
        request: HttpRequest = RequestFactory().generic(
            sent.method,
            below.geturl(),
            sent.body or b"",
            secure=url.scheme == "https",
            headers={**dict(sent.headers), "Host": host},
        )
        outcome.keep_untold(request)
        return request

    def _response(self, request: HttpRequest) -> tuple[HttpResponseBase, PatternPath]:
        """Return the response as the middlewares leave it, and the pattern path that they leave."""
        set_urlconf(settings.ROOT_URLCONF)
        prefix = get_script_prefix()
        # As the handlers of WSGI and ASGI do, so that reverse() knows of FORCE_SCRIPT_NAME.
        set_script_prefix(_script_name() or "/")
        try:
            with contextlib.closing(request), unlogged(), _without_warnings_of(request):
                # Not get_response(), which logs that the answer is a 403 and closes it.
                response: HttpResponseBase = cast("Any", self)._middleware_chain(request)
            _close(response)
            return response, self._chain_of(request)
        finally:
            set_script_prefix(prefix)
            set_urlconf(None)

    def _chain_of(self, request: HttpRequest) -> PatternPath:
        """Return the pattern path that leads to the view, whoever chose the URLconf."""
        match = request.resolver_match
        try:
            match = match or pattern_paths.resolve(request)
        except Exception as error:
            self.broken = error
        return pattern_paths.pattern_path_of(match) if match else ()

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        if self.runs_views:
            answered: HttpResponseBase = cast("Any", super())._get_response(request)
            foreseen = login_redirects.preview(cast("ResolverMatch", request.resolver_match))
            if foreseen and login_redirects.is_that(foreseen, request, answered):
                self._seen = self._seen._replace(login=foreseen.by)
            return answered
        # Middleware finds the match there, and a URL that is none is a 404, as ever.
        self.resolve_request(request)
        match = cast("ResolverMatch", request.resolver_match)
        self._seen = self._seen._replace(assumed=True)
        redirect = login_redirects.preview(match)
        if redirect is not None and not _is_known(request):
            if not self._has_session:
                self._seen = self._seen._replace(login=redirect.by)
                return login_redirects.response(redirect, request)
            self._seen = self._seen._replace(admitted_by=redirect.by)
        served = _served(match)
        if served is None or request.method in served:
            return HttpResponse()
        self._seen = self._seen._replace(unserved=", ".join(in_order(served)))
        return HttpResponseNotAllowed(served)


def _is_known(request: HttpRequest) -> bool:
    """Return whether somebody is logged in; who asks for that gets ``Vary: Cookie``."""
    user = getattr(request, "user", None)
    return user is not None and bool(user.is_authenticated)


def _served(match: ResolverMatch) -> frozenset[str] | None:
    try:
        return served_methods(match.func)
    except Exception:
        # A view may be anything.
        return None


def _lacks_slash(request: HttpRequest) -> bool:
    """Return whether a request that leads to a view does so only with a slash at its end."""
    path = request.path_info
    if request.resolver_match or path.endswith("/"):
        return False
    return not is_valid_path(path, getattr(request, "urlconf", None))


def _script_name() -> str:
    """Return ``FORCE_SCRIPT_NAME`` without a slash at its end."""
    return (settings.FORCE_SCRIPT_NAME or "").rstrip("/")


def path_info(path: str) -> str:
    """Return what a web server hands on of a path: what is below the prefix of the site."""
    prefix = _script_name()
    return path.removeprefix(prefix) if f"{path}/".startswith(f"{prefix}/") else path


def _close(response: HttpResponseBase) -> None:
    """Let go of what a stream holds on to, but not of the database: this is no server's thread."""
    request_finished.disconnect(close_old_connections)
    try:
        response.close()
    finally:
        request_finished.connect(close_old_connections)


@contextlib.contextmanager
def _without_warnings_of(request: HttpRequest) -> Iterator[None]:
    """Keep the 4xx of a request out of Django's log. What breaks, a view above all, stays there."""

    def is_kept(record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING or getattr(record, "request", None) is not request

    logger = logging.getLogger("django.request")
    logger.addFilter(is_kept)
    try:
        yield
    finally:
        logger.removeFilter(is_kept)


@contextlib.contextmanager
def unlogged(least: int = logging.NOTSET) -> Iterator[None]:
    """Keep refusals, and all below a level, out of the log: whoever asks is told right here.

    Refusals at any level: their records, and no others, have a ``reason``.
    """

    def is_kept(record: logging.LogRecord) -> bool:
        return record.levelno >= least and not hasattr(record, "reason")

    logger = logging.getLogger("cors_views")
    logger.addFilter(is_kept)
    try:
        yield
    finally:
        logger.removeFilter(is_kept)
