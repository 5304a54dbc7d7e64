"""Libraries in C that are preloaded into processes: they change what the system does for them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCES = Path(__file__).parent / "native"
PRELOADED = "LD_PRELOAD"


def compiled(name: str, folder: Path) -> Path:
    """Compile native/NAME.c, and return the library. It is readable for all users."""
    library = folder / f"{name}.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run([*command, "-o", library, SOURCES / f"{name}.c", "-ldl"], check=True)
    library.chmod(0o755)
    return library


def merged(*environments: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a process preloads the libraries of all of these."""
    result = {name: value for each in environments for name, value in each.items()}
    libraries = [each[PRELOADED] for each in environments if each.get(PRELOADED)]
    return result | ({PRELOADED: ":".join(libraries)} if libraries else {})
