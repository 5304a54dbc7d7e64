"""Print docs/licences.md: under which licences what Trolley ships with may be used.

`.venv/bin/python requirements/licences.py >docs/licences.md`, after `./run lock`.
Versions are in the lock files; a licence hardly ever changes with them.
"""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ("clsx", "esm-env", "svelte", "uplot", "uqr")
"""What the build of the frontend puts into the page."""
ELSEWHERE = {
    "async-timeout": "Apache-2.0",
    "tzdata": "Apache-2.0",
    "u-msgpack-python": "MIT",
}
"""Of packages that only other systems, or other Pythons, install."""
HEAD = """# Licences

These are the licences of the packages that Trolley ships with. Trolley's own code is
under the MIT licence. `requirements/licences.py` writes this page from the metadata of
the packages. A test compares the page with the lock files.

| package | licence |
| --- | --- |"""


def python_packages() -> list[str]:
    """Return the names in the lock file of what an installation runs on."""
    lock = (ROOT / "requirements" / "base.txt").read_text()
    return sorted(set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


def licence_of(name: str) -> str:
    """Return what a Python package says of its licence."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    said = metadata.metadata(name)
    kinds = said.get_all("Classifier", [])
    classified = [kind.split(" :: ")[-1] for kind in kinds if kind.startswith("License")]
    text = (said.get("License") or "").split("\n")[0]
    short = text if len(text) < 40 and "Copyright" not in text else ""
    return said.get("License-Expression") or short or " / ".join(classified)


def licence_of_bundled(name: str) -> str:
    """Return what the lock file of the frontend says of a package."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{name}"]["license"])


def page() -> str:
    """Return the page."""
    rows = [(name, licence_of(name)) for name in python_packages()]
    rows += [(f"{name} (in the page)", licence_of_bundled(name)) for name in BUNDLED]
    return "\n".join([HEAD, *(f"| {name} | {licence} |" for name, licence in rows)]) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  (it is what this is for)
