"""Django's system check of the environment. What cannot work is refused before."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning


def report_warnings(**_: Any) -> list[CheckMessage]:
    """Return a warning for each value that is doubtful and each name that is unknown."""
    return [CheckWarning(line, id="trolley.W001") for line in settings.ENVIRONMENT_WARNINGS]
