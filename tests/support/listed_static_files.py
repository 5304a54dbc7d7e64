"""The static files of the built frontend, listed once for all test clients of a process.

Each test client loads the middleware anew, and WhiteNoise then reads the state of every file.
That was a third of the time of the tests that send requests.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware


def list_once(patch: pytest.MonkeyPatch) -> None:
    """Let WhiteNoise list the files of the shipped settings only once."""
    shipped = list(settings.STATICFILES_DIRS)
    list_files = WhiteNoiseMiddleware.add_files_from_finders
    listed: dict[str, Any] = {}

    def add_files_from_finders(middleware: Any) -> None:
        if shipped != settings.STATICFILES_DIRS:
            list_files(middleware)
            return
        if not listed:
            list_files(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
