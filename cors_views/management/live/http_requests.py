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
from cors_views.management.live import certificates
from cors_views.management.live.certificates import said_by

_AGENT = "cors_views (manage.py cors_explain --live)"


class Deadline(NamedTuple):
    """How long one exchange may take, in seconds."""

    seconds: float

    @property
    def told(self) -> str:
        return f"{self.seconds:g} second{'' if self.seconds == 1 else 's'}"


def ask(sent: Sent, deadline: Deadline, cookie: str = "") -> Received | NoAnswer:
    """Send a request, and return what a browser would look at of the answer."""
    url = urlsplit(sent.url)
    connection = _connection(url, deadline)
    expired = threading.Event()
    # The timeout of a socket begins again with each byte, and somebody may send one at a time.
    timer = threading.Timer(deadline.seconds, _break_off, [connection, expired])
    timer.daemon = True
    timer.start()
    connected = False
    try:
        with contextlib.closing(connection):
            try:
                connection.connect()
            finally:
                # TLS begins after that, and may be what does not come to an end.
                connected = connection.sock is not None
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


def _connection(url: SplitResult, deadline: Deadline) -> http.client.HTTPConnection:
    if url.scheme == "http":
        return http.client.HTTPConnection(_address_of(url), url.port, timeout=deadline.seconds)
    context = certificates.as_browsers_check()
    return http.client.HTTPSConnection(
        _address_of(url), url.port, timeout=deadline.seconds, context=context
    )


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
            f"{there} accepted the connection and did not answer within {deadline.told}. Its proxy "
            "will give up with a 504 that has no CORS headers. Look at what keeps its workers "
            "busy, or wait longer with --timeout."
        )
    return (
        f"no connection to {there} within {deadline.told}. A firewall drops it, or nothing has "
        "that address: open the port, or correct the URL."
    )


def _failed(error: OSError | http.client.HTTPException, host: str, there: str) -> str:
    """Return what happened, and what to change."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificates.untrusted(error, host)
    if isinstance(error, ssl.SSLError):
        return certificates.no_tls(error, host, there)
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
        return f"{there} cannot be reached: {said_by(error.strerror or error)}."
    return f"what {there} sent is no answer in HTTP that can be read ({said_by(error)})."


def _unknown(host: str) -> str:
    return f"no address is found for the host {host}. Correct the URL, or the entry in DNS."
