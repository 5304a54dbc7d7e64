"""Warns if the clock of this machine has gone back, as it does after it was ahead."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

logger = logging.getLogger(__name__)

MAX_STEP = timedelta(minutes=1)
"""How far a list may be ahead of the clock: the clocks of several machines differ a little."""


class ClockCheck:
    """Logs one warning in each process."""

    def __init__(self) -> None:
        self.has_warned = False

    def check(self, last_interaction: datetime, now: datetime) -> None:
        """Warn if a list was changed at a time that is still to come."""
        if self.has_warned or last_interaction - now <= MAX_STEP:
            return
        self.has_warned = True
        logger.warning(
            "a list was changed at %s, which is still to come: the clock was ahead, or is behind",
            last_interaction.isoformat(timespec="seconds"),
        )


clock_check = ClockCheck()
