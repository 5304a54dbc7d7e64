"""The clock of the servers: tests set LIVE_TIME_SCALE to run the same limits faster."""

from __future__ import annotations

from django.conf import settings


def scaled(seconds: float) -> float:
    """Return `seconds` multiplied by LIVE_TIME_SCALE, which is 1 outside of tests."""
    return seconds * float(settings.LIVE_TIME_SCALE)
