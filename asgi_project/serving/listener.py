"""The listening socket. Trolley opens it, so that every server uses the same options."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack

from asgi_project.serving.time_scale import scaled

# The kernel resets a connection whose peer has read nothing for this long, so that
# no server waits for a send buffer that never drains.
STALL_TIMEOUT = 10.0  # s


class AddressError(Exception):
    """The address cannot be used; the message gives the reason in one line."""


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises AddressError."""
    if not 0 <= port <= 65_535:  # getaddrinfo would take it modulo 65536
        raise AddressError(f"there is no port {port}: choose one from 1 to 65535")
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = results[0]
        with ExitStack() as on_error:
            listener = on_error.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
            on_error.pop_all()
    except OSError as error:
        raise AddressError(_error_message(error, host, port)) from error
    except UnicodeError as error:  # a part of the name is too long, or empty
        raise AddressError(f"{host!r} is not the name of a host") from error
    _set_stall_timeout(listener)
    listener.set_inheritable(True)
    return listener


def from_fd(descriptor: int) -> socket.socket:
    """Return the socket that a parent process opened with `open_listener`."""
    return socket.socket(fileno=descriptor)


def _set_stall_timeout(listener: socket.socket) -> None:
    """Set the timeout that accepted sockets inherit, if the platform has it."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, round(scaled(STALL_TIMEOUT) * 1000))


def _error_message(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: stop what uses it, or choose another with --port"
    return f"cannot listen on {host} port {port}: {error.strerror}"
