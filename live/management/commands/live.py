"""Show a running server in a terminal: `live top` its figures, `live tail` the changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from live.terminal import display
from live.terminal.activity_follower import ActivityFollower
from live.terminal.dashboard_follower import DashboardFollower
from live.terminal.dashboard_screen import Line, Size, screen
from live.terminal.follower import Follower, FollowingEndedError
from live.terminal.list_follower import DELETED, ListFollower
from live.terminal.live_client import ConnectionRefusedForGoodError, LiveClient
from live.terminal.server_access import (
    AccessError,
    TemporaryToken,
    TokenFromFile,
    is_on_this_machine,
    local_url,
    owner_or_user,
    socket_url,
)
from rest.database_command import DatabaseCommand
from rest.errors import DomainError

HINT = "q quit"
SERVER_ELSEWHERE = "{}: a server elsewhere needs --token-file, with a token that was created there"
FIGURES_TIMEOUT = 15.0
"""Seconds to wait for the first figures."""
DEFAULT_BACKLOG = 10

Access = TemporaryToken | TokenFromFile


class Command(DatabaseCommand):
    """Connects to the socket like every other client: it shows what its user may see."""

    help = "Show a running server in a terminal: its figures (top) or changes of lists (tail)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments of both views."""
        views = parser.add_subparsers(dest="view", required=True, metavar="top|tail")
        top = views.add_parser("top", help="the figures of the dashboard, once a second")
        top.add_argument("url", nargs="?", help="the server; without it, the one on this machine")
        top.add_argument("--once", action="store_true", help="print the figures once, and exit")
        tail = views.add_parser("tail", help="changes of lists, as they are made")
        tail.add_argument("list", nargs="?", help="the id or name of one list")
        tail.add_argument("--url", help="the server; without it, the one on this machine")
        tail.add_argument("--json", action="store_true", help="print the frames, one a line")
        tail.add_argument(
            *("-n", "--lines"),
            type=_count,
            default=DEFAULT_BACKLOG,
            metavar="N",
            help=f"changes of all lists before the start to print first ({DEFAULT_BACKLOG})",
        )
        for view in (top, tail):
            view.add_argument(
                "--token-file",
                type=Path,
                metavar="FILE",
                help="a file with an API token; without it, one is created for this time",
            )
            view.add_argument("--user", help="the user who looks; without it, the owner")

    def handle(self, *args: Any, view: str, **options: Any) -> None:
        """Show the view until the user ends it."""
        url = options["url"] or local_url(settings.LISTEN_HOST, settings.LISTEN_PORT)
        try:
            address = socket_url(url)
            access = _access(address, f"live {view}", options)
        except AccessError as error:
            raise CommandError(str(error)) from None
        client = LiveClient(address, access)
        try:
            work = _top(client, url, options) if view == "top" else _tail(client, options)
            asyncio.run(_until_stopped(work))
        except KeyboardInterrupt:
            pass
        except BrokenPipeError:
            # The reader of a pipe has enough. Python would report it once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (ConnectionRefusedForGoodError, FollowingEndedError, DomainError) as error:
            raise CommandError(str(error)) from None
        finally:
            access.close()


def _access(address: str, name: str, options: dict[str, Any]) -> Access:
    """Return the token to use. Raises AccessError."""
    is_local = is_on_this_machine(address)
    if options["token_file"] is not None:
        return TokenFromFile(options["token_file"], is_for_this_machine=is_local)
    if not is_local:
        # A token of this installation must not be sent to another one.
        raise AccessError(SERVER_ELSEWHERE.format(address))
    return TemporaryToken(owner_or_user(options["user"]), name)


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Do the work; SIGTERM ends it like Ctrl-C, so that the terminal and the token are tidied."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _top(client: LiveClient, url: str, options: dict[str, Any]) -> None:
    is_complete = asyncio.Event()
    figures = DashboardFollower(time.monotonic, is_complete.set)
    output = sys.stdout
    is_drawn = display.is_terminal(output) and not options["once"]

    def render(size: Size) -> list[Line]:
        return screen(figures, url, size, HINT if is_drawn else "")

    async def show() -> None:
        # Only now: an error is one line on the terminal as it was.
        try:
            async with asyncio.timeout(FIGURES_TIMEOUT):
                await is_complete.wait()
        except TimeoutError:
            raise CommandError("the server sends no figures") from None
        if options["once"]:
            display.print_once(output, render)
        elif is_drawn:
            await display.draw_until_quit(output, render)
        else:
            await display.print_repeatedly(output, render)

    await _first_of(client.run(figures), show())


async def _tail(client: LiveClient, options: dict[str, Any]) -> None:
    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def note(line: str) -> None:
        sys.stderr.write(line + "\n")

    is_json = options["json"]
    follower: Follower
    if options["list"] is None:
        backlog = options["lines"]
        follower = ActivityFollower(write=write, note=note, is_json=is_json, backlog=backlog)
    else:
        follower = ListFollower(options["list"], write=write, note=note, is_json=is_json)
    try:
        await client.run(follower)
    except FollowingEndedError as ended:
        if str(ended) != DELETED:
            raise
        note(f"The end: {ended}.")


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Do several works until one of them ends, and raise its error."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _count(text: str) -> int:
    return max(0, int(text))
