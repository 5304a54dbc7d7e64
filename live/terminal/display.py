"""Draws a screen again and again on a terminal, and reads the key that ends it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from live.terminal.dashboard_screen import Line, Size, Style

REDRAW_INTERVAL = 1.0
"""Seconds."""
DEFAULT_SIZE = (80, 24)
QUIT_KEYS = frozenset("qQ")
_OPEN = "\x1b[?1049h\x1b[?25l\x1b[2J"
_CLOSE = "\x1b[?25h\x1b[?1049l"
_STYLES: dict[Style, str] = {
    "plain": "",
    "title": "\x1b[1m",
    "good": "\x1b[32m",
    "warning": "\x1b[33m",
    "bad": "\x1b[31m",
    "faint": "\x1b[2m",
}
_RESET = "\x1b[0m"

Render = Callable[[Size], Sequence[Line]]


def has_colours(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that shows colours (NO_COLOR is the usual wish)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that understands control sequences."""
    return stream.isatty() and os.environ.get("TERM") not in {None, "", "dumb"}


def size_of(stream: TextIO) -> Size:
    """Return the size of the terminal; a stream that is none has no rows."""
    if not stream.isatty():
        return Size(DEFAULT_SIZE[0], None)
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except OSError:
        columns, rows = DEFAULT_SIZE
    return Size(columns or DEFAULT_SIZE[0], rows or DEFAULT_SIZE[1])


def as_text(lines: Sequence[Line], *, in_colours: bool) -> list[str]:
    """Return lines as they are written."""
    if not in_colours:
        return [line.text for line in lines]
    return [
        f"{_STYLES[line.style]}{line.text}{_RESET}" if _STYLES[line.style] else line.text
        for line in lines
    ]


async def draw_until_quit(stream: TextIO, render: Render) -> None:
    """Draw the screen once a second until the user presses q."""
    quit_pressed = asyncio.Event()
    with _alternate_screen(stream), _reading_keys(quit_pressed):
        while not quit_pressed.is_set():
            lines = as_text(render(size_of(stream)), in_colours=has_colours(stream))
            # Each line clears what is right of it: no line flickers.
            body = "\x1b[K\r\n".join(lines)
            stream.write(f"\x1b[H{body}\x1b[K\x1b[J")
            stream.flush()
            try:
                async with asyncio.timeout(REDRAW_INTERVAL):
                    await quit_pressed.wait()
            except TimeoutError:
                continue


def print_once(stream: TextIO, render: Render) -> None:
    """Write everything, however many rows it takes."""
    lines = render(Size(size_of(stream).columns, None))
    stream.write("\n".join(as_text(lines, in_colours=has_colours(stream))) + "\n")


async def print_repeatedly(stream: TextIO, render: Render) -> None:
    """Write the screen once a second as plain text, with an empty line between two of them."""
    while True:
        lines = as_text(render(size_of(stream)), in_colours=False)
        stream.write("\n".join(lines) + "\n\n")
        stream.flush()
        await asyncio.sleep(REDRAW_INTERVAL)


@contextmanager
def _alternate_screen(stream: TextIO) -> Iterator[None]:
    """Leave what was on the terminal as it was."""
    stream.write(_OPEN)
    try:
        yield
    finally:
        stream.write(_CLOSE)
        stream.flush()


@contextmanager
def _reading_keys(quit_pressed: asyncio.Event) -> Iterator[None]:
    """Set the event when the user presses q. Without a keyboard, only Ctrl-C ends the view."""
    try:
        import termios  # noqa: PLC0415  (there is none on Windows)
        import tty  # noqa: PLC0415

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, termios.error):
        yield
        return

    def on_key() -> None:
        if not (keys := os.read(descriptor, 64)):
            loop.remove_reader(descriptor)
        elif QUIT_KEYS & set(keys.decode("ascii", "replace")):
            quit_pressed.set()

    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, on_key)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
