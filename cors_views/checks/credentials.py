"""Checks of credentials beside what cannot have them: any origin, and the star of headers."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage, Warning

from cors_views import conf
from cors_views.inspection.policies_in_use import PolicyInUse
from cors_views.resolution import layer_order


def check_any_origin_with_credentials(use: PolicyInUse) -> Iterator[CheckMessage]:
    refining = (
        use.effective.counting_layers if use.effective.signal else use.effective.counting_layers[1:]
    )
    if not use.policy.any_origin or not use.effective.counting_layers:
        return
    wanted = [policy.credentials for layer in refining for policy in layer_order.policies_of(layer)]
    if use.effective.signal:
        wanted.append(conf.cors_settings().policy.credentials)
    if next((value for value in wanted if value is not None), False):
        yield Warning(
            f"The {use.sources['origins']} admits any origin, and the "
            f"{use.sources['credentials']} allows credentials{_brought_together(use)}. Both "
            "together are not possible, so the answer is '*' without credentials.",
            hint="Where you write credentials=True, name the origins that you trust with "
            "credentials.",
            id="cors_views.W020",
        )


def _brought_together(use: PolicyInUse) -> str:
    """Return which declaration is between two settings that only meet through it."""
    both = all(use.sources[field].startswith("setting") for field in ("origins", "credentials"))
    return f", combined by the {use.effective.counting_layers[0]}" if both else ""


def check_exposed_star(use: PolicyInUse) -> Iterator[CheckMessage]:
    if use.policy.credentials and "*" in (use.policy.expose_headers or ()):
        yield Warning(
            f"The {use.sources['expose_headers']} has expose_headers=['*'], and the "
            f"{use.sources['credentials']} allows credentials. With credentials browsers take "
            "the '*' literally, so no header is exposed.",
            hint="Name the headers to expose.",
            id="cors_views.W021",
        )
