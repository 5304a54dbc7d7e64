"""Trolley as `manage.py serve` runs it, with the control socket in front: for the benchmarks.

`python -m bench.trolley_serve uvicorn PORT`. An event is a whole change handed
to the publisher from another thread, which is what the `post_save` receiver of
Activity does. Its row was committed by the generator before it asked (history.py).
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
# The generator opens thousands of sockets as fast as it can, as no household does.
os.environ.setdefault("TROLLEY_HANDSHAKES", "1000000")

from asgi_project.asgi import application
from asgi_project.serving.listener import open_listener
from asgi_project.serving.servers import SERVERS
from bench.control import with_control
from bench.event import AT, EPOCH, changes, frame, list_id
from live.delivery.publisher import publish
from shopping_list.models import Activity

writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")


def publish_all(index: int, first: int, count: int) -> None:
    """Publish versions that are in the database already, as their commit would."""
    for version in range(first, first + count):
        publish(
            Activity(
                list_id=list_id(index),
                version=version,
                epoch=EPOCH,
                verb="item.ticked",
                changes=changes(index),
                frame=frame(index, version),
                at=AT,
            )
        )


async def emit(index: int, first: int, count: int) -> None:
    await asyncio.get_running_loop().run_in_executor(writer, publish_all, index, first, count)


if __name__ == "__main__":
    SERVERS[sys.argv[1]](
        with_control(application, emit), open_listener("127.0.0.1", int(sys.argv[2]))
    )
