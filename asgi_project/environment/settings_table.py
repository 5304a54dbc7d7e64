"""The table of docs/operating.md, made from the declared variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from asgi_project.environment import variables
from asgi_project.environment.variables import Variable

BEGIN = "<!-- `./run generate-docs` writes this table from asgi_project/environment -->\n"
END = "\n<!-- end of the table -->"


def table() -> str:
    """Return the table in Markdown. Variables that are only for tests are not in it."""
    rows = [_row(variable) for variable in variables.ALL if variable.meaning]
    return "\n".join(
        ["| variable | value | default | meaning |", "| --- | --- | --- | --- |", *rows]
    )


def _row(variable: Variable[Any]) -> str:
    cells = (f"`{variable.name}`", variable.kind.rule, default_in_words(variable), variable.meaning)
    return f"| {' | '.join(cells)} |"


def default_in_words(variable: Variable[Any]) -> str:
    """Return the default as the documentation writes it; `none` if there is none."""
    if variable.shown_default:
        return variable.shown_default
    default = variable.default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`" if default else "none"


def with_table(document: str) -> str:
    """Return a document with the present table between its two marks."""
    pattern = f"{re.escape(BEGIN)}.*?{re.escape(END)}"
    return re.sub(pattern, lambda _: f"{BEGIN}{table()}{END}", document, flags=re.DOTALL)


def write(path: Path) -> None:
    """Bring the table of a document up to date."""
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
