"""What a trial says at its end: findings, and the service levels that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trolley_check.judge import RULES, Verdict
from trolley_check.trial import Outcome

SHOWN_FINDINGS = 5
"""Findings of one rule that are printed."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-int(len(ordered) * share * 1000) // 1000) - 1, 0)]


def service_levels(outcome: Outcome) -> dict[str, Any]:
    """Return what was measured, in milliseconds."""
    return {
        "response_ms": _levels(outcome.response_seconds),
        "edit_to_socket_ms": _levels(outcome.delivery_seconds),
        "reconnect_ms": _levels(outcome.outages),
        "connections_cut": outcome.cuts,
        "resumed": outcome.resumed,
        "copied_again": outcome.copied,
        "revoked_after_ms": (
            None if outcome.revoked_after is None else round(outcome.revoked_after * 1000, 1)
        ),
        "converged_after_ms": (
            None if outcome.converged_after is None else round(outcome.converged_after * 1000, 1)
        ),
    }


def in_words(verdict: Verdict, levels: dict[str, Any] | None) -> str:
    """Return the report for people."""
    lines = [
        f"{verdict.edits} edits, {verdict.deliveries} deliveries to {verdict.clients} clients."
    ]
    for rule, meaning in RULES.items():
        broken = [finding for finding in verdict.findings if finding.rule == rule]
        lines.append(f"  {'BROKEN' if broken else 'kept  '}  {rule:10}  {meaning}")
        lines += [f"            {finding.text}" for finding in broken[:SHOWN_FINDINGS]]
        if len(broken) > SHOWN_FINDINGS:
            lines.append(f"            and {len(broken) - SHOWN_FINDINGS} more")
    for name, value in (levels or {}).items():
        text = value
        if isinstance(value, dict):
            text = ", ".join(f"{key} {number}" for key, number in value.items())
        lines.append(f"  {name.replace('_', ' ')}: {text}")
    return "\n".join(lines)


def as_json(verdict: Verdict, levels: dict[str, Any] | None) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "edits": verdict.edits,
        "deliveries": verdict.deliveries,
        "clients": verdict.clients,
        "findings": [finding._asdict() for finding in verdict.findings],
        "service_levels": levels,
    }


def _levels(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(percentile(seconds, share) * 1000, 1) for name, share in shares.items()}
