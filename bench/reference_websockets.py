"""A bare `websockets` server that broadcasts: no Django, no identity, no log.

`python -m bench.reference_websockets PORT`. On uvloop and without deflate, as Trolley runs.
"""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.event import CONTROL, frame

watchers: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    if connection.request.path == CONTROL:
        async for message in connection:
            index, first, count = map(int, message.split())
            for version in range(first, first + count):
                broadcast(watchers, frame(index, version).decode())
        return
    watchers.add(connection)
    try:
        await connection.wait_closed()
    finally:
        watchers.discard(connection)


async def main(port: int) -> None:
    async with serve(handle, "127.0.0.1", port, compression=None, backlog=2048) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
