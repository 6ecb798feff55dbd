"""What is compiled from settings is kept until they change, which happens in tests alone."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.signals import setting_changed

F = TypeVar("F", bound=Callable[..., Any])

#: Settings outside of ``CORS_*`` that something is made from: most of them decide which view
#: answers a URL.
_OTHERS = frozenset(
    {
        "APPEND_SLASH",
        "DEFAULT_CHARSET",
        "INSTALLED_APPS",
        "LANGUAGES",
        "LANGUAGE_CODE",
        "MIDDLEWARE",
        "ROOT_URLCONF",
        "USE_I18N",
    }
)
#: What forgets something that was compiled.
_forgetting: list[Callable[[], None]] = []


def forget_on_change(forget: Callable[[], None]) -> None:
    """Call ``forget`` when settings change that decide which policy governs a request."""
    _forgetting.append(forget)


def keep(compile_: F) -> F:
    """Call a function once for each of its arguments, until settings change."""

    @functools.cache
    def kept(*args: Any) -> Any:
        _watch()
        return compile_(*args)

    forget_on_change(kept.cache_clear)
    return cast("F", functools.wraps(compile_)(kept))


def _forget() -> None:
    for forget in _forgetting:
        forget()


def _setting_changed(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith("CORS_") or setting in _OTHERS:
        _forget()


setting_changed.connect(_setting_changed, dispatch_uid="cors_views.conf.settings_cache")


#: What Django has kept of the settings that were read before, by name. To ask the settings
#: themselves takes a third of all that CORS adds to a request.
VALUES_READ: dict[str, Any] = settings.__dict__


class _Watch:
    """Stays where Django keeps the values of settings that were read, until it drops them."""


def _watch() -> None:
    """Forget when other settings take over, such as those of ``override_settings()``.

    Of a setting that is deleted within, as Django documents, no signal is sent, neither then nor
    when it is back. But Django empties the ``__dict__`` of its settings whenever it exchanges them.
    """
    held = settings.__dict__
    if "_cors_views_watch" not in held:
        watch = held["_cors_views_watch"] = _Watch()
        weakref.finalize(watch, _forget).atexit = False
