"""Replaces websocat where it is not installed, with the options of docs/api.md only.

Lines of stdin are sent as text messages, messages are written to stdout with a
newline. The end of stdin closes the connection, unless -n is options. -H=NAME:VALUE
is a header of the handshake.
"""

from __future__ import annotations

import argparse
import sys
from threading import Thread

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def main() -> None:
    parser = argparse.ArgumentParser("websocat")
    parser.add_argument("-n", "--no-close", action="store_true")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("address")
    options = parser.parse_args()
    split = [header.removeprefix("=").partition(":") for header in options.header]
    headers = [(name, value.strip()) for name, _, value in split]
    with connect(options.address, additional_headers=headers) as socket:
        Thread(target=send, args=(socket, options.no_close), daemon=True).start()
        for message in socket:
            print(message, flush=True)


def send(socket: ClientConnection, stay: bool) -> None:
    try:
        for line in sys.stdin:
            socket.send(line.rstrip("\n"))
    except ConnectionClosed:
        return
    if not stay:
        socket.close()


if __name__ == "__main__":
    main()
