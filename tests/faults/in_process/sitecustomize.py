"""Faults inside the processes of the server, each while a file of its name exists.

Python imports this module at its start, because its folder is on PYTHONPATH.
"""

import os
import random
from pathlib import Path

SWITCHES = Path(os.environ["FAULT_SWITCHES"])
EXIT_SHARE = 0.05
"""The share of the commits after which the process exits before it has published."""
MAX_DELAY = 2.0
"""Seconds by which a message of the channel layer is late at most."""


def is_on(name):
    """Tell whether a fault is switched on."""
    return (SWITCHES / name).exists()


def exit_between_commit_and_publish():
    from live.delivery import publisher

    publish = publisher._publish_committed

    def faulty(*arguments):
        if is_on("exit_after_commit") and random.random() < EXIT_SHARE:
            os._exit(137)
        publish(*arguments)

    publisher._publish_committed = faulty


def repeat_reorder_and_delay():
    import asyncio

    from live.delivery.relay import Relay

    receive = Relay._receive_from_layer

    def faulty(self, message):
        if not is_on("unreliable_layer"):
            receive(self, message)
            return
        loop = asyncio.get_running_loop()
        for _ in range(random.choice((0, 1, 1, 2))):
            loop.call_later(random.uniform(0, MAX_DELAY), receive, self, message)

    Relay._receive_from_layer = faulty


def add_faults():
    exit_between_commit_and_publish()
    repeat_reorder_and_delay()


def hook_setup():
    import django

    setup = django.setup

    def setup_with_faults(**options):
        setup(**options)
        django.setup = setup
        add_faults()

    django.setup = setup_with_faults


hook_setup()
