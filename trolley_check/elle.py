"""Writes a history for Elle, so that nobody has to trust the judge of this folder.

Elle (github.com/jepsen-io/elle) checks histories of transactions. A list is a key, an edit
appends its number to the list of that key, and every version that a client has is a read of
all numbers so far: the model `list-append`. The file is in EDN, one operation a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from trolley_check.history import Applied, Event, Invoked, Responded

READ_EVERY = 10
"""Every tenth change of a client is written as a read: each repeats all numbers before it."""


def operations(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of the file."""
    events = sorted(events, key=lambda event: event.time)
    numbers = {event.op: n for n, event in enumerate(_invocations(events), start=1)}
    keys = {name: n for n, name in enumerate(sorted({event.list for event in events}))}
    processes: dict[str, int] = {}
    order = _orders(events, numbers)
    counts: dict[str, int] = defaultdict(int)
    index = 0
    for event in events:
        process = processes.setdefault(event.client, len(processes))
        key = keys[event.list]
        for kind, value in _steps(event, numbers, order, counts, key):
            time = int(event.time * 1e9)
            yield (
                f"{{:index {index} :type :{kind} :process {process} :time {time} :f :txn "
                f":value [{value}]}}"
            )
            index += 1


def _invocations(events: Iterable[Event]) -> Iterator[Invoked]:
    return (event for event in events if isinstance(event, Invoked))


def _orders(events: Iterable[Event], numbers: dict[str, int]) -> dict[str, list[tuple[int, int]]]:
    """Return the versions of each list, each with the number of its edit."""
    versions: dict[str, dict[int, int]] = defaultdict(dict)
    for event in events:
        if isinstance(event, Applied) and event.op in numbers:
            versions[event.list].setdefault(event.version, numbers[event.op])
    return {name: sorted(each.items()) for name, each in versions.items()}


def _steps(
    event: Event,
    numbers: dict[str, int],
    order: dict[str, list[tuple[int, int]]],
    counts: dict[str, int],
    key: int,
) -> Iterator[tuple[str, str]]:
    if isinstance(event, Invoked):
        yield "invoke", f"[:append {key} {numbers[event.op]}]"
    elif isinstance(event, Responded) and event.op in numbers:
        kind = "ok" if event.is_saved else "fail" if event.is_refused else "info"
        yield kind, f"[:append {key} {numbers[event.op]}]"
    elif isinstance(event, Applied):
        counts[event.client] += 1
        if counts[event.client] % READ_EVERY == 0:
            seen = [n for version, n in order.get(event.list, ()) if version <= event.version]
            yield "invoke", f"[:r {key} nil]"
            yield "ok", f"[:r {key} [{' '.join(map(str, seen))}]]"
