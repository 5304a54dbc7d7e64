"""What the judge of `trolley_check` says of all rounds, as numbers of the report. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.resources import Sample, growths
from trolley_check.history import Applied, Copied, Ended, Event, Read, Responded
from trolley_check.judge import Finding, judge
from trolley_check.trial import Outcome

COLUMNS = {
    "lost": {"lost", "gap"},
    "doubled": {"repeated"},
    "out_of_order": {"order", "real time", "stale read", "back"},
    "different": {"digest", "atomic", "converged"},
    "invented": {"phantom"},
    "after_access_ended": {"revoked"},
    "left_behind": {"ghost"},
    "hung_or_broken_off": {"hung", "broken off"},
}
"""The rules that each number of the report counts: those of the judge, and three of the runner."""
MAX_HUNG = 3
"""Rounds that hang one after another. Then a run ends, because it would never end by itself."""


@dataclass
class Round:
    """One fault under load: what was done, and what the judge says."""

    fault: str
    seed: int
    injected: int = 0
    seconds: float = 0.0
    edits: int = 0
    deliveries: int = 0
    slowest_delivery: float = 0.0
    longest_outage: float = 0.0
    slowest_convergence: float = 0.0
    """Seconds from the last edit until all sockets had all edits."""
    resumed: int = 0
    copied: int = 0
    oldest_socket: float = 0.0
    """Seconds for which a socket had been open that got an edit at the end."""
    samples: list[Sample] = field(default_factory=list)
    """What the processes took at the end."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, outcome: Outcome, *, loses_edits: bool) -> None:
        """Judge what one trial has noted."""
        events: list[Event] = outcome.history.events
        forgotten: set[str] = set()
        self.deliveries += sum(isinstance(each, Applied) for each in events)
        if loses_edits:
            events, forgotten = without_forgotten(events)
        verdict = judge(events)
        self.edits += verdict.edits
        self.slowest_delivery = max([self.slowest_delivery, *outcome.delivery_seconds])
        self.longest_outage = max([self.longest_outage, *outcome.outages])
        self.slowest_convergence = max(self.slowest_convergence, outcome.converged_after or 0.0)
        self.resumed += outcome.resumed
        self.copied += outcome.copied
        findings = list(verdict.findings)
        findings += [Finding("converged", "", f"{name} did not end") for name in outcome.unsettled]
        findings += [Finding("converged", "", f"closed: {each}") for each in outcome.closed]
        self.findings += [each for each in findings if not _is_lost(each, forgotten)]

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each column."""
        return {
            column: sum(finding.rule in rules for finding in self.findings)
            for column, rules in COLUMNS.items()
        }


@dataclass(frozen=True)
class Goal:
    """When a run ends: after so many deliveries, or else after so many rounds."""

    rounds: int
    deliveries: int | None = None

    def is_reached(self, rounds: Sequence[Round]) -> bool:
        """Whether these rounds are enough, or no other one would help."""
        last = rounds[-MAX_HUNG:]
        if len(last) == MAX_HUNG and all(map(_has_hung, last)):
            return True
        done, total, _ = self._state(rounds)
        return done >= total

    def progress(self, rounds: Sequence[Round], seconds: float) -> str:
        """Say how far the run is after these seconds, and how long it still takes."""
        done, total, unit = self._state(rounds)
        text = f"{done:,} of {total:,} {unit}"
        if not 0 < done < total:
            return text
        return f"{text}, {seconds * (total - done) / done / 60:.0f} min left"

    def _state(self, rounds: Sequence[Round]) -> tuple[int, int, str]:
        if self.deliveries is None:
            return len(rounds), self.rounds, "rounds"
        return sum(each.deliveries for each in rounds), self.deliveries, "deliveries"


def _has_hung(this: Round) -> bool:
    return any(finding.rule == "hung" for finding in this.findings)


def without_forgotten(events: Sequence[Event]) -> tuple[list[Event], set[str]]:
    """Return the events of the history that the database has at the end, and the other edits.

    When an older copy is put back, version numbers are used twice, and only the digests tell
    which changes belong to the history that stays: each builds on the digest before it. Changes
    that no socket got, because all got a snapshot with them, cannot be told from forgotten ones.
    """
    changes = {(each.version, each.digest): each for each in events if isinstance(each, Applied)}
    (end,) = (each for each in events if isinstance(each, Ended) and each.client == "REST")
    staying = {(end.version, end.digest)}
    begin = (end.version, end.digest)
    while (at := changes.get(begin)) is not None:
        begin = (at.version - 1, at.base)
        staying.add(begin)
    known_since = min(
        each.time
        for each in events
        if isinstance(each, Applied | Copied | Ended) and (each.version, each.digest) == begin
    )
    forgotten = {
        each.op
        for each in events
        if isinstance(each, Responded) and each.time <= known_since and begin[0] > 1
    }
    forgotten |= {
        each.op
        for position, each in changes.items()
        if position not in staying and each.op is not None
    }
    kept = [
        each
        for each in events
        if not isinstance(each, Applied | Copied | Read) or (each.version, each.digest) in staying
    ]
    return kept, forgotten


def _is_lost(finding: Finding, ops: set[str]) -> bool:
    return finding.rule == "lost" and finding.text.split()[0] in ops


def report(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the report of all rounds for programs."""
    columns = [each.counts() for each in rounds]
    processes = list(growths(sample for each in rounds for sample in each.samples))
    return {
        "writes": sum(each.edits for each in rounds),
        "deliveries": sum(each.deliveries for each in rounds),
        "faults": sum(each.injected for each in rounds),
        **{name: sum(counts[name] for counts in columns) for name in COLUMNS},
        "slowest_delivery_s": round(max(each.slowest_delivery for each in rounds), 2),
        "longest_outage_s": round(max(each.longest_outage for each in rounds), 2),
        "slowest_convergence_s": round(max(each.slowest_convergence for each in rounds), 2),
        "oldest_socket_s": round(max(each.oldest_socket for each in rounds)),
        "processes": [process.report() for process in processes],
        "leaks": [leak for process in processes for leak in process.leaks],
        "rounds": [
            {
                "fault": each.fault,
                "seed": each.seed,
                "seconds": round(each.seconds, 1),
                "injected": each.injected,
                "writes": each.edits,
                "deliveries": each.deliveries,
                "resumed": each.resumed,
                "copied": each.copied,
                "slowest_delivery_s": round(each.slowest_delivery, 2),
                "longest_outage_s": round(each.longest_outage, 2),
                "slowest_convergence_s": round(each.slowest_convergence, 2),
                "memory_mb": {own.process: round(own.memory / 1e6, 1) for own in each.samples},
                "findings": [finding._asdict() for finding in each.findings],
            }
            for each in rounds
        ],
    }
