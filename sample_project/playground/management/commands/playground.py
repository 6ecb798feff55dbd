from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.servers.basehttp import (
    ThreadedWSGIServer,
    WSGIRequestHandler,
    get_internal_wsgi_application,
)

from playground.calls import CALLS, Call
from playground.sites import SITES, PageServer, Site
from playground.sockets import SOCKETS
from shopsite import origins

# Loopback only: this is a demonstration, with its password in the source.
ADDRESS = "127.0.0.1"

Bound = TypeVar("Bound")


class Command(BaseCommand):
    help = (
        "Start the shop's API and three pages that call it: its own front end, a partner's site "
        "and a stranger's. Creates and fills the database first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=origins.PORT,
            help="Port of the API; the pages take the next three. Default: %(default)s.",
        )
        parser.add_argument(
            "--wsgi",
            action="store_true",
            help="Serve the API as WSGI, with Django's own server: without WebSockets.",
        )

    def handle(self, *args: Any, port: int, wsgi: bool, **options: Any) -> None:
        if port != origins.PORT:
            # Started without manage.py, which tells the settings in time.
            raise CommandError(
                f"The settings name the origins of port {origins.PORT}. Write "
                f"PLAYGROUND_PORT={port} into the environment, or start me with manage.py."
            )
        with ExitStack() as stack:
            # Ports first: nothing is worth doing while one of them is taken.
            serve_api = self._wsgi_server(stack) if wsgi else self._asgi_server(stack)
            calls = CALLS if wsgi else (*CALLS, *SOCKETS)
            pages = [
                stack.enter_context(self._page_server(port + offset, site, calls))
                for offset, site in enumerate(SITES, start=1)
            ]
            call_command("migrate", interactive=False, verbosity=0)
            call_command("seed_shop", verbosity=0)
            self._welcome("Django's own server (WSGI)" if wsgi else "uvicorn (ASGI)", len(calls))
            self._serve(serve_api, pages)

    def _wsgi_server(self, stack: ExitStack) -> Callable[[], None]:
        server = stack.enter_context(
            bind(
                origins.PORT,
                lambda: ThreadedWSGIServer((ADDRESS, origins.PORT), WSGIRequestHandler),
            )
        )

        def serve() -> None:
            server.set_app(StaticFilesHandler(get_internal_wsgi_application()))
            server.serve_forever()

        return serve

    def _asgi_server(self, stack: ExitStack) -> Callable[[], None]:
        try:
            import channels  # noqa: F401
            import uvicorn
            import websockets  # noqa: F401
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error.name} is not installed: pip install -r requirements/demo.txt, or start me "
                "with --wsgi, without WebSockets."
            ) from error
        listening = stack.enter_context(
            bind(origins.PORT, lambda: socket.create_server((ADDRESS, origins.PORT)))
        )
        config = uvicorn.Config(
            "playground.asgi:application",
            lifespan="off",
            log_config=None,  # the settings' LOGGING
            timeout_graceful_shutdown=3,
        )
        return lambda: uvicorn.Server(config).run(sockets=[listening])

    def _page_server(self, port: int, site: Site, calls: Sequence[Call]) -> PageServer:
        return bind(port, lambda: PageServer((ADDRESS, port), site, calls))

    def _welcome(self, server: str, calls: int) -> None:
        self.stdout.write()
        self.stdout.write(self.style.MIGRATE_HEADING("  cors_views playground"))
        self.stdout.write(f"  {calls} calls to one API, from three origins\n\n")
        for site in SITES:
            self.stdout.write(f"  {site.title:26} {self.style.SUCCESS(site.origin + '/')}")
        self.stdout.write(f"\n  {'The API':26} {origins.API}/api/products/")
        self.stdout.write(f"  {'':26} served by {server}")
        self.stdout.write(f"  {'The admin':26} {origins.API}/admin/\n\n")
        if settings.DEBUG:
            self.stdout.write("  In the Network tab, X-Cors-Views says why an answer was refused.")
        self.stdout.write("  Stop with Ctrl-C. Below: each request, and why it was refused.\n\n")
        self.stdout.flush()

    def _serve(self, serve_api: Callable[[], None], pages: list[PageServer]) -> None:
        # A supervisor's SIGTERM ends this as cleanly as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        for page in pages:
            threading.Thread(target=page.serve_forever, daemon=True).start()
        try:
            serve_api()
        except KeyboardInterrupt:
            self.stdout.write("\n  Stopped.")
        finally:
            for page in pages:
                page.shutdown()


def bind(port: int, make: Callable[[], Bound]) -> Bound:
    """Return what ``make`` binds to ``port``, or say in one line what to do instead."""
    try:
        return make()
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CommandError(
            f"Port {port} is not free ({os.strerror(error.errno).lower()}). The playground takes "
            f"{origins.PORT} to {origins.PORT + len(SITES)}; choose others, such as "
            "manage.py playground --port 8100"
        ) from error
