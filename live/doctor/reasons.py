"""Why a connection failed, in few words. Pure."""

from __future__ import annotations

import socket
import ssl
from urllib.error import URLError

REFUSED = "the connection is refused"
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "what answers there does not speak https"),
    (ConnectionRefusedError, REFUSED),
    (ConnectionResetError, "the connection is cut"),
    (socket.gaierror, "the host name is not known"),
    (TimeoutError, "no answer in time"),
)


def reason_of(error: BaseException) -> str:
    """Return why a connection failed."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not valid ({cause.verify_message})"
    # asyncio joins the errors of several addresses to one of no type of its own.
    if "Connect call failed" in str(cause):
        return REFUSED
    texts = (text for kind, text in _REASONS if isinstance(cause, kind))
    return next(texts, str(cause).lower() or type(cause).__name__)
