"""What the judge of `trolley_check` says of all rounds, as numbers of the report. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trolley_check.history import Event, Responded
from trolley_check.judge import Finding, judge
from trolley_check.trial import Outcome

COLUMNS = {
    "lost": {"lost", "gap"},
    "doubled": {"repeated"},
    "out_of_order": {"order", "real time", "stale read", "back"},
    "different": {"digest", "atomic", "converged"},
    "invented": {"phantom"},
    "after_access_ended": {"revoked"},
}
"""The rules of the judge that each number of the report counts."""


@dataclass
class Round:
    """One fault under load: what was done, and what the judge says."""

    fault: str
    seed: int
    injected: int
    edits: int = 0
    deliveries: int = 0
    slowest_delivery: float = 0.0
    longest_outage: float = 0.0
    resumed: int = 0
    copied: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, outcome: Outcome, *, loses_edits: bool) -> None:
        """Judge what one trial has noted."""
        verdict = judge(outcome.history.events)
        self.edits += verdict.edits
        self.deliveries += verdict.deliveries
        self.slowest_delivery = max([self.slowest_delivery, *outcome.delivery_seconds])
        self.longest_outage = max([self.longest_outage, *outcome.outages])
        self.resumed += outcome.resumed
        self.copied += outcome.copied
        findings = list(verdict.findings)
        findings += [Finding("converged", "", f"{name} did not end") for name in outcome.unsettled]
        findings += [Finding("converged", "", f"closed: {each}") for each in outcome.closed]
        allowed = forgotten_edits(outcome.history.events) if loses_edits else set()
        self.findings += [each for each in findings if not _is_about(each, allowed)]

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each column."""
        return {
            column: sum(finding.rule in rules for finding in self.findings)
            for column, rules in COLUMNS.items()
        }


def forgotten_edits(events: Sequence[Event]) -> set[str]:
    """Return the edits that an older copy of the database cannot have: those of older epochs.

    The copy has another epoch once it has changed. An edit that was answered before the first
    change of the last epoch may be gone, and one that is sent again has its effect again.
    """
    applied = [event for event in events if getattr(event, "event", "") == "applied"]
    if not applied:
        return set()
    last = applied[-1].epoch
    begins = min(event.time for event in applied if event.epoch == last)
    return {
        event.op for event in events if isinstance(event, Responded) and event.time <= begins + 1
    }


def _is_about(finding: Finding, ops: set[str]) -> bool:
    return finding.rule in {"lost", "repeated"} and finding.text.split()[0] in ops


def report(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the report of all rounds for programs."""
    columns = [each.counts() for each in rounds]
    return {
        "writes": sum(each.edits for each in rounds),
        "deliveries": sum(each.deliveries for each in rounds),
        "faults": sum(each.injected for each in rounds),
        **{name: sum(counts[name] for counts in columns) for name in COLUMNS},
        "slowest_delivery_s": round(max(each.slowest_delivery for each in rounds), 2),
        "longest_outage_s": round(max(each.longest_outage for each in rounds), 2),
        "rounds": [
            {
                "fault": each.fault,
                "seed": each.seed,
                "injected": each.injected,
                "writes": each.edits,
                "deliveries": each.deliveries,
                "resumed": each.resumed,
                "copied": each.copied,
                "slowest_delivery_s": round(each.slowest_delivery, 2),
                "longest_outage_s": round(each.longest_outage, 2),
                "findings": [finding._asdict() for finding in each.findings],
            }
            for each in rounds
        ],
    }
