"""Finds changes in the log that the channel layer did not bring.

A change may be missing because a message was lost, or because a process crashed
between commit and publish. A later message shows the gap. If there is no later
message, the periodic comparison of all versions finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID

from live.counters import counters
from live.db_threads import run_in_db_thread
from live.delivery.change_log import list_states, read_tail
from live.delivery.ordered_delivery import OrderedDelivery
from live.delivery.watched_list import WatchedList
from live.intervals import Intervals

logger = logging.getLogger(__name__)


class LogRepair:
    """Reads missing changes of the watched lists from the log and delivers them."""

    def __init__(
        self,
        *,
        watched_lists: Mapping[UUID, WatchedList],
        delivery: OrderedDelivery,
        intervals: Intervals,
    ) -> None:
        self._watched_lists = watched_lists
        self._delivery = delivery
        self._intervals = intervals
        self._reconcile_requested = asyncio.Event()
        self._reconcile_task: asyncio.Task[None] | None = None
        self._repair_tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start to reconcile periodically."""
        self._reconcile_task = asyncio.ensure_future(self._keep_reconciling())

    async def stop(self) -> None:
        """Stop all reading."""
        tasks = [*self._repair_tasks, *([self._reconcile_task] if self._reconcile_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def request_reconcile(self) -> None:
        """Compare all versions now, and not only after the interval."""
        self._reconcile_requested.set()

    def repair(self, watched_list: WatchedList, *, delay: float = 0.0) -> asyncio.Task[None]:
        """Start to read what is missing; one reading at a time for each list."""
        if watched_list.repair_task is None or watched_list.repair_task.done():
            task = asyncio.ensure_future(self._repair(watched_list, delay))
            watched_list.repair_task = task
            self._repair_tasks.add(task)
            task.add_done_callback(self._repair_tasks.discard)
        return watched_list.repair_task

    async def _repair(self, watched_list: WatchedList, delay: float) -> None:
        if delay:
            await asyncio.sleep(delay)
            if watched_list.sequence is None or not watched_list.sequence.has_gap:
                return  # the missing change was only late
        try:
            await self._read_missing(watched_list)
        except Exception:
            logger.warning("list %s could not be repaired", watched_list.list_id, exc_info=True)

    async def _read_missing(self, watched_list: WatchedList) -> None:
        sequence = watched_list.sequence
        if sequence is None:
            return
        counters.repairs += 1
        state, tail = await run_in_db_thread(
            read_tail, watched_list.list_id, epoch=sequence.epoch, since=sequence.version
        )
        if watched_list.sequence is sequence:
            self._delivery.apply_log(watched_list, sequence, state, tail)

    async def _keep_reconciling(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._intervals.reconcile_interval):
                    await self._reconcile_requested.wait()
            except TimeoutError:
                pass
            self._reconcile_requested.clear()
            try:
                await self._reconcile()
            except Exception as error:
                logger.warning("the lists could not be reconciled: %r", error)

    async def _reconcile(self) -> None:
        known = {
            list_id: watched_list
            for list_id, watched_list in self._watched_lists.items()
            if watched_list.sequence
        }
        if not known:
            return
        states = await run_in_db_thread(list_states, known)
        for list_id, watched_list in known.items():
            if watched_list.is_behind(states.get(list_id)):
                self.repair(watched_list)
