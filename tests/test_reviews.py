"""What docs/reviews.rst says of logs: nginx and gunicorn write what ``--replay`` reads."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from tests.management.commands import run
from tests.samples import ROOT, samples
from tests.samples.shell import COMMANDS
from tests.servers import find, framed, free_port, running
from tests.sites import PAGE, PARTNER

pytest.importorskip("gunicorn", reason="gunicorn writes one of the logs")

PAGE_OF_THE_DOCS = ROOT / "docs" / "reviews.rst"
(NGINX,) = (one.code for one in samples(PAGE_OF_THE_DOCS) if one.language == "nginx")
(GUNICORN,) = (one for one in COMMANDS if one.words[0] == "gunicorn" and "cors.log" in one.line)
STRANGER = "https://stranger.example"


def request(method: str, target: bytes, **headers: str | bytes) -> bytes:
    """Return a request as it goes over the wire, be it one that no client would write."""
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Connection: close"]
    for name, value in headers.items():
        text = value if isinstance(value, bytes) else value.encode()
        lines.append(name.replace("_", "-").encode() + b": " + text)
    return b"\r\n".join([*lines, b"", b""])


def send(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        answer = b""
        while more := connection.recv(65536):
            answer += more
        return answer


HOST = {"Host": "api.example"}
PREFLIGHT = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "x-a"}
SENT = [
    request("GET", b"/orders/", Origin=PAGE, **HOST),
    request("GET", b"/orders/?token=%22", Origin=PARTNER, **HOST),
    request("GET", b"/f%C3%BCr-alle/", Origin=PAGE, **HOST),
    request("GET", b"/orders/", Origin=STRANGER, **HOST),
    request("GET", b"/orders/", Origin=STRANGER, **HOST),
    request("OPTIONS", b"/orders/", Origin=PAGE, **HOST, **PREFLIGHT),
    request("POST", b"/orders/", Origin="http://api.example", Content_Length="0", **HOST),
    request("GET", b"/orders/", **HOST),
    # What strangers may think of, which must not keep anybody from reading the rest.
    request("GET", b"/%ff%0a%22%5c/", Origin='x"y', **HOST),
    request("GET", b"/", Origin="\\", **HOST),
    request("GET", b"/", Origin=b"\xff\xfe", **HOST),
]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Send the requests through nginx to gunicorn, which both write a log as the page says."""
    nginx = find("nginx")
    folder = tmp_path_factory.mktemp("logs")
    logs = {"nginx": folder / "nginx-cors.log", "gunicorn": folder / "gunicorn-cors.log"}
    ports = free_port(), free_port()
    passed = f"proxy_pass http://127.0.0.1:{ports[1]}; proxy_set_header Host $http_host;"
    text = NGINX.replace("/var/log/nginx/cors.log", str(logs["nginx"])).replace(
        "server {", f"server {{ listen 127.0.0.1:{ports[0]}; location / {{ {passed} }}"
    )
    (folder / "nginx.conf").write_text(framed(folder, text))
    given = [
        {
            "shopsite.wsgi:application": "django.core.wsgi:get_wsgi_application()",
            "/var/log/gunicorn/cors.log": str(logs["gunicorn"]),
        }.get(word, word)
        for word in GUNICORN.words
    ]
    command = [sys.executable, "-m", *given, f"--bind=127.0.0.1:{ports[1]}"]
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.sites.deployed",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
    }
    with (
        running(command, ports[1], folder, env),
        running([nginx, "-c", str(folder / "nginx.conf")], ports[0], folder, dict(os.environ)),
    ):
        for sent in SENT:
            assert send(ports[0], sent).startswith(b"HTTP/1.1 ")
        _wait_for_lines(logs["gunicorn"])
        yield logs


def _wait_for_lines(log: Path) -> None:
    """gunicorn writes a line when it has answered, which the client may see before."""
    for _ in range(200):
        if log.exists() and len(log.read_bytes().splitlines()) >= len(SENT):
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("server", "without_origin", "bad_lines"),
    [
        # Its log has no line without an Origin, and each line is JSON, if not in UTF-8.
        pytest.param("nginx", 0, 1, id="nginx"),
        pytest.param("gunicorn", 1, 1, id="gunicorn"),
    ],
)
def test_what_the_servers_write_is_read(
    logs: dict[str, Path], server: str, without_origin: int, bad_lines: int
) -> None:
    with override_settings(ROOT_URLCONF="tests.sites.deployed"):
        done = run("cors_policies", f"--replay={logs[server]}", "--skip-bad-lines", "--format=json")

    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    refusals = {
        (each["origin"], *each["methods"], each["path"]): each for each in found["refusals"]
    }
    assert found["admitted"] == 2
    assert {key: each["requests"] for key, each in refusals.items()} == {
        (STRANGER, "GET", "/orders/"): 2,
        (PAGE, "PUT", "/orders/"): 1,
        (PAGE, "GET", "/für-alle/"): 1,
    }
    assert refusals[PAGE, "PUT", "/orders/"]["missing"] == ["x-a"]
    assert found["not_judged"]["without_origin"] == without_origin
    assert found["not_judged"]["same_origin"] == 1
    assert found["not_judged"]["bad_lines"] == bad_lines


def test_the_log_of_nginx_needs_no_help_but_for_bytes_that_are_no_text(
    logs: dict[str, Path],
) -> None:
    lines = logs["nginx"].read_bytes().splitlines()

    assert len(lines) == len([sent for sent in SENT if b"\r\nOrigin:" in sent])
    for line in lines:
        assert json.loads(line.decode("utf-8", "replace"))["host"] == "api.example"
