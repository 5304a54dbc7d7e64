"""What of the counts of a process is not in the rollups yet, slot by slot. Pure.

A slot is the shortest step of the rollups. A process notes its counts at the end of each slot.
Nothing depends on when these notes are read: what a slot adds to the rollups is the difference
between its note and what is in the rollups by then, so each count gets into exactly one slot.
"""

from __future__ import annotations

from typing import NamedTuple

from live.history.counts import Counts, PendingSlot

SLOT_SECONDS = 10
MAX_PENDING_SLOTS = 60
"""Slots that a process keeps while nobody writes rollups. Older ones join the one after them."""


def slot_of(at: float) -> int:
    """Return the start of the slot of a moment (Unix time in seconds)."""
    return int(at) // SLOT_SECONDS * SLOT_SECONDS


class SlotCounts(NamedTuple):
    """What a process counted in one slot."""

    slot: int
    counts: Counts


class Unrolled(NamedTuple):
    """What is not in the rollups, and what is in them together with it."""

    slots: list[SlotCounts]
    rolled_up: Counts


def unrolled(pending: list[PendingSlot], rolled_up: Counts) -> Unrolled:
    """Return what a process counted by the end of each slot and is not in the rollups."""
    slots: list[SlotCounts] = []
    for state in _after(pending, rolled_up):
        slots.append(SlotCounts(state.slot, state.counts - rolled_up))
        rolled_up = state.counts
    return Unrolled(slots, rolled_up)


def with_ended(
    pending: list[PendingSlot], ended: PendingSlot, rolled_up: Counts
) -> list[PendingSlot]:
    """Return the slots to store when one more has ended."""
    return _after([*pending, ended], rolled_up)[-MAX_PENDING_SLOTS:]


def _after(pending: list[PendingSlot], rolled_up: Counts) -> list[PendingSlot]:
    """Return the states that are later than the one that is in the rollups.

    They are not compared by their times: a clock may be set back.
    """
    states, size = [], rolled_up.size
    for state in pending:
        if state.counts.size > size:
            states.append(state)
            size = state.counts.size
    return states
