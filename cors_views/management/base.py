"""What the commands share: arguments, and how bad ones are refused."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, cast

from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import URLResolver, get_resolver
from django.utils.translation import get_language, get_supported_language_variant

from cors_views.browsing.pages import page_origin
from cors_views.support.escaping import quoted
from cors_views.support.memory import remembering

#: Exit statuses: as grep has them, 1 is an answer, and 2 a mistake of whoever asks.
REFUSED, BAD_INPUT = 1, 2


def bad_input(message: Any) -> CommandError:
    """Return the error for what nobody can answer: one line on stderr, exit status 2."""
    return CommandError(" ".join(str(message).split()), returncode=BAD_INPUT)


#: Why a file cannot be read.
_WHY: dict[type[Exception], str] = {
    FileNotFoundError: "does not exist",
    IsADirectoryError: "is a directory",
    PermissionError: "may not be read by this user",
}


def unreadable(file: str, error: Exception, remedy: str) -> str:
    """Return why a file cannot be read, and what to do."""
    why = next((text for kind, text in _WHY.items() if isinstance(error, kind)), "cannot be read")
    return f"{quoted(file)} {why}. {remedy}"


class CorsCommand(BaseCommand):
    """A command that refuses bad input in one line, without usage and without a traceback."""

    # What is broken is what the commands are asked about.
    requires_system_checks: list[Any] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser of the arguments, which names a mistake and where to read on."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:
            if parser.called_from_command_line:
                parser.exit(BAD_INPUT, f"{parser.prog}: {message} (see --help)\n")
            raise bad_input(message)

        parser.error = error  # type: ignore[method-assign]
        # Options may stand between the arguments, also where some of these may be left out.
        parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run; colour is for terminals, or for those who ask for it."""
        self._forced = options["force_color"]
        # There is none after ``>&-`` of a shell.
        self._is_read = sys.stdout is not None or options.get("stdout") is not None
        try:
            with remembering(), _not_collecting():
                # A refusal leads through the whole site several times, and nothing of it changes.
                return super().execute(*args, **options)
        finally:
            self._output(lambda: self.stdout.flush())

    def width(self, narrowest: int) -> int | None:
        """Return the width of the terminal; ``None`` where the output goes elsewhere."""
        if not self.stdout.isatty():
            return None
        return max(shutil.get_terminal_size().columns, narrowest)

    def tell(self, text: str) -> None:
        """Print, as long as somebody reads: ``| head`` changes no exit status."""
        self._output(lambda: self.stdout.write(text))

    def _output(self, write: Callable[[], None]) -> None:
        if not self._is_read:
            return
        try:
            write()
        except OSError as error:
            self._is_read = False
            if getattr(self.stdout, "_out", None) is sys.stdout:
                # Python itself writes what is left when it ends, and would complain.
                with contextlib.suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                raise bad_input(f"The output cannot be written: {error.strerror}.") from error

    def paint(self, text: str, style: str) -> str:
        """Return a text in one of Django's styles, where colour is wanted."""
        # Django's style follows sys.stdout, which is not where a caller's output goes.
        if not style or not (self._forced or self.stdout.isatty()):
            return text
        return str(getattr(self.style, style)(text))


@contextlib.contextmanager
def _not_collecting() -> Iterator[None]:
    """Keep the garbage collector from looking, until the block ends, at what is made in it.

    Of what is made for a large site nearly nothing is garbage, and to find that out again and again
    takes a third of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def origin_of(text: str) -> str:
    """Return the origin of a page as a browser sends it, or raise with what to write instead."""
    try:
        return page_origin(text)
    except ValueError as error:
        raise bad_input(f"{error}.") from error


def language_of_routes(resolver: URLResolver) -> str | None:
    """Return the language in which the routes of a URLconf are what Django matches.

    With ``LANGUAGE_CODE = "en-us"`` and no such entry in ``LANGUAGES``, i18n_patterns match "en/".
    """
    language = get_language()
    prefixed, default_too = is_language_prefix_patterns_used(cast("Any", resolver.urlconf_name))
    if not (prefixed and default_too):
        return language
    try:
        return get_supported_language_variant(language)
    except LookupError:
        # No language at all, or none that the site has.
        return language


def resolver_of(urlconf: str | None) -> URLResolver:
    """Return the resolver of a URLconf with all its includes, or raise with what breaks it."""
    resolver = get_resolver(urlconf)
    try:
        _read(resolver)
    except Exception as error:
        name = resolver.urlconf_name
        raise bad_input(
            f"The URLconf {name!r} cannot be read: {type(error).__name__}: {error}"
        ) from error
    return resolver


def _read(resolver: URLResolver) -> None:
    """Import a URLconf and whatever it includes, and raise what that raises."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            _read(pattern)
