"""Reads a .env file as compose does, as far as .env.example uses it. Pure."""

from __future__ import annotations

import re

_LINE = re.compile(r"""(?:export\s+)?(\w+)\s*=\s*(?:'([^']*)'|"([^"]*)"|([^#]*?))\s*(?:#.*)?""")


class EnvFileError(Exception):
    """A line cannot be read; the message names it and shows no value."""


def read_env_file(text: str) -> dict[str, str]:
    """Return the variables. Text in single quotes is taken as it is; raises EnvFileError."""
    variables = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise EnvFileError(f"line {number} of .env is not NAME=value")
        name, *values = match.groups()
        variables[name] = next((value for value in values if value is not None), "")
    return variables
