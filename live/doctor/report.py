"""The findings as lines of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from live.doctor.catalogue import Proxy, catalogue, fixes_of, settings_of, text_of
from live.doctor.findings import Finding, State
from live.terminal.text import padded, printable

SIGNS: Mapping[State, str] = {"ok": "✓", "wrong": "✕", "none": "\N{EN DASH}"}
LABEL_WIDTH = 19


def result_lines(findings: Iterable[Finding]) -> list[str]:
    """Return a line for each check that the first one allows, without control characters."""
    return [
        f"{SIGNS[each.state]} {padded(catalogue().label(each.check), LABEL_WIDTH)} "
        f"{printable(text_of(each))}"
        for each in findings
        if each.key != "needs_page"
    ]


def fix_lines(
    findings: Sequence[Finding], proxies: Iterable[Proxy], names: Mapping[str, str]
) -> list[str]:
    """Return what repairs the findings: environment variables, and lines for each proxy."""
    wrong = [each for each in findings if each.state == "wrong"]
    lines = []
    if settings := settings_of(wrong):
        lines += ["", "In the environment of Trolley:", *(f"    {line}" for line in settings)]
    for proxy in proxies:
        if text := proxy_lines(wrong, proxy, names):
            lines += ["", f"{proxy.label}:", *(f"    {line}" for line in text)]
    return [printable(line) for line in lines]


def proxy_lines(findings: Sequence[Finding], proxy: Proxy, names: Mapping[str, str]) -> list[str]:
    """Return the lines for one proxy, each place as a comment before them."""
    wrong = [each for each in findings if each.state == "wrong"]
    lines = []
    for fix in fixes_of(wrong, proxy, names):
        lines += [f"# {fix.where}", *fix.lines]
    return [printable(line) for line in lines]


def summary(findings: Iterable[Finding]) -> str:
    """Return the last line."""
    wrong = [catalogue().label(each.check) for each in findings if each.state == "wrong"]
    if not wrong:
        return "All is well."
    return f"{len(wrong)} of the checks failed: {', '.join(wrong)}."
