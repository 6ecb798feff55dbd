"""What chooses the URLconf or the tenant below the middleware: what is reported, what is not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.checks import check_declarations, check_middleware
from cors_views.signals import check_request_enabled
from tests.tables import urlconf

OURS = "cors_views.middleware.CorsMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
HOSTS = "django_hosts.middleware.HostsRequestMiddleware"
TENANTS = "django_tenants.middleware.main.TenantMainMiddleware"
HERE = __name__


class BySource:
    """A site's own, which writes request.urlconf."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.get_host().startswith("api."):
            request.urlconf = "tests.urls"
        return self.get_response(request)


class Below(BySource):
    """A subclass, in which nothing of that is written."""


def reading(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Read request.urlconf, and write what has nothing to do with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        other = functools.partial(print)
        other.urlconf = request.urlconf  # type: ignore[attr-defined]
        request.tenant_name = "rye"  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def set_tenant(name: str) -> None:
    """Stand for what packages for tenants call so."""


class connection:
    @staticmethod
    def set_schema(name: str) -> None:
        """Stand for the database's connection."""


def by_function(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    def middleware(request: HttpRequest) -> HttpResponse:
        set_tenant(request.get_host())
        return get_response(request)

    return middleware


class ByConnection:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.set_schema(request.get_host())
        return self.get_response(request)


#: Made where no source is.
sourceless: Any = eval("lambda get_response: get_response")


def is_a_tenants(request: HttpRequest, origin: str) -> bool:
    return False


class Known:
    def __call__(self, request: HttpRequest, origin: str) -> bool:
        return False


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


named = cors_allow(origins=["https://app.example"])
asked = cors_allow(origins=[is_a_tenants])

# name -> (what stands below, the decorator of the view, what the message begins with)
STACKS: dict[str, tuple[list[str], Any, str]] = {
    "django-hosts": ([HOSTS], named, f"{HOSTS} chooses the URLconf"),
    "django-hosts, nothing declared": ([HOSTS], None, ""),
    "one that writes request.urlconf": (
        [f"{HERE}.BySource"],
        named,
        f"{HERE}.BySource chooses the URLconf",
    ),
    "its subclass": ([f"{HERE}.Below"], named, f"{HERE}.Below chooses the URLconf"),
    "one that reads request.urlconf": ([f"{HERE}.reading"], asked, ""),
    "django-tenants": ([TENANTS], asked, f"{TENANTS} chooses the tenant"),
    "django-tenants, and nobody is asked": ([TENANTS], named, ""),
    "one that calls set_tenant()": (
        [f"{HERE}.by_function"],
        asked,
        f"{HERE}.by_function chooses the tenant",
    ),
    "one that calls set_schema()": (
        [f"{HERE}.ByConnection"],
        asked,
        f"{HERE}.ByConnection chooses the tenant",
    ),
    "one without a source": ([f"{HERE}.sourceless"], asked, ""),
    "Django's own": ([COMMON, "django.middleware.locale.LocaleMiddleware"], asked, ""),
    "what cannot be imported": (["no.such.Middleware"], asked, ""),
}


@pytest.mark.parametrize("name", STACKS)
def test_what_stands_below_the_middleware(name: str) -> None:
    below, decorator, begins = STACKS[name]
    view = decorator(answer) if decorator else answer

    with urlconf(path("v/", view)):
        with override_settings(MIDDLEWARE=[OURS, *below]):
            messages = [each for each in check_declarations() if each.id == "cors_views.W053"]
        # The hint: move it above.
        with override_settings(MIDDLEWARE=[*below, OURS]):
            assert "cors_views.W053" not in [each.id for each in check_declarations()]

    assert [each.msg.startswith(begins) for each in messages] == ([True] if begins else [])
    assert [each.hint for each in messages] == (
        [f'Move "{below[0]}" above "{OURS}" in MIDDLEWARE.'] if begins else []
    )


def test_that_the_message_names_who_is_asked() -> None:
    views = cors_allow(origins=[is_a_tenants, Known()])(answer)

    with urlconf(path("v/", views)), override_settings(MIDDLEWARE=[OURS, TENANTS]):
        (message,) = check_declarations()

    assert message.msg == (
        f"{TENANTS} chooses the tenant of a request, but stands below CorsMiddleware: a preflight "
        "is decided before that, by Known, is_a_tenants, which may see the tenant of an earlier "
        "request."
    )


def test_that_receivers_are_asked_too() -> None:
    def receiver(sender: Any, **kwargs: Any) -> bool:
        return False

    with urlconf(path("v/", answer)), override_settings(MIDDLEWARE=[OURS, TENANTS]):
        assert check_declarations() == []
        check_request_enabled.connect(receiver)
        try:
            (message,) = check_declarations()
        finally:
            check_request_enabled.disconnect(receiver)

    assert "is decided before that, by the receivers of check_request_enabled," in message.msg


def test_that_what_is_moved_above_starts_no_other_warning() -> None:
    stack = [f"{HERE}.by_function", OURS, COMMON]

    with urlconf(path("v/", asked(answer))), override_settings(MIDDLEWARE=stack):
        assert [*check_middleware(), *check_declarations()] == []
