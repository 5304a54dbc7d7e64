"""How much of what was sent a peer has not taken: bytes in the kernel and in the transport.

A client that stops reading is noticed by its server only when the buffers of both kernels are
full, which can take megabytes. The kernel knows it at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import Any

EXTENSION = "trolley.unread_bytes"
"""The extension of the scope that has the function, for servers that support it."""
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_ACKED_OFFSET = 120
"""The offset of `tcpi_bytes_acked` in the `tcp_info` of Linux, a 64-bit number."""
_INFO_SIZE = _ACKED_OFFSET + 8


def unread_bytes(transport: asyncio.Transport) -> tuple[int, int] | None:
    """Return the bytes that wait for the peer, and how many it has taken since it connected.

    None: this platform or this kind of socket does not tell.
    """
    sock: Any = transport.get_extra_info("socket")
    if sys.platform != "linux" or sock is None or sock.family not in _INTERNET:
        return None
    try:
        queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4)
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
    except OSError:  # it is closed
        return None
    if len(info) < _INFO_SIZE:
        return None
    (acknowledged,) = struct.unpack_from("=Q", info, _ACKED_OFFSET)
    (waiting,) = struct.unpack("=i", queued)
    return waiting + transport.get_write_buffer_size(), acknowledged
