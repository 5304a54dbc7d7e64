"""What `./run bench --published` runs: every figure of docs/performance.md that has a target.

The sizes are chosen so that three runs of all take at most 25 minutes on a quiet machine
with two cores. The scenarios have their full sizes without `--published`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.runner import Block
from bench.scenarios import SCENARIOS
from bench.targets import Stack

SQLITE = Stack("uvicorn", "memory", "sqlite")
POSTGRES = Stack("uvicorn", "redis-pubsub", "postgres")
DAPHNE = Stack("daphne", "memory", "sqlite")

TROLLEY = ("trolley",)
COMPARED = ("plain", "trolley")
WITH_REFERENCES = (*COMPARED, "websockets", "node ws")


def block(name: str, *stacks: Stack, targets: tuple[str, ...], takes: float, **sizes: Any) -> Block:
    """Return a scenario with other sizes; a run of one server takes about `takes` seconds."""
    scenario = replace(SCENARIOS[name], **sizes)
    return Block(scenario, stacks or (SQLITE,), frozenset(targets), takes)


PUBLISHED = (
    block("F1", targets=WITH_REFERENCES, takes=7, seconds=3),
    block("F1", POSTGRES, DAPHNE, targets=COMPARED, takes=9, seconds=3),
    block("F2", targets=WITH_REFERENCES, takes=11, seconds=3, warmup=1),
    block("F3", targets=COMPARED, takes=22, seconds=3),
    block("F4", targets=COMPARED, takes=16, seconds=6),
    block("F5", targets=TROLLEY, takes=22, seconds=6),
    block("E1", SQLITE, POSTGRES, targets=COMPARED, takes=11, seconds=4),
    block("M1", targets=(*COMPARED, "websockets"), takes=16, sockets=5_000, lists=250, hold=3),
    block("R1-lists", targets=TROLLEY, takes=45),
    block("G1", targets=TROLLEY, takes=8, seconds=3),
    block("G1-items", targets=TROLLEY, takes=8, seconds=3),
    block("G1-lists", targets=TROLLEY, takes=12, seconds=3, other_lists=50_000),
    block("G1-log", targets=TROLLEY, takes=20, seconds=3, changes=200_000),
    block("D1", targets=TROLLEY, takes=12),
    block("W1", targets=TROLLEY, takes=20),
    block("W2", targets=TROLLEY, takes=45),
)


def expected_minutes(*, runs: int) -> float:
    """Return how long all of it takes, if every server is available."""
    seconds = sum(
        each.takes * len(each.targets - {"plain", "trolley"})
        + each.takes * len(each.targets & {"plain", "trolley"}) * len(each.stacks)
        for each in PUBLISHED
    )
    return seconds * runs / 60
