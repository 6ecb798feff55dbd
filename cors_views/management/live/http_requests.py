"""Requests over the network, with the standard library alone: what came back, or why nothing did.

Whoever answers may be anybody. Nothing is read of a body, there is an end to the headers (65,536
bytes each, 100 of them, by ``http.client``) and to the time that they take, and no redirect is
followed here.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from cors_views.browsing import NoAnswer, Received, Sent
from cors_views.support.escaping import escaped

_AGENT = "cors_views (manage.py cors_explain --live)"
#: OpenSSL's numbers (X509_V_ERR_*) for what is wrong with a certificate, and what helps.
_RENEW = "Renew it, and have the server load the new one."
_CHAIN = (
    "Serve the intermediate certificates with it (nginx: ssl_certificate names the full chain)."
)
_TRUST = (
    "Serve one of an authority that browsers know. Of an authority of your own, have the browsers "
    "trust it, and name its file for this command in the environment: SSL_CERT_FILE."
)
_CHANGES = {9: _RENEW, 10: _RENEW, 18: _TRUST, 19: _TRUST, 20: _CHAIN, 21: _CHAIN}
_WRONG_NAME = {62, 64}


class Deadline(NamedTuple):
    """How long one exchange may take, in seconds."""

    seconds: float

    @property
    def told(self) -> str:
        return f"{self.seconds:g} second{'' if self.seconds == 1 else 's'}"


def ask(sent: Sent, deadline: Deadline, cookie: str = "") -> Received | NoAnswer:
    """Send a request, and return what a browser would look at of the answer."""
    url = urlsplit(sent.url)
    # Its default context is that of HTTPSConnection: certificates and hosts are checked.
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(_address_of(url), url.port, timeout=deadline.seconds)
    expired = threading.Event()
    # The timeout of a socket begins again with each byte, and somebody may send one at a time.
    timer = threading.Timer(deadline.seconds, _break_off, [connection, expired])
    timer.daemon = True
    timer.start()
    connected = False
    try:
        with contextlib.closing(connection):
            connection.connect()
            connected = True
            received = _exchanged(connection, sent, cookie)
        if expired.is_set():
            # Broken off in the middle of the headers, which ends them.
            raise TimeoutError
        return received
    except UnicodeError:
        # Python puts each host into the form of DNS first, which knows no label so long.
        return NoAnswer(_unknown(connection.host))
    except (OSError, http.client.HTTPException) as error:
        there = f"{connection.host}:{connection.port}"
        if expired.is_set() or isinstance(error, TimeoutError):
            return NoAnswer(_too_slow(there, deadline, connected))
        return NoAnswer(_failed(error, connection.host, there))
    finally:
        timer.cancel()


def _address_of(url: SplitResult) -> str:
    """Return the host to connect to; names below localhost are this machine, as in browsers.

    RFC 6761 section 6.3. Not with https, where the certificate has to name the host of the URL.
    """
    host = url.hostname or ""
    return "localhost" if url.scheme == "http" and host.endswith(".localhost") else host


def _exchanged(connection: http.client.HTTPConnection, sent: Sent, cookie: str) -> Received:
    url = urlsplit(sent.url)
    headers = [*sent.headers, ("User-Agent", _AGENT), ("Connection", "close")]
    if sent.body is not None or sent.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(sent.body or b""))))
    if sent.credentials and cookie:
        headers.append(("Cookie", cookie))
    target = f"{url.path}?{url.query}" if url.query else url.path
    by_another_name = connection.host != url.hostname
    connection.putrequest(sent.method, target, skip_host=by_another_name, skip_accept_encoding=True)
    if by_another_name:
        connection.putheader("Host", url.netloc)
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    # A proxy that does not want so large a body says so, and closes before it is through.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(sent.body)
    response = connection.getresponse()
    with contextlib.closing(response):
        return Received(response.status, tuple(response.headers.items()))


def _break_off(connection: http.client.HTTPConnection, expired: threading.Event) -> None:
    expired.set()
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _too_slow(there: str, deadline: Deadline, connected: bool) -> str:
    if connected:
        return (
            f"{there} took the request and did not answer within {deadline.told}. Its proxy will "
            "give up with a 504 that has no CORS headers. Look at what keeps its workers busy, or "
            "wait longer with --timeout."
        )
    return (
        f"no connection to {there} within {deadline.told}. A firewall drops it, or nothing has "
        "that address: open the port, or correct the URL."
    )


def _failed(error: OSError | http.client.HTTPException, host: str, there: str) -> str:
    """Return what happened, and what to change."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, host)
    if isinstance(error, ssl.SSLError):
        return (
            f"{there} does not speak TLS as it should ({_said(error.reason or error)}). Ask for it "
            "by http, or at the port that serves https."
        )
    if isinstance(error, socket.gaierror):
        return _unknown(host)
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {there}. Start the server, or correct the port."
    if isinstance(error, (ConnectionError, http.client.RemoteDisconnected)):
        return (
            f"{there} closed the connection without an answer. If that is the port of https, ask "
            "by https; otherwise its log says why."
        )
    if isinstance(error, OSError):
        return f"{there} cannot be reached: {_said(error.strerror or error)}."
    return f"what {there} sent is no answer in HTTP that can be read ({_said(error)})."


def _unknown(host: str) -> str:
    return f"no address is found for the host {host}. Correct the URL, or the entry in DNS."


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    change = _CHANGES.get(error.verify_code, _TRUST)
    if error.verify_code in _WRONG_NAME:
        change = f"Ask for a host that it names, or get one that names {host}."
    return (
        f"the certificate of {host} is not trusted: {_said(error.verify_message)}. A browser "
        f"then sends nothing, but its console reports a CORS error. {change}"
    )


def _said(what: object) -> str:
    return escaped(str(what)).rstrip(".")
