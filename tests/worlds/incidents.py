"""What happens in a world, and when: edits, lost connections, killed processes, outages."""

from __future__ import annotations

import random
from dataclasses import dataclass

SECONDS = 4.0
"""How long incidents happen; then everything heals."""

EDITS = {"add": 5, "tick": 6, "remove": 2, "bulk": 1}
ACCESS_EDITS = {"dismiss": 3, "admit": 3, "demote": 1, "delete": 1, "restore": 1}
CLIENT_INCIDENTS = {
    "cut": 4,
    "lose_connection": 2,
    "stop_reading": 3,
    "subscribe": 2,
    "subscribe_anew": 1,
    "unsubscribe": 1,
    "reopen_page": 2,
    "new_page": 1,
}
PROCESS_INCIDENTS = {"kill": 4, "stop": 1, "pause": 2}
SHARED_INCIDENTS = {
    "layer_down": 3,
    "layer_forgets": 1,
    "layer_forgets_channel": 2,
    "database_down": 2,
    "database_goes_back": 2,
    "new_epoch": 1,
    "prune": 1,
}


@dataclass(frozen=True)
class Incident:
    """One incident. What it concerns is chosen by its numbers."""

    key: str
    at: float
    kind: str
    which: int
    number: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """How large a world is, how much goes wrong in it, and what happens."""

    processes: int
    clients: int
    lists: int
    limits: dict[str, int]
    rates: dict[str, float]
    capacity: int
    incidents: tuple[Incident, ...]


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed. Worlds are small, and differ in what goes wrong."""
    rng = random.Random(seed * 2 + 1)
    is_hard = rng.random() < 0.8
    incidents = _incidents(rng, is_hard=is_hard)
    return Plan(
        processes=rng.choice((1, 2, 2, 2, 3)),
        clients=rng.choice((1, 2, 2, 3, 4)),
        lists=rng.choice((1, 1, 1, 2)),
        limits=_limits(rng),
        rates=_rates(rng) if is_hard else {"write": 0.5, "layer": 0.3},
        capacity=rng.choice((1, 2, 4, 16)),
        incidents=tuple(incidents),
    )


def _incidents(rng: random.Random, *, is_hard: bool) -> list[Incident]:
    kinds = _weights(EDITS, rng.randint(4, 14))
    if is_hard:
        for weights in (ACCESS_EDITS, CLIENT_INCIDENTS, PROCESS_INCIDENTS, SHARED_INCIDENTS):
            kinds += _weights(weights, rng.choice((0, 0, 1, 2, 4)))
    incidents = []
    for weights in kinds:
        kind = rng.choices(list(weights), list(weights.values()))[0]
        at = round(rng.random() * SECONDS * rng.choice((0.1, 1.0, 1.0)), 4)
        seconds = rng.choice((0.01, 0.1, 0.5, 1.2, 3.0))
        number = rng.randrange(1000)
        incidents.append(Incident("", at, kind, rng.randrange(12), number, seconds))
    incidents.sort(key=lambda incident: incident.at)
    return [
        Incident(f"{n} {each.kind}", each.at, each.kind, each.which, each.number, each.seconds)
        for n, each in enumerate(incidents)
    ]


def _weights(weights: dict[str, int], count: int) -> list[dict[str, int]]:
    return [weights] * count


def _limits(rng: random.Random) -> dict[str, int]:
    limits = {
        "kept_changes": rng.choice((1, 2, 4, 128)),
        "early_changes": rng.choice((1, 3, 1000)),
        "queued_frames": rng.choice((1, 2, 4, 256)),
        "resumed_changes": rng.choice((2, 4, 500)),
        "snapshot_items": rng.choice((1, 2, 2000)),
        "cached_readings": rng.choice((1, 8)),
        "batch_frames": rng.choice((1, 2, 128)),
        "slice_deliveries": rng.choice((1, 250)),
    }
    if rng.random() < 0.1:
        limits["message_bytes"] = 700
    return limits


def _rates(rng: random.Random) -> dict[str, float]:
    return {
        kind: rng.choice((0.0, 0.05, 0.2, 0.5))
        for kind in ("layer", "call", "read", "link", "write", "outcome", "connect")
    }
