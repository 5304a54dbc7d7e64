"""How the C library gives memory back to the operating system.

glibc maps large blocks one by one and returns them when they are freed. But each such block that
is freed raises its idea of "large", up to 32 MB. After a few long lists it cuts all blocks from
its heap, where a small one behind them keeps them from being returned. Measured with a list of
10,000 items: an export of 16 MB needed 44 MB at its peak, and 16 MB with a fixed limit.

It also gives each thread a heap of its own, up to eight for each core, and what is freed in one
heap is not used by the others. Python's lock lets one thread run at a time, so two heaps suffice:
in runs of 20 minutes (docs/proof.md) processes grew half as fast with them.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE = 256 * 1024
"""Bytes from which a block has a mapping of its own."""
_M_ARENA_MAX = -8
MAX_HEAPS = 2


def settle() -> None:
    """Keep the size of a large block as it is, and the number of heaps small.

    Call it before threads are started. Other C libraries than glibc need nothing.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_ARENA_MAX, MAX_HEAPS)
