"""``cors_explain --live`` against TLS as it goes wrong in life, with real certificates in nginx."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests import servers
from tests.certificates import AUTHORITY, FUTURE, PAST, Certificates
from tests.management.commands import Done, run
from tests.management.test_schemas import assert_valid
from tests.sites import PAGE

pytest.importorskip("gunicorn", reason="gunicorn serves the site that is asked")

HERE = "subjectAltName=IP:127.0.0.1"
SERVED = ("good", "leaf", "expired", "old-chain", "early", "elsewhere", "alone")


class Doors:
    """nginx, with a certificate at each port."""

    def __init__(self, ports: dict[str, int], certificates: Certificates) -> None:
        self.ports, self.certificates = ports, certificates

    def at(self, name: str, scheme: str = "https") -> str:
        return f"{scheme}://127.0.0.1:{self.ports[name]}"


def made(folder: Path) -> Certificates:
    """Make an authority, two below it, and what servers get of them."""
    certificates = Certificates(folder)
    # As little as an authority may have: browsers ask for no more.
    certificates.alone("root", AUTHORITY)
    certificates.alone("stranger", AUTHORITY)
    certificates.signed("between", AUTHORITY, by="root")
    certificates.signed("old-between", AUTHORITY, by="root", when=PAST)
    certificates.signed("good", HERE, by="between", chain="between")
    certificates.without_chain("leaf", "good")
    certificates.signed("expired", HERE, by="root", when=PAST)
    certificates.signed("old-chain", HERE, by="old-between", chain="old-between")
    certificates.signed("early", HERE, by="root", when=FUTURE)
    certificates.signed("elsewhere", "subjectAltName=DNS:shop.example", by="root")
    certificates.alone("alone", HERE)
    return certificates


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("tls")
    certificates = made(folder / "certificates")
    names = (*SERVED, "old-tls", "plain", "application")
    ports = dict(zip(names, servers.free_ports(len(names)), strict=True))
    passed = (
        f"location / {{ proxy_pass http://127.0.0.1:{ports['application']};"
        " proxy_set_header Host $http_host; }"
    )
    text = "".join(
        f"server {{ listen 127.0.0.1:{ports[name]} ssl; ssl_certificate {certificates.path(name)};"
        f" ssl_certificate_key {certificates.folder}/{name}.key; {passed} }}\n"
        for name in SERVED
    )
    text += (
        f"server {{ listen 127.0.0.1:{ports['old-tls']} ssl; ssl_protocols TLSv1.1;"
        f" ssl_certificate {certificates.path('good')};"
        f" ssl_certificate_key {certificates.folder}/good.key; }}\n"
    )
    text += f"server {{ listen 127.0.0.1:{ports['plain']}; {passed} }}\n"
    with (
        servers.deployed(ports["application"], folder),
        servers.nginx(text, ports["plain"], folder),
    ):
        yield Doors(ports, certificates)


@pytest.fixture(autouse=True)
def _the_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with override_settings(ROOT_URLCONF="tests.sites.deployed", ALLOWED_HOSTS=["127.0.0.1"]):
        yield


def ask(url: str, *more: str) -> Done:
    return run("cors_explain", PAGE, "GET", "/orders/", *more, "--live", url)


NETWORK_ERROR = (
    "A browser then sends nothing, and the page gets a network error, which Firefox calls a CORS "
    "error."
)
SOME = (
    "Some browsers know or fetch what is missing; others send nothing, and the page gets a network "
    "error."
)
NOWHERE = (
    "nothing leads from it to an authority that is known here "
    "(unable to get local issuer certificate)"
)
TRUST = (
    "Serve one of an authority that browsers know. Of an authority of your own, have the browsers "
    "trust it, and name its file for this command in SSL_CERT_FILE, a variable of the environment."
)
CHAIN = (
    "Serve the intermediate certificates with it (nginx: ssl_certificate names the full chain). If "
    "they are served, the authority is your own: have the browsers trust it, and name its file for "
    "this command in SSL_CERT_FILE, a variable of the environment."
)
RENEW = "Renew it with its chain, and have the server load both."
# (what is served, what is trusted), what is said, (the same, after somebody did what is advised)
CASES: dict[str, Any] = {
    "expired": (
        ("expired", "root"),
        f"certificate has expired. {NETWORK_ERROR} {RENEW}",
        ("good", "root"),
    ),
    "the intermediate has expired": (
        ("old-chain", "root"),
        f"certificate has expired. {NETWORK_ERROR} {RENEW}",
        ("good", "root"),
    ),
    "not yet valid": (
        ("early", "root"),
        (
            f"certificate is not yet valid. {NETWORK_ERROR} Correct the clock of this machine; if "
            "that is right, have the certificate issued anew."
        ),
        ("good", "root"),
    ),
    "the intermediate is missing": (
        ("leaf", "root"),
        f"{NOWHERE}. {SOME} {CHAIN}",
        ("good", "root"),
    ),
    "of an authority of one's own": (("good", ""), f"{NOWHERE}. {SOME} {CHAIN}", ("good", "root")),
    "self-signed": (
        ("alone", ""),
        f"self-signed certificate. {NETWORK_ERROR} {TRUST}",
        ("alone", "alone"),
    ),
    "self-signed, and another is trusted": (
        ("alone", "root"),
        f"self-signed certificate. {NETWORK_ERROR} {TRUST}",
        ("good", "root"),
    ),
    "for another host": (
        ("elsewhere", "root"),
        (
            f"IP address mismatch, certificate is not valid for '127.0.0.1'. {NETWORK_ERROR} Ask "
            "for a host that it names, or serve one that names 127.0.0.1."
        ),
        ("good", "root"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_with_a_certificate_and_what_to_do(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (served, trusted), told, obeyed = CASES[name]

    with monkeypatch.context() as environment:
        if trusted:
            environment.setenv("SSL_CERT_FILE", str(doors.certificates.path(trusted)))
        done = ask(doors.at(served))
        as_json = ask(doors.at(served), "--format=json")
    assert (done.status, done.err) == (1, "")
    assert "Refused, NO_ANSWER: " in done.out
    assert done.out.splitlines()[-1] == f"Why: The certificate of 127.0.0.1 is not trusted: {told}"
    document = assert_valid("cors_explain", as_json.out)
    assert (as_json.status, document["reason"]) == (1, "NO_ANSWER")
    assert f"Why: The certificate of 127.0.0.1 is not trusted: {told}" in document["notes"]

    served, trusted = obeyed
    monkeypatch.setenv("SSL_CERT_FILE", str(doors.certificates.path(trusted)))
    after = ask(doors.at(served))
    assert (after.status, after.out.splitlines()[-1]) == (
        0,
        "The deployed site answers as the code decides.",
    )


def test_a_host_that_a_certificate_names(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for a host that it names: the advice, where only the name in the URL was wrong."""
    monkeypatch.setenv("SSL_CERT_FILE", str(doors.certificates.path("root")))
    found = socket.getaddrinfo
    here = {"shop.example": "127.0.0.1", "www.shop.example": "127.0.0.1"}
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: found(here.get(host, host), *more, **named),
    )
    wrong, right = (f"https://{host}:{doors.ports['elsewhere']}" for host in reversed(here))

    with override_settings(ALLOWED_HOSTS=[".shop.example"]):
        before, after = ask(wrong), ask(right)

    assert "Hostname mismatch, certificate is not valid for 'www.shop.example'. " in before.out
    assert "Ask for a host that it names, or serve one that names www.shop.example." in before.out
    assert (before.status, after.status) == (1, 0)


# where, the scheme of the URL, what is said
NO_TLS: dict[str, Any] = {
    "https of a port of http": (
        "plain",
        "https",
        "does not speak TLS (WRONG_VERSION_NUMBER). Ask for it by http, or at the port that serves",
    ),
    "http of a port of https": (
        "good",
        "http",
        ". If that is its port for https, ask by https; otherwise its log says why.",
    ),
    "a server that knows only old TLS": (
        "old-tls",
        "https",
        (
            "speaks TLS, but refuses (TLSV1_ALERT_PROTOCOL_VERSION). Have it serve TLS 1.2 or 1.3 "
            "and a certificate for 127.0.0.1; its log says more."
        ),
    ),
}


@pytest.mark.parametrize("name", NO_TLS)
def test_there_is_no_tls(doors: Doors, name: str) -> None:
    door, scheme, told = NO_TLS[name]

    done = ask(doors.at(door, scheme))

    assert (done.status, done.err) == (1, "")
    assert told in done.out


def test_a_handshake_without_an_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = ask(f"https://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.3")

    assert done.status == 1
    assert "accepted the connection and did not answer within 0.3 seconds" in done.out
    assert "A firewall" not in done.out
