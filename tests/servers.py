"""Programs that tests start in front of a site or behind one: nginx, gunicorn, servers of ASGI."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.project import wait_for

ROOT = Path(__file__).resolve().parent.parent
#: How each server of ASGI is told its port and its site.
ASGI_SERVERS = {
    "uvicorn": ["-m", "uvicorn", "--lifespan=off", "--port={port}", "{site}"],
    "daphne": ["-m", "daphne", "--port={port}", "{site}"],
    "hypercorn": ["-m", "hypercorn", "--bind=127.0.0.1:{port}", "{site}"],
    "granian": ["-m", "granian", "--interface=asginl", "--port={port}", "{site}"],
}
#: Who speaks WebSocket for uvicorn.
_BESIDE = {"uvicorn": ("websockets", "wsproto")}

ROOT = Path(__file__).resolve().parent.parent


def find(program: str) -> str:
    """Return the path of a program; where there is none, say what is not tested."""
    # Debian keeps nginx where only root looks.
    found = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if found is None and os.environ.get("REQUIRE_NGINX"):
        pytest.fail(f"REQUIRE_NGINX is set, and there is no {program}")
    if found is None:
        pytest.skip(f"the deployment is tested where there is {program}")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def free_ports(number: int) -> list[int]:
    """Return several ports, none of them twice."""
    with contextlib.ExitStack() as held:
        return [
            int(held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
            for _ in range(number)
        ]


def free_ports_in_a_row(number: int) -> int:
    """Return the first of several ports, as the playground of the sample project takes them."""
    # Below those that the system hands out, so that no other test is given one of them meanwhile.
    for first in random.sample(range(20_000, 32_000, number), 100):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + number):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    pytest.fail(f"There are no {number} free ports in a row.")


def framed(folder: Path, text: str) -> str:
    """Return a configuration that nginx takes: what a server block needs around it."""
    own = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Its workers would be of a user who may not look into pytest's folders.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{own}{text}}}\n"
    )


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path, env: dict[str, str]) -> Iterator[None]:
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
        try:
            wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextlib.contextmanager
def deployed(port: int, folder: Path) -> Iterator[None]:
    """Serve ``tests.sites.deployed`` with gunicorn."""
    command = [sys.executable, "-m", "gunicorn", "--workers=1", "--threads=4"]
    command += [f"--bind=127.0.0.1:{port}", "django.core.wsgi:get_wsgi_application()"]
    # gunicorn keeps a socket below HOME.
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.sites.deployed",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }
    with running(command, port, folder, env):
        yield


@contextlib.contextmanager
def nginx(text: str, port: int, folder: Path) -> Iterator[None]:
    """Run nginx with these server blocks, one of which has to listen at the port."""
    (folder / "nginx.conf").write_text(framed(folder, text))
    command = [find("nginx"), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder, dict(os.environ)):
        yield


class AsgiServers:
    """Sites under each server, started when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports: dict[tuple[str, str], int] = {}
        self._running = contextlib.ExitStack()

    def port_of(self, server: str, site: str = "beside", *packages: str) -> int:
        """Return where a site listens that is a module of ``tests/sites``, and wants packages."""
        for package in (server, *(packages or ("channels", "starlette"))):
            pytest.importorskip(package, reason=f"{server} is tried with {package}")
        if not any(map(find_spec, _BESIDE.get(server, (server,)))):
            pytest.skip("uvicorn speaks WebSocket where websockets or wsproto is installed")
        if (server, site) not in self._ports:
            self._ports[server, site] = self._start(server, site)
        return self._ports[server, site]

    def _start(self, server: str, site: str) -> int:
        port, folder = free_port(), self._folder / f"{server}-{site}"
        folder.mkdir()
        named = {"port": port, "site": f"tests.sites.{site}:application"}
        command = [part.format(**named) for part in ASGI_SERVERS[server]]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._running.enter_context(running([sys.executable, *command], port, folder, env))
        return port

    def stop(self) -> None:
        self._running.close()
