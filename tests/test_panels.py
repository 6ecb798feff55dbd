"""The panel of django-debug-toolbar: what a developer reads there."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import include, path

from cors_views import cors_allow, cors_deny
from tests.tables import Sender, urlconf

pytest.importorskip("debug_toolbar", reason="is about django-debug-toolbar")

from debug_toolbar.toolbar import DebugToolbar

APP = "https://app.example"
OURS = "cors_views.middleware.CorsMiddleware"
TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"
SITE: dict[str, Any] = {
    "DEBUG": True,
    "DEBUG_TOOLBAR_CONFIG": {"SHOW_TOOLBAR_CALLBACK": "tests.test_panels.always"},
    "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
}


def always(request: Any) -> bool:
    return True


def answer(request: Any) -> HttpResponse:
    return HttpResponse("<html><body>answer</body></html>")


def by_hand(request: Any, origin: str) -> bool:
    return True


ROUTES = [
    path("open/", cors_allow(origins=[APP], max_age=5)(answer), name="open"),
    path("denied/", cors_deny(answer)),
    path("asked/", cors_allow(origins=[by_hand])(answer)),
    path("plain/", answer),
    path("enforcing/", cors_allow(origins=[APP], enforce=True)(answer)),
    path("reporting/", cors_allow(origins=[APP], enforce="report")(answer)),
    path("__debug__/", include("debug_toolbar.urls")),
]

# name -> (URL, origin, what the panel says beside its title, what stands in its table)
REQUESTS: dict[str, tuple[str, str | None, str, list[str]]] = {
    "an admitted origin": (
        "/open/",
        APP,
        "admitted",
        [APP, "GET /open/", "<code>open</code>", "route policy declared at", "test_panels.py:"],
    ),
    "the headers that go out": (
        "/open/",
        APP,
        "admitted",
        [f"access-control-allow-origin</th><td><code>{APP}</code>"],
    ),
    "the policy": ("/open/", APP, "admitted", ["CorsPolicy(origins=[&#x27;https://app.example"]),
    "no origin": ("/open/", None, "same origin", ["none: not a cross-origin request"]),
    "the site's own form": ("/open/", "http://testserver", "same origin", ["http://testserver"]),
    "another origin": (
        "/open/",
        "https://stranger.example",
        "refused",
        ["ORIGIN_NOT_ADMITTED: the policy does not admit the origin"],
    ),
    "a denied view": ("/denied/", APP, "refused", ["DENIED: ", "tests.test_panels.answer"]),
    "a view that declares nothing": ("/plain/", APP, "refused", ["the CORS_* settings"]),
    "no view": ("/missing/", APP, "refused", ["<th scope='row'>View</th><td><code>none"]),
    "a callable": ("/asked/", APP, "asked", ["up to &lt;function by_hand"]),
    "a view that does not enforce": (
        "/open/",
        APP,
        "admitted",
        ["Enforced</th><td><code>no: the view runs for any origin"],
    ),
    "an admitted origin of a view that enforces": (
        "/enforcing/",
        APP,
        "admitted",
        ["Enforced</th><td><code>yes: who is not admitted is refused before the view"],
    ),
    "a view that reports": (
        "/reporting/",
        "https://stranger.example",
        "refused",
        ["Enforced</th><td><code>no: only reported in the log", "ORIGIN_NOT_ADMITTED: "],
    ),
    "what an attacker writes": (
        "/open/",
        "https://<script>",
        "refused",
        ["NOT_AN_ORIGIN", "https://&lt;script&gt;"],
    ),
    "what would turn the text round": (
        "/open/",
        "https://\x9b2J",
        "refused",
        [r"<code>https://\x9b2J</code>"],
    ),
}


@pytest.mark.parametrize("order", [[OURS, TOOLBAR], [TOOLBAR, OURS]], ids=["above", "below"])
@pytest.mark.parametrize("name", REQUESTS)
def test_what_the_panel_says(
    send: Sender, name: str, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, origin, short, texts = REQUESTS[name]
    if order[0] == TOOLBAR and short == "asked":
        # The middleware has asked by then.
        short, texts = "admitted", [APP]
    with override_settings(**SITE, MIDDLEWARE=order), urlconf(*ROUTES):
        content, subtitle = panel_of(send, url, origin, monkeypatch)

    assert subtitle == short
    for text in texts:
        assert text in content


def panel_of(
    send: Sender, url: str, origin: str | None, patch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """Send a request, and return what the panel says of it, and beside its title."""
    toolbars = []
    render = DebugToolbar.render_toolbar

    def remembered(self: DebugToolbar) -> Any:
        toolbars.append(self)
        return render(self)

    patch.setattr(DebugToolbar, "render_toolbar", remembered)
    # Django's async client says so by itself.
    send.actual(url, origin, **({"host": "testserver"} if send.mode == "wsgi" else {}))
    (panel,) = toolbars[0].panels
    return str(panel.content), panel.nav_subtitle


# Below CorsMiddleware no toolbar hears of it: the request goes no further.
def test_what_is_refused_on_the_server_is_shown_where_the_toolbar_stands_above(
    send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(**SITE, MIDDLEWARE=[TOOLBAR, OURS]), urlconf(*ROUTES):
        content, subtitle = panel_of(send, "/enforcing/", "https://stranger.example", monkeypatch)

    assert subtitle == "refused"
    assert "admit the origin; answered with 403, before the view" in content
    assert "Enforced</th><td><code>yes: " in content
    assert "test_panels.py:" in content


def test_nothing_is_enforced_where_no_policy_governs(
    send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SITE | {"CORS_ENFORCE": True, "CORS_URLS_REGEX": "^/api/"}
    with override_settings(**site, MIDDLEWARE=[OURS, TOOLBAR]), urlconf(*ROUTES):
        content, _ = panel_of(send, "/plain/", APP, monkeypatch)

    assert "NO_POLICY: " in content
    assert "Enforced</th><td><code>no: " in content


def test_without_the_toolbar_the_import_says_what_to_install() -> None:
    code = "import sys; sys.modules['debug_toolbar'] = None; import cors_views.panels"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "pip install django-debug-toolbar" in done.stderr
