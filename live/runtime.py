"""The parts of one process, created and connected once for each event loop.

Everything that is bound to an event loop belongs to a runtime, so each loop (each
test) can have its own. Servers with lifespan call `start`; under other servers
the first request or socket starts the runtime.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from live.connections import probes
from live.connections.access_tracker import AccessTracker
from live.connections.admission import AdmissionControl
from live.connections.connection import Connection
from live.connections.overview_topics import OverviewTopics
from live.connections.people_topic import PeopleTopic
from live.connections.presence import Presence
from live.connections.registry import ConnectionRegistry
from live.connections.screens import Screens
from live.connections.subscriptions import Subscriptions
from live.connections.trip_access import TripAccess
from live.connections.visits import Visits
from live.counters import counters
from live.cpu_meter import dashboard_cpu
from live.delivery import local_bus
from live.delivery.hub import Hub
from live.delivery.local_bus import GroupMessage
from live.delivery.relay import Relay
from live.delivery_meter import DeliveryMeter
from live.history.recorder import HistoryRecorder
from live.history.window_topics import WindowTopics
from live.intervals import Intervals
from live.metrics.alert_plan import AlertPlan
from live.metrics.alert_poster import AlertPoster
from live.metrics.dashboard_topic import DashboardTopic
from live.metrics.delivery_topic import DeliveryTopic
from live.metrics.health_monitor import HealthMonitor
from live.metrics.lagging_screens import LaggingScreens
from live.metrics.list_screens_topic import ListScreensTopic
from live.metrics.loop_lag import LoopLag
from live.metrics.machine_monitor import MachineMonitor
from live.metrics.machine_topic import Load, MachineTopic, storage_of
from live.metrics.measured_signals import signal_meter
from live.metrics.process_reading import ProcessReader
from live.metrics.route_meter import route_meter
from live.metrics.routes_topic import RoutesTopic
from live.metrics.sampler import Population, Sampler
from live.metrics.screens_topic import ScreensTopic
from live.metrics.signals_topic import SignalsTopic
from live.metrics.ticker_topic import TickerTopic
from live.metrics.traces_topic import TracesTopic
from live.metrics.unread_sockets import UnreadSockets
from live.metrics.verdict import LaggingScreen
from live.metrics.verdict_topic import LocalFacts, Verdict, VerdictTopic
from live.metrics.viewer_traffic import ViewerTraffic
from live.noop import noop
from live.periodic_tasks import PeriodicTasks
from live.protocol.frames import CloseCode
from live.protocol.topics import ROUTES, STAFF_VERDICT, VERDICT


class Runtime:
    """Owns the hub, the relay, the sockets and the periodic tasks of one event loop."""

    def __init__(self, intervals: Intervals | None = None) -> None:
        self.intervals = intervals or Intervals().scaled(settings.LIVE_TIME_SCALE)
        self.is_draining = False
        self._loop = asyncio.get_running_loop()
        self._process = process = secrets.token_hex(6)
        self._started_at = time.time()
        self.admission = AdmissionControl(rate=settings.HANDSHAKES)
        self.meter = DeliveryMeter()
        self.hub = Hub(loop=self._loop, on_delivered=_observe_delivery, meter=self.meter)
        self.registry = ConnectionRegistry()
        self.access = AccessTracker(self.registry, doubt_timeout=self.intervals.doubt_timeout)
        self.relay = Relay(
            hub=self.hub,
            access_listener=self.access,
            before_restart=self._check_access,
            intervals=self.intervals,
            meter=self.meter,
        )
        self.presence = Presence(
            process=process,
            hub=self.hub,
            publish=self.relay.publish,
            position=self.relay.position,
            intervals=self.intervals,
        )
        self.trip_access = TripAccess(presence=self.presence, intervals=self.intervals)
        self.screens = Screens(
            self.relay, meter=self.meter, confirm_delay=self.intervals.confirm_delay
        )
        self.visits = Visits(
            process=process,
            registry=self.registry,
            presence=self.presence,
            screens=self.screens,
            position=self.relay.position,
            publish=self.relay.publish,
        )
        self.presence.on_announced = self.visits.note
        self.overview_topics = OverviewTopics(
            process=process,
            registry=self.registry,
            access=self.access,
            send_to_others=self.relay.layer_client.send,
            intervals=self.intervals,
        )
        self.access.on_granted = self.overview_topics.on_granted
        self.people_topic = PeopleTopic(
            registry=self.registry, access=self.access, presence=self.presence
        )
        self.health_monitor = HealthMonitor(
            is_needed=self._is_verdict_read, intervals=self.intervals
        )
        self.loop_lag = LoopLag()
        self.machine_monitor = MachineMonitor(
            redis=lambda: self.relay.layer_client.redis,
            dashboard_cpu=dashboard_cpu,
            intervals=self.intervals,
        )
        self._lagging_screens = LaggingScreens(self.intervals)
        self._unread_sockets = UnreadSockets(self.registry, interval=self.intervals.sample_interval)
        self.alert_poster = self._create_alert_poster()
        self.verdict = self._create_verdict()
        traffic = ViewerTraffic()
        dashboard_topics: list[DashboardTopic] = [
            SignalsTopic(signal_meter),
            VerdictTopic(VERDICT, self.verdict),
            VerdictTopic(STAFF_VERDICT, self.verdict),
            RoutesTopic(route_meter, lambda: self.hub.subscribers(ROUTES)),
            TickerTopic(route_meter),
            DeliveryTopic(self.meter, registry=self.registry, hub=self.hub, screens=self.screens),
            ScreensTopic(
                process,
                registry=self.registry,
                screens=self.screens,
                unread=self._unread_sockets,
            ),
            TracesTopic(process, registry=self.registry, meter=self.meter),
            self._create_machine_topic(traffic),
            self._create_list_screens_topic(),
        ]
        self.sampler = Sampler(
            process=process,
            hub=self.hub,
            population=self._population,
            topics=dashboard_topics,
            publish=self.relay.publish,
            traffic=traffic,
            intervals=self.intervals,
        )
        self.history = HistoryRecorder(
            process=process,
            version=settings.VERSION,
            snapshot=self.sampler.snapshot,
            restore=self.sampler.restore,
            refresh=self.sampler.refresh,
            is_sample_missing=self._is_sample_missing,
            conditions=self.verdict.spans,
            intervals=self.intervals,
        )
        self.window_topics = WindowTopics(self.hub)
        self.subscriptions = Subscriptions(
            hub=self.hub,
            relay=self.relay,
            access=self.access,
            presence=self.presence,
            screens=self.screens,
            overview_topics=self.overview_topics,
            people_topic=self.people_topic,
            counter_history=self.sampler.aggregator.history,
            dashboard_topics={topic.name for topic in dashboard_topics},
            window_topics=self.window_topics,
            intervals=self.intervals,
            meter=self.meter,
        )
        self.periodic_tasks = PeriodicTasks(
            registry=self.registry,
            access=self.access,
            overview_topics=self.overview_topics,
            presence=self.presence,
            visits=self.visits,
            people_topic=self.people_topic,
            health_monitor=self.health_monitor,
            machine_monitor=self.machine_monitor,
            sampler=self.sampler,
            history=self.history,
            window_topics=self.window_topics,
            intervals=self.intervals,
        )

    def start(self) -> None:
        """Start. It returns at once and needs neither the database nor the channel layer."""
        self.relay.register_handler("live.presence", self.presence.receive_remote)
        self.relay.register_handler("live.visited", self.visits.receive_remote)
        self.relay.register_handler("live.sample", self.sampler.receive_remote)
        self.relay.register_handler("live.revoked", self._handle_revoked)
        self.relay.register_handler("live.disconnect", self._handle_disconnect)
        self.relay.register_handler("live.probe", probes.receive_remote)
        self.relay.register_handler("live.lists_changed", self.overview_topics.receive_remote)
        self.relay.start()
        self.overview_topics.start()
        self.history.start()
        local_bus.register(self.submit)
        self.loop_lag.start()
        self.periodic_tasks.start()

    async def drain(self) -> None:
        """Close all sockets with a time to reconnect. A second call does no harm."""
        self.is_draining = True
        connections = list(self.registry.all_connections())
        spread = max(self.intervals.drain_timeout, len(connections) / settings.HANDSHAKES)
        for connection in connections:
            retry_in = round(random.uniform(0.1, 1.0) * spread, 2)  # noqa: S311
            connection.close(CloseCode.RESTARTING, "restarting", retry_in=retry_in)
        if connections:
            drains = [
                asyncio.ensure_future(connection.writer.drain()) for connection in connections
            ]
            _, unfinished = await asyncio.wait(drains, timeout=self.intervals.drain_timeout)
            for task in unfinished:
                task.cancel()

    async def stop(self) -> None:
        """Drain, notify the other processes, and stop all parts."""
        await self.drain()
        local_bus.unregister(self.submit)
        for connection in list(self.registry.all_connections()):
            connection.abort()
        self.presence.close()
        await self.periodic_tasks.stop()
        with contextlib.suppress(Exception):
            await self.visits.save()
        self.loop_lag.stop()
        await self.machine_monitor.stop()
        await self.history.stop()
        self.verdict.is_stopping = True
        self.sampler.tick(time.monotonic())
        if self.alert_poster is not None:
            self.alert_poster.stop()
        await self.overview_topics.stop()
        await self.relay.stop()
        self.hub.close()

    def submit(self, group_message: GroupMessage) -> None:
        """Publish a message. It may be called from any thread (local_bus.Handler)."""
        self._loop.call_soon_threadsafe(self._publish, group_message)

    def add_connection(self, connection: Connection) -> None:
        """Add a new socket."""
        connection.on_unsubscribe = self.subscriptions.on_unsubscribe
        connection.on_lagging = self.subscriptions.on_lagging
        self.registry.add(connection)

    def remove_connection(self, connection: Connection, client_code: int) -> None:
        """Remove a disconnected socket. `client_code` counts if the server did not close it."""
        code = connection.close_code
        self.meter.socket_closed(client_code if code is None else code, is_ours=code is not None)
        if code is not None and connection.identity is None:
            self.meter.handshake_refused(code.name.lower())
        connection.discard()
        self.registry.remove(connection)
        self.visits.save_soon()

    def _publish(self, group_message: GroupMessage) -> None:
        if group_message.message["type"] == "live.change":
            self._measure_writing(group_message.message)
        self.relay.publish(group_message)
        if group_message.message["type"] == "live.change":
            self.overview_topics.note_change(group_message.message)

    def _measure_writing(self, change: dict[str, Any]) -> None:
        """Count how long a change of this process took until now, and note the time."""
        change["sent_at"] = time.time()
        seconds_since_commit = change["sent_at"] - change["committed_at"]
        self.meter.hops["publisher"].observe(max(0.0, seconds_since_commit) * 1000)
        durations = {hop: seconds * 1000 for hop, seconds in change.pop("seconds", {}).items()}
        for hop, milliseconds in durations.items():
            self.meter.hops[hop].observe(milliseconds)
        if self.meter.tracer is not None:
            durations["publisher"] = max(0.0, seconds_since_commit) * 1000
            self.meter.tracer.change_written(change, durations)

    def _population(self) -> Population:
        return Population(
            self.registry.connection_count, self.registry.user_ids, self.screens.count()
        )

    def _create_machine_topic(self, traffic: ViewerTraffic) -> MachineTopic:
        return MachineTopic(
            self._process,
            version=settings.VERSION,
            threads=settings.REQUEST_THREADS,
            reader=ProcessReader(dashboard_cpu),
            loop_lag=self.loop_lag,
            monitor=self.machine_monitor,
            meter=route_meter,
            traffic=traffic,
            load=lambda: Load(self.registry.connection_count, sum(self.screens.count())),
            alert_host=None if self.alert_poster is None else self.alert_poster.host,
        )

    def _create_list_screens_topic(self) -> ListScreensTopic:
        topic = ListScreensTopic(self.screens, self.people_topic.has_subscribers)
        self.people_topic.list_screens = topic.counts
        return topic

    def _is_sample_missing(self) -> bool:
        """Tell whether another process is silent, or cannot be heard."""
        is_heard = self.relay.layer_client.is_up
        return not is_heard or self.sampler.is_process_late(time.monotonic())

    # The verdict.

    @property
    def _time_scale(self) -> float:
        return self.intervals.sample_interval / Intervals.sample_interval

    def _create_alert_poster(self) -> AlertPoster | None:
        if not settings.ALERT_URL:
            return None
        return AlertPoster(
            settings.ALERT_URL, page_url=settings.PUBLIC_URL, time_scale=self._time_scale
        )

    def _create_verdict(self) -> Verdict:
        poster = self.alert_poster
        return Verdict(
            process=self._process,
            local_facts=self._local_facts,
            sample=lambda: self.sampler.aggregator.latest,
            is_layer_up=lambda: self.relay.layer_client.is_up,
            layer_name="Redis" if settings.REDIS_URL else "The channel layer",
            alert_plan=AlertPlan(
                process=self._process, started_at=self._started_at, time_scale=self._time_scale
            ),
            on_alert=noop if poster is None else poster.post,
            time_scale=self._time_scale,
        )

    def _is_verdict_read(self) -> bool:
        has_readers = self.sampler.aggregator.watched & {VERDICT, STAFF_VERDICT}
        return bool(has_readers) or self.alert_poster is not None

    def _local_facts(self) -> LocalFacts:
        now, monitor = time.monotonic(), self.health_monitor
        storage = storage_of(self._process, self.machine_monitor.readings)
        return LocalFacts(
            started_at=self._started_at,
            capacity=settings.REQUEST_THREADS,
            database=monitor.database(now),
            lagging=list(self._lagging(now)),
            free_bytes=monitor.free_bytes,
            last_edit=monitor.last_edit,
            went_back_at=self.meter.went_back_at,
            days_left=None if storage is None else storage.days_left,
            lag_ms=self.loop_lag.percentiles()["p99"],
        )

    def _lagging(self, now: float) -> list[LaggingScreen]:
        stalled: Iterable[tuple[Connection, float]] = ()
        if self._is_verdict_read():
            self._unread_sockets.look()
            stalled = self._unread_sockets.stalled(self.intervals.stalled_socket_lag)
        return self._lagging_screens.update(self.screens.behind(), now, stalled)

    async def _check_access(self) -> None:
        # The members that were read before may belong to a history that never happened.
        await self.periodic_tasks.reconcile_access(is_thorough=True)

    def _handle_revoked(self, message: dict[str, Any]) -> None:
        self.registry.revoke(
            user_id=message.get("user_id"),
            session=message.get("session"),
            token=message.get("token"),
        )

    def _handle_disconnect(self, message: dict[str, Any]) -> None:
        connection = self.registry.find(message["connection"])
        if connection is not None:
            connection.close(CloseCode.TOO_SLOW, "disconnected by staff")
            if connection.writer.is_blocked:
                connection.abort()  # it would not read the `bye`


def _observe_delivery(commit_times: list[float]) -> None:
    now = time.time()
    for committed_at in commit_times:
        counters.delivery.observe(max(0.0, now - committed_at) * 1000)


_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()


def get_runtime(intervals: Intervals | None = None) -> Runtime:
    """Return the runtime of the running event loop. Start it if there is none."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        runtime = _runtimes[loop] = Runtime(intervals)
        runtime.start()
    return runtime


def get_running() -> Runtime | None:
    """Return the runtime of this process, or None if there is none. Works in any thread."""
    return next(iter(_runtimes.values()), None)


async def start() -> None:
    """Start the runtime of this process."""
    get_runtime()


async def drain() -> None:
    """Close all sockets. Call it before the server closes them without a `bye`."""
    runtime = _runtimes.get(asyncio.get_running_loop())
    if runtime is not None:
        await runtime.drain()


async def stop() -> None:
    """Stop the runtime of this process, if there is one. A second call does nothing."""
    runtime = _runtimes.pop(asyncio.get_running_loop(), None)
    if runtime is not None:
        await runtime.stop()
