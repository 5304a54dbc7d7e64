"""The base class of the errors with which an app refuses an operation. No HTTP, no DRF."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A rule of the app forbids the operation. The text is written for the user.

    Each app lists its errors with status and code in one table, `api/errors.py`.
    """

    message: ClassVar[str] = "This is not possible."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)
