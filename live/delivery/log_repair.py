"""Finds changes in the log that the channel layer did not bring.

A change may be missing because a message was lost, or because a process crashed
between commit and publish. A later message shows the gap. If there is no later
message, the periodic comparison of all positions finds it. The same comparison finds
that the database went back: an older copy was restored, or a replica that lagged took
over. Then the delivered changes never happened, and all subscribers read the list again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from live.counters import counters
from live.db_threads import MAX_THREADS, run_in_db_thread
from live.delivery.change_log import list_states, read_tail
from live.delivery.ordered_delivery import OrderedDelivery
from live.delivery.watched_list import WatchedList
from live.delivery_meter import DeliveryMeter
from live.intervals import Intervals
from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)

REPAIRS_AT_ONCE = MAX_THREADS - 1
"""Readings at once after a comparison, so that one thread is left for the sockets."""


class LogRepair:
    """Reads missing changes of the watched lists from the log and delivers them."""

    def __init__(
        self,
        *,
        watched_lists: Mapping[UUID, WatchedList],
        delivery: OrderedDelivery,
        before_restart: Callable[[], Awaitable[None]],
        intervals: Intervals,
        meter: DeliveryMeter,
    ) -> None:
        """`before_restart` is awaited before the subscribers of a list read it again."""
        self._meter = meter
        self._watched_lists = watched_lists
        self._delivery = delivery
        self._before_restart = before_restart
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
            sequence = watched_list.sequence
            if sequence is None or not (sequence.has_gap or sequence.is_contradicted):
                return  # the missing change was only late
        try:
            await self._read_missing(watched_list)
        except Exception as error:
            is_unknown = database_trouble(error) is None
            list_id = watched_list.list_id
            logger.warning("list %s could not be repaired: %r", list_id, error, exc_info=is_unknown)

    async def _read_missing(self, watched_list: WatchedList) -> None:
        sequence = watched_list.sequence
        if sequence is None:
            return
        counters.repairs += 1
        self._meter.errors["relay"].add()
        start = sequence.position
        state, tail = await run_in_db_thread(
            read_tail, watched_list.list_id, epoch=start.epoch, since=start.version
        )
        if watched_list.sequence is not sequence:
            return
        if not self._delivery.apply_log(watched_list, start, state, tail):
            await self._before_restart()
            if state is not None and watched_list.sequence is sequence:
                self._delivery.restart(watched_list, state.position)

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
        starts = {
            watched_list: watched_list.position for watched_list in self._watched_lists.values()
        }
        list_ids = [watched_list.list_id for watched_list, start in starts.items() if start]
        if not list_ids:
            return
        states = await run_in_db_thread(list_states, list_ids)
        repairs: list[asyncio.Task[None]] = []
        for watched_list, start in starts.items():
            state = states.get(watched_list.list_id)
            if not start or not watched_list.needs_repair(start, state):
                continue
            if len(repairs) == REPAIRS_AT_ONCE:
                # If all messages are late, every list is behind. Most arrive while others are read.
                await asyncio.wait(repairs)
                repairs = []
                if not watched_list.needs_repair(start, state):
                    continue
            repairs.append(self.repair(watched_list))
