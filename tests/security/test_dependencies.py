"""What comes from others: exactly what was looked at, under licences that allow it."""

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
def test_every_python_package_is_pinned_with_its_hashes(name):
    """SEC-26"""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    lines = [line for line in lock.split("\n") if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    assert len(entries) > 40
    assert [entry for entry in entries if not PINNED.match(entry.strip())] == []


def test_every_package_of_the_frontend_is_pinned_with_its_hash():
    """SEC-26"""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, one in packages.items() if "version" not in one] == []
    assert [
        name
        for name, one in packages.items()
        if not one.get("inBundle") and not one.get("integrity", "").startswith("sha512-")
    ] == []


def test_nothing_is_installed_without_looking_at_the_hashes():
    """SEC-26"""
    for name in ("run", "Dockerfile"):
        text = (ROOT / name).read_text().replace("\\\n", " ")
        pips = [line for line in text.split("\n") if "pip install" in line and "$python" in line]
        pips += [line for line in text.split("\n") if re.search(r"^RUN.*pip install", line)]
        assert pips, name
        assert all("--require-hashes" in line for line in pips), name
        assert not re.search(r"npm (--prefix \S+ )?install\b", text), name


def bare_imports() -> Iterator[str]:
    """Yield the packages that the code of the page names."""
    for path in (ROOT / "frontend" / "src").rglob("*"):
        if path.suffix in {".ts", ".svelte"}:
            for found in re.findall(r"(?:from|import)\s*\(?'([@\w][\w/@.-]*)'", path.read_text()):
                yield "/".join(found.split("/")[: 2 if found.startswith("@") else 1])


def test_the_page_is_made_of_the_packages_that_are_listed():
    """SEC-26"""
    assert set(bare_imports()) <= set(licences.BUNDLED)


def test_the_list_of_licences_is_current_and_all_of_them_are_free():
    """SEC-26"""
    listed = (ROOT / "docs" / "licences.md").read_text()
    assert listed == licences.page()
    rows = re.findall(r"^\| ([\w.-]+(?: \(in the page\))?) \| (.+) \|$", listed, re.MULTILINE)[2:]
    assert len(rows) == len(licences.python_packages()) + len(licences.BUNDLED)
    assert [row for row in rows if not FREE.search(row[1])] == []
