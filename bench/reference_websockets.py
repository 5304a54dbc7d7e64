"""A `websockets` server that only broadcasts: no Django, no authentication, no change log.

`python -m bench.reference_websockets PORT`. It uses uvloop and no deflate, as Trolley does.
"""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.event import CONTROL_PATH, frame

readers: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    if connection.request.path == CONTROL_PATH:
        async for message in connection:
            index, first, count = map(int, message.split())
            for version in range(first, first + count):
                broadcast(readers, frame(index, version).decode())
        return
    readers.add(connection)
    try:
        await connection.wait_closed()
    finally:
        readers.discard(connection)


async def main(port: int) -> None:
    async with serve(handle, "127.0.0.1", port, compression=None, backlog=2048) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
