"""System checks: what is wrong with settings and declarations, and what to write instead.

Each is imported when it runs: a server that starts never runs any.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

logger = logging.getLogger("cors_views")

#: This and ``is_sequence`` are names of ``corsheaders.checks``, for code that moves over.
re_type = re.Pattern


def is_sequence(thing: Any, type_or_types: type[Any] | tuple[type[Any], ...]) -> bool:
    """Return whether something is a sequence, and all that is in it is of certain types."""
    return isinstance(thing, Sequence) and all(isinstance(each, type_or_types) for each in thing)


def register_checks() -> None:
    """Register every check under the tags of Django that it belongs to."""
    # Functions of the module, not made here: Django knows by them what is registered already.
    register(Tags.security)(check_settings)
    register(Tags.security)(check_middleware)
    register(Tags.security, Tags.urls)(check_declarations)
    register(Tags.security, Tags.urls, deploy=True)(check_public_views)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check the ``CORS_*`` settings."""
    from cors_views.checks import settings

    return _found_by(settings.check_settings, kwargs)


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """Check where the middleware stands."""
    from cors_views.checks import middleware

    return _found_by(middleware.check_middleware, kwargs)


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Check what the declarations make together, and the policies that routes get."""
    from cors_views.checks import every_check

    return _found_by(every_check.check_declarations, kwargs)


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Check, before production, what any origin may use."""
    from cors_views.checks import every_check

    return _found_by(every_check.check_public_views, kwargs)


def _found_by(
    check: Callable[..., list[CheckMessage]], kwargs: dict[str, Any]
) -> list[CheckMessage]:
    """Run a check. A project that it stumbles over still gets the others, and its commands."""
    from cors_views.support.memory import remembering

    try:
        with remembering():
            return check(**kwargs)
    except Exception as error:
        name = f"{check.__module__}.{check.__name__}"
        logger.exception("%s failed.", name)
        return [
            Warning(
                f"The check {name} crashed with {type(error).__name__}, and was skipped.",
                hint="The log has the traceback: correct the setting or URLconf that it names.",
                id="cors_views.W004",
            )
        ]
