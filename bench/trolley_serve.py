"""Trolley as `manage.py serve` runs it, plus the control socket of the benchmarks.

`python -m bench.trolley_serve uvicorn PORT`. An event is a change that is passed to the
publisher from another thread, as the `post_save` receiver of Activity does. The
generator has committed its row before it asks for the event (history.py).
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
# The generator opens thousands of sockets as fast as possible.
os.environ.setdefault("TROLLEY_HANDSHAKES", "1000000")
os.environ.setdefault("TROLLEY_CONNECTIONS_PER_ADDRESS", "0")

from asgi_project.asgi import application
from asgi_project.serving.listener import open_listener
from asgi_project.serving.servers import SERVERS
from bench.control import with_control
from bench.event import EPOCH, EVENT_TIME, change_entries, digest_of, frame, list_id
from live.delivery.publisher import publish
from shopping_list.models import Activity

publisher_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publisher")


def publish_all(index: int, first: int, count: int) -> None:
    """Publish versions that are already in the database, as their commit would do."""
    for version in range(first, first + count):
        publish(
            Activity(
                list_id=list_id(index),
                version=version,
                epoch=EPOCH,
                base=digest_of(version - 1),
                digest=digest_of(version),
                verb="item.ticked",
                changes=change_entries(index),
                frame=frame(index, version),
                at=EVENT_TIME,
            )
        )


async def emit(index: int, first: int, count: int) -> None:
    await asyncio.get_running_loop().run_in_executor(
        publisher_thread, publish_all, index, first, count
    )


if __name__ == "__main__":
    SERVERS[sys.argv[1]](
        with_control(application, emit), open_listener("127.0.0.1", int(sys.argv[2]))
    )
