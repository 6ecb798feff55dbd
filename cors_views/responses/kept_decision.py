"""What is kept of a decision, for the log, the panel, the commands and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest

from cors_views.protocol import reasons
from cors_views.protocol.effective_policies import EffectivePolicy
from cors_views.protocol.questions import Replies
from cors_views.protocol.reasons import Answer, Headers, Preflight, Reason
from cors_views.resolution.pattern_paths import resolve
from cors_views.resolution.wrapped_views import name_of, view_name
from cors_views.standard.response_headers import ALLOW_ORIGIN, cors_headers_among


class Decided(NamedTuple):
    """What was decided for one request; ``asked`` is there for a preflight alone.

    ``replies`` are those of the callables and receivers that had to be asked. ``enforced`` says
    that the request was refused on the server, and its view did not run.
    """

    origin: str
    answer: Answer
    effective: EffectivePolicy
    asked: Preflight | None = None
    replies: Replies = Replies()
    enforced: bool = False

    @property
    def source(self) -> str:
        """What decided, for people, and what keeps the settings from it."""
        source = self.effective.source
        if self.answer.reason is not Reason.NO_POLICY:
            return source
        return f"{source}, and {self.why_no_policy}"

    @property
    def why_no_policy(self) -> str:
        """What keeps the settings from the URL, where they would answer and do not."""
        open_elsewhere = self.effective.applies
        return "CORS_URLS_REGEX does not match the URL" if open_elsewhere else "CORS_OPT_IN is on"

    def refusal(
        self, headers: Mapping[str, str] | None = None, *, credentials: bool = False
    ) -> tuple[Reason | None, tuple[str, ...]]:
        """Return why a browser refuses, if it does, and the headers it asked for in vain.

        ``headers`` are those that the response leaves with, where it is there: what somebody else
        wrote counts where the policy wrote nothing. ``credentials`` is whether cookies came along.
        """
        own: Headers = ()
        if headers is not None and ALLOW_ORIGIN in headers:
            own = tuple((name.lower(), headers[name]) for name in cors_headers_among(headers))
        return reasons.refusal(self.answer, self.origin, self.asked, own, credentials=credentials)


#: The fields of a ``Decided``, which is not made for each request, but where somebody asks for it.
DecidedParts = tuple[str, Answer, EffectivePolicy, Preflight | None, Replies]
#: The same where a request is refused on the server, or would be.
EnforcedParts = tuple[str, Answer, EffectivePolicy, Preflight | None, Replies, bool]


def what_was_decided(request: Any) -> Decided | None:
    """Return what ``CorsMiddleware`` decided for a request that it has seen."""
    decided = getattr(request, "_cors_outcome", None)
    return None if decided is None else Decided(*decided)


def view_of(request: HttpRequest) -> str:
    """Return the dotted name of the view of a request, for people; nothing where there is none.

    Nobody has looked for that of a preflight, nor where a middleware has answered by itself.
    """
    try:
        match: Any = request.resolver_match or resolve(request)
        if match is None:
            return ""
        view = match.func
    except Exception:
        # A broken URLconf or converter, or a match that is none. Whoever asks is about to say so.
        return ""
    try:
        return view_name(view)
    except Exception:
        # A view may be anything.
        return name_of(type(view))


def carries_cookies(request: HttpRequest) -> bool:
    """Return whether a page's script has sent cookies along, if it was a script.

    Across origins that takes ``credentials: "include"``. A form is not asked whether it may.
    """
    meta = request.META
    return bool(meta.get("HTTP_COOKIE")) and meta.get("HTTP_SEC_FETCH_MODE", "cors") == "cors"
