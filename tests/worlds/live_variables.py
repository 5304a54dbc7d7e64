"""Which variables a suspended coroutine may read again. The others have no effect."""

from __future__ import annotations

import dis
import functools
from types import CodeType

ENDS = frozenset({"RETURN_VALUE", "RAISE_VARARGS", "RERAISE"})
JUMPS = frozenset({"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
"""The instructions after which the next one does not follow."""
SETS = frozenset({"STORE_FAST", "DELETE_FAST"})


@functools.cache
def live_variables(code: CodeType, offset: int) -> frozenset[str]:
    """Return the variables that may be read after the instruction at an offset."""
    after = _live_after(code)
    return after[offset] | frozenset(code.co_cellvars) | frozenset(code.co_freevars)


@functools.cache
def _live_after(code: CodeType) -> dict[int, frozenset[str]]:
    """Return the variables that are read after each instruction, before they are set."""
    instructions = list(dis.get_instructions(code))
    following = _following(code, instructions)
    before: dict[int, frozenset[str]] = {each.offset: frozenset() for each in instructions}
    after = dict(before)
    is_changing = True
    while is_changing:
        is_changing = False
        for each in reversed(instructions):
            live = frozenset().union(*(before[offset] for offset in following[each.offset]))
            after[each.offset] = live
            if each.opname in SETS:
                live -= {each.argval}
            elif each.opname.startswith("LOAD_FAST"):
                live |= {each.argval}
            if live != before[each.offset]:
                before[each.offset] = live
                is_changing = True
    return after


def _following(code: CodeType, instructions: list[dis.Instruction]) -> dict[int, set[int]]:
    """Return what may run after each instruction, also after an exception."""
    following: dict[int, set[int]] = {}
    for each, following_one in zip(instructions, [*instructions[1:], None], strict=True):
        offsets = following[each.offset] = set()
        if each.opcode in {*dis.hasjrel, *dis.hasjabs}:
            offsets.add(each.argval)
        if following_one is not None and each.opname not in ENDS | JUMPS:
            offsets.add(following_one.offset)
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        for offset, offsets in following.items():
            if entry.start <= offset < entry.end:
                offsets.add(entry.target)
    return following
