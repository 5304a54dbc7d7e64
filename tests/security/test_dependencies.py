"""Third-party packages: pinned by hash, and under free licences."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT

spec = importlib.util.spec_from_file_location("licences", ROOT / "requirements" / "licences.py")
licences = importlib.util.module_from_spec(spec)
spec.loader.exec_module(licences)

FREE = re.compile(r"\b(MIT|MIT-0|BSD|Apache|ISC|PSF-2\.0|ZPL-2\.1|LGPL-3\.0-only|MPL-2\.0)\b")
PINNED = re.compile(r"^[\w.-]+==\S+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+$")


@pytest.mark.parametrize("name", ["base", "dev"])
def test_every_python_package_is_pinned_with_hashes(name):
    """SEC-26"""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    lines = [line for line in lock.split("\n") if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    assert len(entries) > 40
    assert [entry for entry in entries if not PINNED.match(entry.strip())] == []


def test_every_frontend_package_is_pinned_with_a_hash():
    """SEC-26"""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, package in packages.items() if "version" not in package] == []
    assert [
        name
        for name, package in packages.items()
        if not package.get("inBundle") and not package.get("integrity", "").startswith("sha512-")
    ] == []


def test_every_install_command_verifies_hashes():
    """SEC-26"""
    for name in ("run", "Dockerfile"):
        text = (ROOT / name).read_text().replace("\\\n", " ")
        commands = [
            line for line in text.split("\n") if "pip install" in line and "$python" in line
        ]
        commands += [line for line in text.split("\n") if re.search(r"^RUN.*pip install", line)]
        assert commands, name
        assert all("--require-hashes" in line for line in commands), name
        assert not re.search(r"npm (--prefix \S+ )?install\b", text), name


def bare_imports() -> Iterator[str]:
    """Yield the packages that the frontend sources import."""
    for path in (ROOT / "frontend" / "src").rglob("*"):
        if path.suffix in {".ts", ".svelte"}:
            for name in re.findall(r"(?:from|import)\s*\(?'([@\w][\w/@.-]*)'", path.read_text()):
                yield "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def test_frontend_imports_only_the_bundled_packages_listed():
    """SEC-26"""
    assert set(bare_imports()) <= set(licences.BUNDLED)


def test_licence_list_is_current_and_contains_only_free_licences():
    """SEC-26"""
    listed = (ROOT / "docs" / "licences.md").read_text()
    assert listed == licences.page()
    rows = re.findall(r"^\| ([\w.-]+(?: \(in the page\))?) \| (.+) \|$", listed, re.MULTILINE)[2:]
    assert len(rows) == len(licences.python_packages()) + len(licences.BUNDLED)
    assert [row for row in rows if not FREE.search(row[1])] == []
