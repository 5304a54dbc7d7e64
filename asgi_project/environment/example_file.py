"""The file .env.example, made from the declared variables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asgi_project.environment import compose_variables, variables
from asgi_project.environment.settings_table import default_in_words
from asgi_project.environment.variables import Variable

HEAD = """\
# Every variable of Trolley. `./run generate-docs` writes this file from
# asgi_project/environment. Copy it to .env, and remove the # before what you set:
# `docker compose` and `./run scale` read .env. None is needed for `docker compose up`.
# Each has its row in docs/operating.md. A $ in a value is written in single quotes.
# Each can be given as a file, too: SECRET_KEY_FILE=/run/secrets/key.
"""
SCALE = """
# --- For `docker compose up proxy`, which needs the passwords and SECRET_KEY below.
# A good value for each of the three: openssl rand -hex 32
"""
OWN = "\n# --- Trolley itself\n"
WIDTH = 88


def example_file() -> str:
    """Return the text of the file: each variable in a comment, with what it means."""
    scale = [
        _entry(each.name, each.rule, each.default, each.meaning) for each in compose_variables.ALL
    ]
    own = [_own_entry(variable) for variable in variables.ALL if variable.meaning]
    return "\n".join([HEAD + SCALE, *scale, OWN, *own])


def _own_entry(variable: Variable[Any]) -> str:
    default = default_in_words(variable)
    literal = re.fullmatch("`([^`]*)`", default)
    note = "" if literal or default == "none" else f"; default: {_plain(default)}"
    rule = f"{_plain(variable.kind.rule)}{note}"
    return _entry(variable.name, rule, literal[1] if literal else "", _plain(variable.meaning))


def _entry(name: str, rule: str, default: str, meaning: str) -> str:
    comment = "\n".join(_comment(f"{meaning} ({rule})"))
    return f"{comment}\n#{name}={default}\n"


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False):
        yield f"# {line}"


def _plain(markdown: str) -> str:
    """Return a text without the marks of code and with the names of sections for links."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r'"\1" in docs/operating.md', markdown).replace("`", "")


def write(path: Path) -> None:
    """Bring the file up to date."""
    path.write_text(example_file(), encoding="utf-8")
