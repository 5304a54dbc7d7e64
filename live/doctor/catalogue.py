"""The texts of all findings, and the lines of configuration that repair them.

They are in catalogue.json, which the page has too. Reading it is the only I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from live.doctor.findings import Finding

PATH = Path(__file__).with_name("catalogue.json")


class Check(msgspec.Struct, frozen=True):
    """One check: its name in findings, its label, and what it checks."""

    name: str
    label: str
    about: str


class Text(msgspec.Struct, frozen=True):
    """What a finding says. `parts` are the parts of a configuration that repair it."""

    text: str
    parts: list[str] = []
    settings: list[str] = []


class Block(msgspec.Struct, frozen=True):
    """A place of a configuration, and the lines that go there for each part.

    If the parts have no line of their own, `plain` is the whole block; otherwise it is `head`,
    the lines and `foot`.
    """

    where: str
    parts: dict[str, list[str]]
    plain: list[str] = []
    head: list[str] = []
    foot: list[str] = []


class Proxy(msgspec.Struct, frozen=True):
    """A kind of proxy."""

    name: str
    label: str
    blocks: list[Block]


class Catalogue(msgspec.Struct, frozen=True):
    """All checks, texts and proxies."""

    checks: list[Check]
    findings: dict[str, Text]
    proxies: list[Proxy]

    def proxy(self, name: str) -> Proxy:
        """Return the proxy of this name."""
        return next(proxy for proxy in self.proxies if proxy.name == name)

    def label(self, check: str) -> str:
        """Return the label of a check."""
        return next(each.label for each in self.checks if each.name == check)


class Fix(msgspec.Struct, frozen=True):
    """Lines, and where they go."""

    where: str
    lines: list[str]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue."""
    return msgspec.json.decode(PATH.read_bytes(), type=Catalogue)


def text_of(finding: Finding) -> str:
    """Return what a finding says."""
    return _filled(catalogue().findings[finding.key].text, finding.values)


def settings_of(findings: Iterable[Finding]) -> list[str]:
    """Return the environment variables that repair these findings."""
    lines = [
        _filled(line, finding.values)
        for finding in findings
        for line in catalogue().findings[finding.key].settings
    ]
    return list(dict.fromkeys(lines))


def fixes_of(findings: Iterable[Finding], proxy: Proxy, names: Mapping[str, str]) -> list[Fix]:
    """Return the lines for a kind of proxy that repair these findings.

    `names` has `upstream`, the address of Trolley behind the proxy, its `port`, and the `name`
    of the host.
    """
    wanted = {part for each in findings for part in catalogue().findings[each.key].parts}
    fixes = []
    for block in proxy.blocks:
        lines = [lines for part, lines in block.parts.items() if part in wanted]
        if lines:
            own = list(dict.fromkeys(line for part in lines for line in part))
            whole = [*block.head, *own, *block.foot] if own else block.plain
            fixes.append(Fix(block.where, [_filled(line, names) for line in whole]))
    return fixes


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
