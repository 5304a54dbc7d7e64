"""docs/signals.md names every measured signal, and tests that exist."""

from __future__ import annotations

import re

from live.metrics import measured_signals
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "signals.md").read_text("utf-8")


def test_every_measured_signal_is_in_the_table() -> None:
    names = {
        *measured_signals.MODEL_SIGNALS,
        *measured_signals.REQUEST_SIGNALS,
        *measured_signals.OTHER_SIGNALS,
    }
    table = PAGE.partition("| signal | sender |")[2].partition("\n\n")[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines()[2:])
    assert names - set(re.findall(r"`(\w+)`", first_cells)) == set()


def test_every_file_that_it_names_exists() -> None:
    paths = re.findall(r"`((?:tests|live|shopping_list)/[\w/]+\.py)`", PAGE)
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).is_file()] == []
