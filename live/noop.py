"""The default of optional callbacks."""

from __future__ import annotations


def noop(*_args: object) -> None:
    """Do nothing."""
