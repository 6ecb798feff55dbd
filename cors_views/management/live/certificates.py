"""TLS as browsers speak it: which certificates they take, and what to change where one is not."""

from __future__ import annotations

import ssl

from cors_views.support.escaping import escaped

_UNSENT = (
    "A browser then sends nothing, and the page gets a network error, which Firefox calls a CORS "
    "error."
)
_PERHAPS_UNSENT = (
    "Some browsers know or fetch what is missing; others send nothing, and the page gets a network "
    "error."
)
_FILE = "have the browsers trust it, and name its file for this command in SSL_CERT_FILE"
_RENEW = "Renew it with its chain, and have the server load both."
_CLOCK = "Correct the clock of this machine; if that is right, have the certificate issued anew."
_TRUST = (
    "Serve one of an authority that browsers know. Of an authority of your own, "
    f"{_FILE}, a variable of the environment."
)
_CHAIN = (
    "Serve the intermediate certificates with it (nginx: ssl_certificate names the full chain). If "
    f"they are served, the authority is your own: {_FILE}, a variable of the environment."
)
#: What helps, by OpenSSL's numbers (X509_V_ERR_*).
_CHANGES = {9: _CLOCK, 10: _RENEW, 18: _TRUST, 19: _TRUST}
#: That its issuer is missing: the intermediate, or the authority itself.
_NO_ISSUER = {2, 20, 21}
_WRONG_NAME = {62, 64}
#: Whoever speaks TLS refuses in TLS; this is what OpenSSL makes of anything else.
_NO_TLS = {
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNKNOWN_PROTOCOL",
    "WRONG_VERSION_NUMBER",
}


def as_browsers_check() -> ssl.SSLContext:
    """Return what checks certificates and hosts, with the authorities of this machine."""
    context = ssl.create_default_context()
    # By default since Python 3.13: it refuses authorities whose certificates lack extensions that
    # no browser asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    return context


def untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Return what is wrong with the certificate of a host, and what to change."""
    said, effect = said_by(error.verify_message), _UNSENT
    change = _CHANGES.get(error.verify_code, _TRUST)
    if error.verify_code in _NO_ISSUER:
        said = f"nothing leads from it to an authority that is known here ({said})"
        effect, change = _PERHAPS_UNSENT, _CHAIN
    elif error.verify_code in _WRONG_NAME:
        change = f"Ask for a host that it names, or serve one that names {host}."
    return f"the certificate of {host} is not trusted: {said}. {effect} {change}"


def no_tls(error: ssl.SSLError, host: str, there: str) -> str:
    """Return why there is no connection by TLS, which is not for a certificate."""
    reason = error.reason or str(error)
    if reason in _NO_TLS:
        return (
            f"{there} does not speak TLS ({said_by(reason)}). Ask for it by http, or at the port "
            "that serves https."
        )
    return (
        f"{there} speaks TLS, but refuses ({said_by(reason)}). Have it serve TLS 1.2 or 1.3 and a "
        f"certificate for {host}; its log says more."
    )


def said_by(what: object) -> str:
    """Return the words of an error, for the middle of a sentence."""
    return escaped(str(what)).rstrip(".")
