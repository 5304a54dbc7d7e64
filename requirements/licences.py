"""Print docs/licences.md: the licences of the packages that Trolley ships with.

`.venv/bin/python requirements/licences.py >docs/licences.md`, after
`./run lock-requirements`. The page has no versions: the lock files have them, and a
licence rarely changes with the version.
"""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ("clsx", "esm-env", "idb", "svelte", "uqr", "virtua")
"""The npm packages that are part of the built frontend."""
OTHER_PLATFORMS = {
    "async-timeout": "Apache-2.0",
    "tzdata": "Apache-2.0",
    "u-msgpack-python": "MIT",
}
"""Packages that are installed only on other systems or with other Python versions."""
HEAD = """# Licences

These are the licences of the packages that Trolley ships with. Trolley's own code is
under the MIT licence. `requirements/licences.py` writes this page from the metadata of
the packages. A test compares the page with the lock files.

| package | licence |
| --- | --- |"""


def python_packages() -> list[str]:
    """Return the package names in requirements/base.txt."""
    lock = (ROOT / "requirements" / "base.txt").read_text()
    return sorted(set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


def licence_of(name: str) -> str:
    """Return the licence of a Python package, from its metadata."""
    if name in OTHER_PLATFORMS:
        return OTHER_PLATFORMS[name]
    fields = metadata.metadata(name)
    classifiers = fields.get_all("Classifier", [])
    licences = [text.split(" :: ")[-1] for text in classifiers if text.startswith("License")]
    first_line = (fields.get("License") or "").split("\n")[0]
    short_name = first_line if len(first_line) < 40 and "Copyright" not in first_line else ""
    return fields.get("License-Expression") or short_name or " / ".join(licences)


def licence_of_bundled(name: str) -> str:
    """Return the licence of an npm package, from the lock file of the frontend."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{name}"]["license"])


def page() -> str:
    """Return the page."""
    rows = [(name, licence_of(name)) for name in python_packages()]
    rows += [(f"{name} (in the page)", licence_of_bundled(name)) for name in BUNDLED]
    return "\n".join([HEAD, *(f"| {name} | {licence} |" for name, licence in rows)]) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  (the output of this script)
