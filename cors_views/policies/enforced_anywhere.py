"""Whether any policy of the process refuses on the server, which each request has to know."""

from __future__ import annotations

import threading
from typing import Literal

#: What the field ``enforce`` may hold.
Enforce = bool | Literal["report"]


class _Enforcing:
    """What is known of it. Where nothing enforces, a request is to pay for one look at this.

    ``declared`` says whether a declaration enforces. ``possible`` says whether anything may: it is
    True until somebody has loaded the URLconf and looked, which ``settled`` says, and again when
    settings change.
    """

    __slots__ = ("_changing", "declared", "possible", "settled")

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self.declared = False
        self.look_again()

    def declare(self) -> None:
        """Remember that a policy was built that enforces."""
        with self._changing:
            self.declared = True
            self.possible = True

    def look_again(self) -> None:
        """Forget what was found out, because the settings have changed."""
        self.settled = False
        self.possible = True

    def settle(self, by_settings: bool) -> None:
        """Note what was found out; ``by_settings`` is whether a setting enforces."""
        # Another thread may import a view that declares it at this very moment, and requests beside
        # this one read it: it must not be False in between.
        with self._changing:
            self.settled = True
            self.possible = by_settings or self.declared


ENFORCING = _Enforcing()


def strictest(values: tuple[Enforce | None, ...]) -> Enforce:
    """Return what several policies of one declaration do to an origin that none of them admits."""
    return True if True in values else "report" if "report" in values else False
