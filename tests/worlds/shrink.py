"""Makes a failing world smaller: takes out decisions as long as it still breaks the same rule."""

from __future__ import annotations

from collections.abc import Callable

from tests.worlds.decisions import Recording

Runs = Callable[[dict[str, int]], list[str]]
"""Runs a world with these decisions and returns its findings."""


def rules_of(findings: list[str]) -> set[str]:
    """Return the rules that are broken."""
    return {finding.partition(":")[0] for finding in findings}


def shrink(recording: Recording, run: Runs, *, max_runs: int = 2_000) -> Recording:
    """Return a world with fewer decisions that breaks one of the same rules.

    It takes out halves of the decisions, then quarters, and so on down to single ones, until
    no single one can be taken out.
    """
    rules = rules_of(recording.findings)
    kept, findings = dict(recording.decisions), recording.findings
    runs = 0
    size = max(1, len(kept) // 2)
    while kept:
        is_smaller = False
        keys = list(kept)
        for start in range(0, len(keys), size):
            part = set(keys[start : start + size])
            candidate = {key: value for key, value in kept.items() if key not in part}
            if len(candidate) == len(kept):
                continue
            if runs >= max_runs:
                return Recording(recording.seed, kept, findings)
            runs += 1
            candidate_findings = run(candidate)
            if rules & rules_of(candidate_findings):
                kept, findings, is_smaller = candidate, candidate_findings, True
        if size == 1 and not is_smaller:
            break
        size = max(1, size // 2)
    return Recording(recording.seed, kept, findings)
