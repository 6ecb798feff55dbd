"""What a class declares by attributes: ``cors_policy`` and ``cors_action_policies``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cors_views.declarations.marks import AppliedDeclaration, Declarable, note
from cors_views.support.source_places import Place, caller_in


# See ``rest_framework.CorsMixin``, which has no docstring either.
class DeclaresCors:
    #: Where the class stands; decorators have a place of their own, these attributes have not.
    _cors_views_place: Place | None = None
    # None for who reads it; nobody may write that, so it is not of the type.
    cors_policy: Declarable = None  # type: ignore[assignment]
    cors_action_policies: Mapping[str, Declarable] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._cors_views_place = caller_in(cls.__module__)
        if sets(cls, "cors_policy"):
            note(*attribute_of(cls, "cors_policy"))
        entries = entries_of(cls)
        if entries is None:
            note(*attribute_of(cls, "cors_action_policies"))
        for name in entries or ():
            note(*attribute_of(cls, f"cors_action_policies[{name!r}]"))


def sets(owner: type, attribute: str) -> bool:
    """Return whether a class itself sets one of these attributes, be it to ``None``."""
    return owner is not DeclaresCors and attribute in vars(owner)


def entries_of(owner: type) -> Mapping[Any, Any] | None:
    """Return the ``cors_action_policies`` that a class itself sets; ``None`` if not a dict."""
    entries = vars(owner)["cors_action_policies"] if sets(owner, "cors_action_policies") else {}
    return entries if isinstance(entries, Mapping) else None


def attribute_of(owner: type, attribute: str) -> AppliedDeclaration:
    """Return what is noted of a declaration that is an attribute of a class."""
    target = f"{owner.__module__}.{owner.__qualname__}.{attribute}"
    return AppliedDeclaration(class_place(owner), target, f"{attribute} of {owner.__qualname__}")


def class_place(owner: type) -> Place:
    """Return where a class that reads these attributes stands."""
    return owner.__dict__.get("_cors_views_place") or Place(owner.__module__, 0)
