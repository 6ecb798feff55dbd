"""Checks of which methods pages make run: any origin, and a POST that a policy does not offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Info, Warning

from cors_views.inspection.csrf_protection import is_csrf_protected
from cors_views.inspection.hosts import public_suffixes
from cors_views.inspection.policies_in_use import PolicyInUse, unsafe_for_strangers
from cors_views.inspection.wide_regexes import stranger_of
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective_policies import RoutePolicies
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import routes_named
from cors_views.resolution.wrapped_views import inspect_view


def admits_anybody(policy: CorsPolicy) -> bool:
    """Return whether any site may read: by ``*``, or by a pattern or regex that admits strangers.

    Whoever can register a name below a public suffix is a stranger too.
    """
    origins = [origin for origin in policy.origins or () if isinstance(origin, str)]
    return (
        policy.any_origin
        or bool(public_suffixes(origins)[0])
        or any(map(stranger_of, policy.origin_regexes or ()))
    )


def check_public_uses(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report views that are open to any origin and not read-only; a question of production."""
    found: dict[tuple[str, bool], list[PolicyInUse]] = {}
    for use in in_use:
        if unsafe_for_strangers(use.pattern_path, use.sendable) and admits_anybody(use.policy):
            found.setdefault((use.sources["origins"], use.depends_on_url), []).append(use)
    for (source, depends), open_uses in found.items():
        matched = " where CORS_URLS_REGEX matches the URL" if depends else ""
        methods = sorted(
            {
                name
                for use in open_uses
                for name in unsafe_for_strangers(use.pattern_path, use.sendable)
            }
        )
        yield Warning(
            f"Any origin may send {', '.join(methods)} to "
            f"{routes_named([use.pattern_path for use in open_uses])} and read the "
            f"answer{matched}; the policy is from the {source}.",
            hint="If the view changes something, name the origins. If it only reads, let it "
            "serve only reading methods: write @require_safe of "
            "django.views.decorators.http above a function, or http_method_names = "
            '["get", "head", "options"] in a class. methods=["GET"] in the policy is not '
            "enough: browsers can send a POST without a preflight.",
            id="cors_views.W039",
        )


def check_posts(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report where a policy leaves POST out of its methods, and pages send it all the same.

    Any origin is ``check_public_uses``' affair, and what CSRF protection refuses nobody's.
    """
    found: dict[tuple[str, str], list[PolicyInUse]] = {}
    for use in in_use:
        if "POST" in (use.methods or ()) and not use.compiled.offers("POST") and _may_post(use):
            found.setdefault((use.sources["methods"], _own_place_of_post(use)), []).append(use)
    for (source, cure), those in found.items():
        yield Info(
            f"The methods from the {source} do not include POST, but pages of the admitted "
            f"origins can send it to {routes_named([use.pattern_path for use in those])} and "
            "read the answer: a POST can be a simple request, which needs no preflight.",
            hint=f"{cure}, so that no page reads the answer. This does not stop the request "
            "itself: authentication and CSRF protection do that.",
            id="cors_views.I051",
        )


def _own_place_of_post(use: PolicyInUse) -> str:
    """Return where POST gets a declaration of its own: at its method, if the site wrote one."""
    view = inspect_view(use.pattern_path[-1].callback)
    handler = (view.handlers or {}).get("POST", "")
    written = getattr(view.view_class, handler, None) if handler else None
    if getattr(written, "__module__", "rest_framework.decorators") == "rest_framework.decorators":
        return "Serve POST from a separate view, with @cors_deny above it"
    return f"Write @cors_deny above {handler}()"


def _may_post(use: PolicyInUse) -> bool:
    somebody = bool(use.policy.origins or use.regexes)
    protected = is_csrf_protected(use.pattern_path[-1].callback)
    return somebody and not protected and not admits_anybody(use.policy)


def check_updates(surveyed: Iterable[tuple[PatternPath, RoutePolicies]]) -> Iterator[CheckMessage]:
    """Ask about a viewset that denies ``update()``, which ``partial_update()`` calls all the same.

    Where PATCH has a declaration of its own, somebody thought of it.
    """
    found: dict[tuple[str, str], list[PatternPath]] = {}
    for pattern_path, route_policies in surveyed:
        handlers = inspect_view(pattern_path[-1].callback).handlers or {}
        if (handlers.get("PUT"), handlers.get("PATCH")) != ("update", "partial_update"):
            continue
        put, patch = route_policies.effective("PUT"), route_policies.effective("PATCH")
        named = any(getattr(layer, "name", "") == "handler" for layer in patch.counting_layers)
        if put.denied and put.counting_layers[0].name == "handler" and patch.policies and not named:
            view_class = inspect_view(pattern_path[-1].callback).view_class
            stock = getattr(view_class, "partial_update", None)
            if view_class and getattr(stock, "__module__", "") == "rest_framework.mixins":
                key = (str(put.counting_layers[0].declaration.place), view_class.__qualname__)
                found.setdefault(key, []).append(pattern_path)
    for (place, name), pattern_paths in found.items():
        yield Info(
            f"PUT at {routes_named(pattern_paths)} is denied, by the cors_deny for update() of "
            f"{name} declared at {place}, but PATCH is not: partial_update() of Django REST "
            "framework calls update().",
            hint='Deny both: cors_action_policies = {"update": cors_deny, "partial_update": '
            'cors_deny}. If pages may send PATCH, give "partial_update" a policy of its own.',
            id="cors_views.I055",
        )
