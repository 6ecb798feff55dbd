#!/usr/bin/env python
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def take_port_before_settings(argv: list[str]) -> None:
    """Hand ``playground --port`` to the settings, which name four origins by it.

    Django reads the settings before it parses a command's options, so the option is looked at
    here. What is no number is left to the command, which complains about it properly.
    """
    if argv[1:2] != ["playground"]:
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--port")
    try:
        options, _ = parser.parse_known_args(argv[2:])
    except argparse.ArgumentError:  # "--port" without a value
        return
    if options.port is not None and options.port.isdecimal():
        os.environ["PLAYGROUND_PORT"] = options.port


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopsite.settings.development")
    take_port_before_settings(sys.argv)
    try:
        import cors_views  # noqa: F401
    except ModuleNotFoundError:
        # A checkout that nobody has installed: the library is next door.
        sys.path.append(str(Path(__file__).resolve().parent.parent))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
