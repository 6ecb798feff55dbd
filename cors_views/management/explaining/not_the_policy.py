"""What is wrong with the view itself, before any policy is: a method it lacks, a lost mark."""

from __future__ import annotations

from django.apps import apps

from cors_views.inspection.policies_in_use import listed
from cors_views.management.explaining import source_code
from cors_views.management.explaining.advice_wording import Edit, Tell, place
from cors_views.management.explaining.lost_declarations import Lost, lost_by
from cors_views.management.explaining.what_to_write import Case
from cors_views.management.explaining.where_to_write import Spot, Unit, closes_whole, for_new
from cors_views.management.overview.rows import in_order
from cors_views.management.overview.view_names import is_installed
from cors_views.policies.origin_sets import OriginSet
from cors_views.protocol.reasons import Reason
from cors_views.resolution.layer_order import handler_layers
from cors_views.resolution.wrapped_views import served_methods


def unserved(case: Case) -> Edit | None:
    """Return what to do where the view does not serve the method at all."""
    method, unit = case.page.method, case.unit
    served = served_methods(case.pattern_path[-1].callback)
    if served is None or method in served or method == "OPTIONS":
        return None
    names = ", ".join(in_order(served))
    if not _takes_handlers(case) or closes_whole(unit, case.spot.layer):
        return Tell(f"{unit.view}: it serves no {method}, but {names}.")
    new = Unit(case.pattern_path, unit.holder, method.lower(), frozenset({method}))
    case = case.at(new, for_new(new))
    # Nobody else has asked for what was not there.
    return case.declare(case.for_page(), note=f"Today it serves {names}.")


def _takes_handlers(case: Case) -> bool:
    """Return whether a method that is added to the class would be served."""
    view_class, callback = case.view.view_class, case.pattern_path[-1].callback
    names = getattr(view_class, "http_method_names", ())
    allowed = case.view.initkwargs.get("http_method_names", names)
    own = case.unit.holder is view_class and not is_installed(case.pattern_path)
    return own and not hasattr(callback, "actions") and case.page.method.lower() in allowed


def closed_whole(case: Case) -> Edit | None:
    """Return what to do where a deny around a class hides what its handlers declare themselves."""
    layer = case.spot.layer
    if layer is None or not closes_whole(case.unit, layer):
        return None
    # What stands there instead would count for no handler that declares something, and open these.
    own, handlers = handler_layers(case.view), case.view.handlers or {}
    hidden = sorted({handlers[method] for method in own if own[method]})
    if not hidden:
        return None
    method = case.page.method
    return Tell(
        f"{place(layer)}: the cors_deny there closes the whole route, and without it what "
        f"{listed(hidden)} of the class declares would count. Give {method} a route and a view of "
        "its own."
    )


def of_admin(case: Case) -> Edit | None:
    """Return what to do at the admin, which nobody opens for a page."""
    around = [getattr(each, "app_name", None) for each in case.pattern_path[:-1]]
    if "admin" not in around or not apps.is_installed("django.contrib.admin"):
        return None
    return Tell(
        f"nothing at {case.unit.view}: it belongs to Django's admin, which pages of other "
        "origins normally do not use. Write a view of your own that returns what the page "
        "needs, and declare that."
    )


#: What a declaration that is lost would have changed.
_WITHOUT_IT = (Reason.ORIGIN_NOT_ADMITTED, Reason.NOT_AN_ORIGIN, Reason.NO_POLICY)


def lost(case: Case) -> Edit | None:
    """Return how to rescue a declaration that would admit the page, but does not count."""
    if case.refusal.verdict.reason not in _WITHOUT_IT:
        return None
    for found in lost_by(case.unit):
        items = _admitting(found, case.page.origin)
        # Above the class it counts where nothing nearer names origins.
        if items and (case.effective.signal or not found.on_class):
            above = Spot("above", case.unit.view, case.unit)
            rescued = case.at(case.unit, above) if found.on_class else case
            return rescued.declare(*items, note=found.text)
    return None


def _admitting(found: Lost, origin: str) -> list[source_code.Item]:
    """Return the policies of a lost declaration as code, where they admit an origin."""
    policies = [] if found.declaration.deny else found.declaration.resolve()
    sets = [OriginSet(each.origins or (), each.origin_regexes or ()) for each in policies]
    if not any(each.admits(origin) for each in sets):
        return []
    return source_code.declared(found.declaration) or []
