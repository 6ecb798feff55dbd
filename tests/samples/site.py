"""A site of the views that a block defines, and the pages that ask it everything they can."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import import_string
from django.views import View

from tests.samples import Sample
from tests.samples.prepared import FRESH, IN_URLS
from tests.tables import ORIGIN, Patterns

JSON = "application/json"
STRANGER = "https://stranger.example"
#: An origin or a pattern of origins in quotes.
WRITTEN = re.compile(r"\"([a-z]+://[a-z0-9.*:-]+)\"")


@dataclass
class Site:
    """The routes of a block, and those that its views get here because it has none."""

    sample: Sample
    patterns: list[Any]
    #: Which of the origins a page may be at were admitted anywhere.
    admitted: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def settings(self, patterns: list[Any]) -> Any:
        return override_settings(
            ROOT_URLCONF=Patterns(patterns),
            MIDDLEWARE=["cors_views.middleware.CorsMiddleware", *FRESH["MIDDLEWARE"]],
            # That the list needs them, too, is for blocks of settings to say.
            CSRF_TRUSTED_ORIGINS=WRITTEN.findall(self.sample.page.read_text("utf-8"))
            + FRESH["CORS_POLICIES"]["storefront"]["origins"],
            SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        )

    @property
    def origins(self) -> list[str]:
        """The origins that the block's views write, each pattern by one that it admits."""
        return [
            one.replace("://*.", "://sub.").replace(":*", ":8080")
            for one in WRITTEN.findall(self.sample.code)
        ]

    def ask_everything(self, caplog: pytest.LogCaptureFixture, origins: set[str]) -> None:
        """Ask each route as pages at all origins do: with each method, its preflight first."""
        # A view that declares nothing has the settings' policy.
        asked = [*self.patterns, path("undeclared/", _undeclared)]
        with self.settings(asked), caplog.at_level(logging.WARNING, "cors_views"):
            for pattern, url in _urls(asked):
                for method, runs in _methods(pattern):
                    for origin in sorted({STRANGER, *self.origins, *origins}):
                        self._ask(url, method, origin, runs=runs)
        # Django itself logs what a receiver raises.
        mistakes = [
            one
            for one in caplog.records
            if one.name.startswith(("cors_views", "django.dispatch"))
            # What a policy refuses on the server is logged as a warning, and no mistake.
            and not getattr(one, "enforced", False)
        ]
        self.failures += [one.getMessage() for one in mistakes]

    def _ask(self, url: str, method: str, origin: str, *, runs: bool) -> None:
        client = Client()
        preflight = client.options(
            url, headers={"origin": origin, "access-control-request-method": method}
        )
        answers = [preflight]
        refused = preflight.status_code == 403 and "enforce=True" in self.sample.code
        if preflight.status_code != 200 and not refused:
            self.failures.append(f"{preflight.status_code} for the preflight of {method} {url}")
        try:
            if runs:
                answers.append(client.generic(method, url, "{}", JSON, headers={"origin": origin}))
        except Exception as error:
            self.failures.append(f"{method} {url}: {error!r}")
        if any(answer.headers.get(ORIGIN) in (origin, "*") for answer in answers):
            self.admitted.add(origin)


def site_of(sample: Sample, names: dict[str, Any]) -> Site:
    """Return the site of a block that has been run."""
    routed = list(names["urlpatterns"]) if "urlpatterns =" in sample.code else []
    reached = {_view(pattern) for pattern, _ in _urls(routed)}
    own = [
        made
        for name in sample.defined
        if name not in reached
        for made in _routes(name, names[name])
    ]
    return Site(sample, [*routed, *own])


def _undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _routes(name: str, defined: Any) -> list[Any]:
    """Return the routes of a view; other functions and classes have none."""
    if inspect.isclass(defined):
        if not issubclass(defined, View):
            return []
        if hasattr(defined, "get_extra_actions"):
            router = import_string("rest_framework.routers.SimpleRouter")()
            router.register(name, defined, basename=name)
            return list(router.urls)
        return [path(f"{name}/", defined.as_view())]
    parameters = inspect.signature(defined).parameters.values()
    first, *others = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD] or [
        ""
    ]
    if first != "request" or "origin" in others:
        return []
    return [path("".join([f"{name}/", *(f"<slug:{other}>/" for other in others)]), defined)]


def _urls(patterns: list[Any], above: str = "/") -> Iterator[tuple[URLPattern, str]]:
    """Yield each pattern with a URL that it matches."""
    for one in patterns:
        part = str(one.pattern).replace("<drf_format_suffix:format>", ".json")
        # What routers of REST framework write: ^orders/(?P<pk>[^/.]+)\\.(?P<format>[a-z0-9]+)/?$
        part = re.sub(r"\(\?P<(\w+)>[^)]*\)", _written_out, part)
        part = re.sub(r"<(?:\w+:)?(\w+)>", _written_out, part)
        part = part.strip("^$").replace("\\Z", "").replace("\\.", ".").replace("/?", "")
        if isinstance(one, URLResolver):
            yield from _urls(one.url_patterns, above + part)
        else:
            yield one, above + part


def _written_out(parameter: re.Match[str]) -> str:
    return IN_URLS.get(parameter[1], "7")


def _view(pattern: URLPattern) -> str:
    """Return the name that a block gave the view, which decorators keep."""
    callback: Any = pattern.callback
    return str(getattr(getattr(callback, "view_class", callback), "__name__", ""))


def _methods(pattern: URLPattern) -> Iterator[tuple[str, bool]]:
    """Yield the methods that a page can ask a route with, and whether a view can be run by it.

    The actions that a viewset inherits would want a model, and Django's own views templates.
    """
    callback: Any = pattern.callback
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if actions := getattr(callback, "actions", None):
        yield from ((method.upper(), name in vars(view)) for method, name in [*actions.items()])
    elif view is None:
        yield "GET", True
    else:
        known = [one for one in view.http_method_names if one != "options"]
        runs = not view.__module__.startswith("django.")
        yield from ((one.upper(), runs) for one in known if hasattr(view, one))
