"""What ``cors_include`` leaves in the URLconf, and ``resolution`` finds there."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from cors_views.declarations.marks import Declaration, note

#: What the name of each begins with.
INCLUDE_OF = "cors_include of "


class IncludedURLconf:
    """An included URLconf and the policy over it, as ``URLResolver.urlconf_name`` keeps it.

    It stands for its module in everything else, so ``urlpatterns`` and error handlers are found.
    """

    def __init__(self, urlconf: Any, declaration: Declaration) -> None:
        self.urlconf = urlconf
        self.cors_declaration = declaration
        self.cors_applied = note(declaration.place, repr(self))

    @property
    def urlpatterns(self) -> Any:
        return getattr(self.urlconf, "urlpatterns", self.urlconf)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.urlconf, name)

    def __repr__(self) -> str:
        if isinstance(self.urlconf, ModuleType):
            return f"{INCLUDE_OF}{self.urlconf.__name__}"
        return f"{INCLUDE_OF}a list of patterns"
