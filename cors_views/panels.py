"""A panel for django-debug-toolbar that shows what decided about a request, and why.

Add ``"cors_views.panels.CorsPanel"`` to ``DEBUG_TOOLBAR_PANELS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cors_views.middleware import preview
from cors_views.policies.enforced_anywhere import Enforce
from cors_views.protocol.effective_policies import EffectivePolicy
from cors_views.protocol.questions import Question
from cors_views.protocol.reasons import Headers, Reason
from cors_views.protocol.same_origin import is_same_origin
from cors_views.responses import view_headers
from cors_views.responses.kept_decision import Decided, carries_cookies
from cors_views.support.escaping import escaped

try:
    from debug_toolbar.panels import Panel
except ImportError as error:
    raise ImportError(
        "cors_views.panels needs django-debug-toolbar. Install it with "
        "pip install django-debug-toolbar."
    ) from error


#: What becomes of a request of another site that is not admitted.
_ENFORCED: dict[Enforce, str] = {
    True: "yes: who is not admitted is refused before the view",
    False: "no: the view runs for any origin",
    "report": "no: only reported in the log",
}


class CorsPanel(Panel):  # type: ignore[misc]
    """Show the origin, the view, the layer and the place of its policy, and the verdict.

    ``CorsMiddleware`` stands above the toolbar, so it has not decided yet when the panel is
    filled. The panel decides by the same rules, but calls no callable and no receiver. If the
    decision depends on one, the panel names it.
    """

    title = "CORS"
    is_async = True

    @property
    def nav_subtitle(self) -> str:
        """What stands beside the title: the verdict in two words."""
        return str(self.get_stats().get("short", ""))

    @property
    def content(self) -> SafeString:
        """The table of what was found out."""
        rows = format_html_join(
            "", "<tr><th scope='row'>{}</th><td><code>{}</code></td></tr>", self._rows()
        )
        return format_html("<table><tbody>{}</tbody></table>", rows)

    def _rows(self) -> list[tuple[str, str]]:
        shown = self.get_stats()
        return [
            ("Origin", shown["origin"] or "none: not a cross-origin request"),
            ("Request", shown["request"]),
            ("View", shown["view"] or "none"),
            ("Decided by", shown["source"]),
            *[("Policy", policy) for policy in shown["policies"]],
            ("Enforced", shown["enforced"]),
            ("Verdict", shown["verdict"]),
            *[(name, value) for name, value in shown["headers"]],
        ]

    def generate_stats(self, request: HttpRequest, response: Any) -> None:
        """Find out what is, or will be, decided."""
        effective, decided = preview(request)
        headers: Headers = ()
        if isinstance(decided, Decided):
            # Above us the middleware has not written yet, and takes away what it will not leave.
            written = (
                response.headers if view_headers.stay(decided.answer, decided.effective) else {}
            )
            short, verdict = _verdict(request, decided, written)
            headers, source = decided.answer.headers, decided.source
        else:
            source = effective.source
            short, verdict = "asked", f"up to {decided!r}, which is asked for each request"
        match = request.resolver_match
        self.record_stats(
            {
                "short": short,
                "origin": escaped(request.META.get("HTTP_ORIGIN", "")),
                "request": escaped(f"{request.method} {request.path}"),
                "view": match.view_name or match._func_path if match else "",
                "source": source,
                "policies": [repr(compiled.policy) for compiled in effective.policies],
                "enforced": _ENFORCED[_enforce(effective, decided)],
                "verdict": verdict,
                "headers": [list(header) for header in headers],
            }
        )


def _enforce(effective: EffectivePolicy, decided: Decided | Question) -> Enforce:
    # Where no policy governs, nothing is enforced.
    governed = not isinstance(decided, Decided) or decided.answer.reason is not Reason.NO_POLICY
    return effective.enforce if governed else False


def _verdict(request: HttpRequest, decided: Decided, written: Mapping[str, str]) -> tuple[str, str]:
    if is_same_origin(request, decided.origin):
        return "same origin", "same origin"
    reason, missing = decided.refusal(written, credentials=carries_cookies(request))
    if reason is not None:
        names = f": {escaped(', '.join(missing))}" if missing else ""
        where = "; answered with 403, before the view" if decided.enforced else ""
        return "refused", f"{reason.name}: {reason.value}{names}{where}"
    return "admitted", "the page may read the answer"
