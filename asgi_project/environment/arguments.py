"""Arguments of commands that have the rule of a variable."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

from asgi_project.environment.variables import Variable

T = TypeVar("T")


def argument(variable: Variable[T]) -> Callable[[str], T]:
    """Return the `type` of an argument that takes what the variable takes."""

    def parse(text: str) -> T:
        try:
            return variable.kind.parse(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return parse
