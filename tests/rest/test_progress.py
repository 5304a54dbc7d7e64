"""The line in the terminal that says how far a long command is."""

from __future__ import annotations

import io

import pytest

from rest import progress
from rest.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _every_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)


def test_progress_says_how_much_is_left():
    terminal = Terminal()
    Progress(terminal, "rows").advance(1_000, 2_000)
    assert "1,000 of 2,000 rows, 0 s left" in terminal.getvalue()


def test_progress_counts_when_the_whole_is_not_known():
    terminal = Terminal()
    Progress(terminal, "states").count(1_234, "scenario 2 of 5")
    assert "scenario 2 of 5: 1,234 states" in terminal.getvalue()


def test_progress_is_silent_when_the_stream_is_no_terminal():
    stream = io.StringIO()
    Progress(stream, "states").count(1, "scenario 1 of 5")
    assert not stream.getvalue()
