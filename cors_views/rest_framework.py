"""``CorsMixin``: the policies of a Django REST framework view or viewset as class attributes.

.. code-block:: python

    class OrderViewSet(CorsMixin, ModelViewSet):
        cors_policy = CorsPolicy(origins=["https://app.example.com"], credentials=True)
        cors_action_policies = {"list": "public", "destroy": cors_deny}

``cors_policy``
    The policy of the class: a policy, a name of ``CORS_POLICIES``, a sequence of them, or
    ``cors_deny``. As an argument of ``as_view()`` or ``@action`` it is the policy of that URLconf
    entry.
``cors_action_policies``
    The policies of single actions, by name; in a view that is not a viewset, of its handlers.
    The entries of a class are added to those that it inherits.

``as_view()`` raises ``ImproperlyConfigured`` for an invalid policy and for an unknown action.
Nothing is checked before that, so an abstract mixin may name actions that its subclasses define.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.decorators import classonlymethod
from django.views.generic import base

from cors_views.declarations.attributes import (
    DeclaresCors,
    attribute_of,
    class_place,
    entries_of,
    sets,
)
from cors_views.declarations.declaring import declare_value
from cors_views.declarations.marks import Declarable, note
from cors_views.support.close_matches import close_matches
from cors_views.support.source_places import Place, caller, with_filename

try:
    from rest_framework import generics, mixins, views, viewsets
except ModuleNotFoundError as error:
    if error.name != "rest_framework":
        # It is there, and fails by itself: an old release of it on a new Django does.
        raise
    raise ImportError(
        "cors_views.rest_framework needs Django REST framework. Install it with "
        "pip install djangorestframework, or use cors_allow, which does not need it."
    ) from error

__all__ = ["CorsMixin", "Declarable"]

#: What these define is no action, but for those that a router knows by name.
_FRAMEWORK = {module.__name__ for module in (base, generics, mixins, views, viewsets)}
_ROUTED_ACTIONS = {"list", "create", "retrieve", "update", "partial_update", "destroy"}


# Without a docstring: who describes an API by the first one along the MRO would publish it as that
# of each view. Its text is that of the module.
class CorsMixin(DeclaresCors):
    @classonlymethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:
        """Check the policies, then return what the view class returns."""
        if "cors_action_policies" in initkwargs:
            message = (
                f"{cls.__qualname__}.as_view() takes no cors_action_policies. Write them on the "
                "class, or decorate the actions."
            )
            raise with_filename(caller(), ImproperlyConfigured(message))
        _check(cls)
        if "cors_policy" in initkwargs:
            written = f"{cls.__qualname__}.as_view(cors_policy=...)"
            declare_value(initkwargs["cors_policy"], _call_place(cls), written)
            note(*attribute_of(cls, "as_view(cors_policy)"))
        return super().as_view(*args, **initkwargs)  # type: ignore[misc]


def _check(view_class: type[DeclaresCors]) -> None:
    for owner in view_class.__mro__:
        place, name = class_place(owner), owner.__qualname__
        if sets(owner, "cors_policy"):
            declare_value(vars(owner)["cors_policy"], place, f"{name}.cors_policy")
        policies = entries_of(owner)
        if policies is None:
            value = vars(owner)["cors_action_policies"]
            message = (
                f"{name}.cors_action_policies at {place} is {value!r}, not a dict of policies "
                'by action. Write cors_action_policies = {"list": "public"}.'
            )
            raise with_filename(place, ImproperlyConfigured(message))
        for action, value in policies.items():
            _check_action(view_class, owner, action)
            declare_value(value, place, f"{name}.cors_action_policies[{action!r}]")


def _call_place(view_class: type) -> Place:
    """Return where ``as_view()`` is called; the class, where a router calls it."""
    place = caller()
    by_router = Path(place.file).is_relative_to(Path(views.__file__).parent)
    return class_place(view_class) if by_router else place


def _check_action(view_class: type, owner: type, action: Any) -> None:
    known = sorted(_actions(view_class))
    if action in known:
        return
    hint = close_matches(str(action), known) or f"It has {', '.join(known)}."
    place = class_place(owner)
    message = (
        f"{owner.__qualname__}.cors_action_policies at {place} names {action!r}, but "
        f"{view_class.__qualname__} has no such action. {hint}"
    )
    raise with_filename(place, ImproperlyConfigured(message))


def _actions(view_class: type) -> Iterator[str]:
    """Yield the names under which the class can serve a request."""
    viewset = issubclass(view_class, viewsets.ViewSetMixin)
    methods = getattr(view_class, "http_method_names", ())
    for name in dir(view_class):
        if name.startswith("_") or not callable(getattr(view_class, name, None)):
            continue
        owner = next(owner for owner in view_class.__mro__ if name in vars(owner))
        own = owner.__module__ not in _FRAMEWORK and owner is not CorsMixin
        if (own or name in _ROUTED_ACTIONS) if viewset else name in methods:
            yield name
