"""Examples of all frames, as two users of one list and the server would send them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from live.protocol import frames
from shopping_list.digest import digest_of
from shopping_list.rows import (
    ActivityEntry,
    ActivitySummary,
    Actor,
    Change,
    FieldChange,
    ItemFields,
    ItemPatch,
    ItemRow,
    ListHeader,
    ListRow,
    Member,
    OverviewRow,
    Person,
    Shop,
    Staple,
    topic_of,
)

_LIST_ID = UUID("8f14e45f-ceea-467a-9575-28dca1a0b3f1")
_TOPIC = topic_of(_LIST_ID)
_EPOCH = "k3f9a2xx"
_AT = datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)
_ANA = Person(id=3, name="Ana")
_MEMBERS = (Member(id=3, name="Ana", role="owner"), Member(id=4, name="Bob", role="editor"))
_GROCERIES = ListRow(
    id=_LIST_ID,
    name="Groceries",
    last_interaction=_AT,
    created_at=_AT,
    created_by=_ANA,
    members=_MEMBERS,
    aisles=("Fruit", "Dairy"),
    shops={"Corner shop": Shop(aisles=("Dairy", "Fruit"))},
    staples={"Milk": Staple(quantity="2 l", note="", category="Dairy")},
)
_MILK = ItemRow(
    id=UUID("6512bd43-d9ca-4e02-8990-b0a82652dca7"),
    name="Milk",
    quantity="2 l",
    note="",
    category="",
    purchased=True,
    purchased_at=_AT,
    purchased_by=_ANA,
    position="V",
    version=43,
    created_at=_AT,
    created_by=_ANA,
    updated_at=_AT,
    shops=("Corner shop",),
    not_found_at=None,
)
_BASE = "5f1b3c07e4d2a986"
_DIGEST = digest_of(_GROCERIES, [_MILK])
_POSITION = frames.ListPosition(id=_LIST_ID, epoch=_EPOCH, version=42, digest=_BASE)
_OVERVIEW_ROW = OverviewRow(
    **{field: getattr(_GROCERIES, field) for field in ListHeader.__struct_fields__},
    epoch=_EPOCH,
    version=43,
    digest=_DIGEST,
    items_open=0,
    items_total=1,
)
_TRIP = frames.Trip(
    id=UUID("0f2b1c4e-7a55-4c1d-9e83-5b6d1f0a9c22"), started_at=_AT, shop="Corner shop"
)
_LATER = datetime(2026, 11, 22, 10, 10, 0, 0, UTC)
_FIGURES = frames.RouteFigures(
    requests=6_120,
    statuses={"200": 6_100, "404": 17, "500": 2},
    aborted=1,
    errors=2,
    time_ms=51_408.2,
    latency_ms={"p50": 6.8, "p95": 14.2, "p99": 31.0},
    slowest_ms=840.1,
    histogram=(0, 0, 1_310, 3_890, 860, 48, 9, 1, 0, 1, 0, 0, 0),
    queries=48_960,
    query_ms=20_380.4,
)
_ENDED_REQUEST = frames.EndedRequest(
    at=_AT,
    method="PATCH",
    route="/api/shopping-lists/<id:list_id>/shopping-items/<id:item_id>/",
    status=200,
    ms=840.1,
    queries=8,
    query_ms=812.4,
    request_id="0c44d1f7a9e35b28",
    user="Ana",
)
_ENTRY = ActivityEntry(
    list=_LIST_ID,
    epoch=_EPOCH,
    version=43,
    at=_AT,
    actor=Actor(id=3, name="Ana"),
    verb="item.ticked",
    summary=ActivitySummary(
        items=1,
        members=0,
        list_changed=False,
        names=("Milk",),
        fields={"purchased": FieldChange(before=False, after=True)},
    ),
)

FRAMES: tuple[msgspec.Struct, ...] = (
    frames.Subscribe(id=7, topic=_TOPIC, since=41, epoch=_EPOCH, digest="0c44d1f7a9e35b28"),
    frames.Subscribe(id=8, topic="requests"),
    frames.Subscribe(id=13, topic="requests:1h"),
    frames.Subscribe(id=11, topic="lists"),
    frames.Subscribe(id=12, topic="activity"),
    frames.Unsubscribe(id=9, topic=_TOPIC),
    frames.SetPresence(topic=_TOPIC, state="viewing"),
    frames.SetPresence(topic=_TOPIC, state="viewing", editing=_MILK.id, leaving_at=_LATER),
    frames.SetPresence(topic=_TOPIC, state="shopping", trip=_TRIP, aisles=("Dairy",)),
    frames.Seen(topic=_TOPIC, version=43, digest=_DIGEST, paint_ms=7, held_ms=0),
    frames.Auth(id=1, token="trl_0123456789abcdef"),  # noqa: S106  (an example)
    frames.Ping(id=10),
    frames.Welcome(
        protocol=frames.VERSION,
        server="1.0.0",
        at=_AT,
        connection="c_9xK2mQ7rTzW1",
        user=_ANA,
        lists=(
            frames.KnownList(
                **msgspec.structs.asdict(_POSITION), visited=frames.Visit(version=40, at=_AT)
            ),
        ),
        heartbeat=frames.HEARTBEAT_INTERVAL,
        limits=frames.Limits(),
    ),
    frames.Subscribed(id=7, topic=_TOPIC, epoch=_EPOCH, version=42, digest=_BASE, recovered=True),
    frames.Subscribed(id=8, topic="requests", history={"started": [91_230, 91_233]}),
    frames.Unsubscribed(id=9, topic=_TOPIC),
    frames.Snapshot(
        topic=_TOPIC,
        epoch=_EPOCH,
        version=43,
        digest=_DIGEST,
        part=1,
        parts=1,
        list=_GROCERIES,
        items=(_MILK,),
    ),
    Change(
        topic=_TOPIC,
        epoch=_EPOCH,
        version=43,
        base=_BASE,
        digest=_DIGEST,
        at=_AT,
        actor=_ANA,
        op="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        verb="item.ticked",
        items=(_MILK,),
    ),
    Change(
        topic=_TOPIC,
        epoch=_EPOCH,
        version=43,
        base=_BASE,
        digest=_DIGEST,
        at=_AT,
        actor=_ANA,
        op=None,
        verb="items.unticked",
        patches=(
            ItemPatch(
                ids=(_MILK.id,),
                fields=ItemFields(
                    purchased=False,
                    purchased_at=None,
                    purchased_by=None,
                    version=43,
                    updated_at=_AT,
                ),
            ),
        ),
    ),
    frames.Ended(topic=_TOPIC, reason="deleted"),
    frames.AccessGained(list=_POSITION),
    frames.AccessLost(list=_LIST_ID, by=_ANA, at=_AT),
    frames.Visited(list=_LIST_ID, epoch=_EPOCH, version=43, at=_AT),
    frames.Presence(
        topic=_TOPIC,
        people=(
            frames.PresentPerson(
                id=3,
                name="Ana",
                state="shopping",
                since=_AT,
                device="phone",
                trip=_TRIP,
                aisles=("Dairy",),
            ),
            frames.PresentPerson(
                id=4,
                name="Bob",
                state="viewing",
                since=_AT,
                device="computer",
                editing=_MILK.id,
                leaving_at=_LATER,
            ),
        ),
    ),
    frames.Sample(
        topic="requests",
        at=_AT,
        since=datetime(2026, 11, 1, 9, 30, 0, 0, UTC),
        processes=2,
        started=91_233,
        finished=91_230,
        in_flight=3,
        per_second=12.4,
        per_second_1m=11.8,
        status={"1xx": 0, "2xx": 91_000, "3xx": 12, "4xx": 200, "5xx": 18},
        latency_ms={"p50": 8.1, "p95": 31.0, "p99": 84.2},
        sockets=41,
        people=17,
        changes=5_120,
        delivered=88_211,
        delivery_ms={"p50": 3.1, "p99": 22.0},
        lagging=0,
        screens={"identical": 23, "behind": 1, "different": 0},
        repairs=2,
        resumed=31,
        snapshots=12,
    ),
    frames.Subscribed(id=13, topic="requests:1h"),
    frames.RequestWindow(
        topic="requests:1h",
        start=1_795_338_010,
        end=1_795_341_602,
        step=10,
        update=False,
        heat_bounds_ms=(10, 100, 1000),
        columns={
            "at": [1_795_341_590, 1_795_341_600],
            "started": [120, 14],
            "sockets": [41, None],
            "latency_ms.p95": [31.0, None],
            "latency_ms.heat": [[0, 60, 58, 2], [1, 14]],
        },
        totals=frames.WindowTotals(
            counts={"started": 134},
            latency_ms={"p50": 8.1, "p95": 31.0, "p99": 84.2},
            delivery_ms={"p50": 3.1, "p95": 9.4, "p99": 22.0},
        ),
        marks=(
            frames.Mark(at=_AT, kind="start", process="f3a9c2d1b6e4", version="1.0.0"),
            frames.Mark(
                at=_AT, kind="condition", key="layer", text="Redis does not answer.", until=_AT
            ),
        ),
    ),
    frames.Signals(
        topic="signals",
        at=_AT,
        rows=(
            frames.SignalRow(
                signal="post_save",
                sender="Activity",
                receivers=(
                    frames.SignalReceiver(
                        name="live.receivers.publish_change",
                        does="Broadcast a recorded change after its commit.",
                    ),
                ),
                sends=6_120,
                errors=0,
                last_second=3,
                last_minute=186,
                receiver_us={"p50": 138.0, "p99": 910.0},
                newest=_AT,
            ),
        ),
    ),
    frames.Verdict(
        topic="verdict",
        at=_AT,
        started_at=datetime(2026, 11, 19, 6, 0, tzinfo=UTC),
        state="warning",
        sentence="Redis does not answer since 09:58 UTC. Edits are saved; screens catch up "
        "every 2 s.",
        health={"database": True, "layer": False},
        free_bytes=31_200_000_000,
        days_left=None,
        conditions=(
            frames.Condition(
                key="layer",
                severity="warning",
                since=datetime(2026, 11, 22, 9, 58, tzinfo=UTC),
                until=None,
                text="Redis does not answer",
                note="Edits are saved; screens catch up every 2 s.",
                section="machine",
            ),
        ),
        recent=(),
    ),
    frames.People(
        topic="people",
        people=(
            frames.ActivePerson(
                id=3,
                name="Ana",
                lists=(frames.ListPresence(list=_LIST_ID, state="shopping", since=_AT),),
            ),
        ),
        screens=(frames.ListScreens(list=_LIST_ID, identical=2, behind=1, different=0),),
    ),
    frames.Routes(
        topic="ops:routes",
        at=_AT,
        is_complete=True,
        rows=(
            frames.RouteRow(
                method="PATCH",
                route="/api/shopping-lists/<id:list_id>/shopping-items/<id:item_id>/",
                total=_FIGURES,
                last_minute=None,
            ),
        ),
        exceptions=(
            frames.ExceptionRow(
                kind="django.db.utils.OperationalError",
                method="PATCH",
                route="/api/shopping-lists/<id:list_id>/shopping-items/<id:item_id>/",
                count=2,
                newest=_AT,
                request_id="9f3c1a7b20d4e865",
                code="shopping_list.services.items.edit:88",
            ),
        ),
        networks=(
            frames.NetworkRow(network="203.0.113.7", throttled=12, failed_sign_ins=3, newest=_AT),
        ),
        slowest=(_ENDED_REQUEST,),
        in_flight=(
            frames.OpenRequest(
                method="POST",
                route="/api/shopping-lists/<id:list_id>/shopping-items/bulk/",
                state="running",
                ms=2_104.3,
                request_id="5d0be7c3f1a29684",
                user="Ana",
            ),
        ),
        in_flight_count=1,
    ),
    frames.Ticker(topic="ops:ticker", at=_AT, requests=(_ENDED_REQUEST,), omitted=0),
    frames.Delivery(
        topic="ops:delivery",
        at=_AT,
        hops=(
            frames.DeliveryHop(
                name="commit",
                last_minute=186,
                per_second=3.1,
                p50_ms=4.02,
                p99_ms=9.64,
                errors=None,
            ),
        ),
        relays=(
            frames.RelayTime(process="9f31c04be2a7", last_minute=186, p50_ms=0.41, p99_ms=1.9),
        ),
        budget=frames.DeliveryBudget(
            since=_AT,
            promised=88_211,
            live=88_150,
            resumed=43,
            copied=8,
            withdrawn=10,
            waiting=0,
            lost=0,
            longest_ms=1840.2,
            longest_at=_AT,
        ),
        reporting=3,
        screens=7,
        resumes=31,
        snapshots=12,
        repairs=2,
        mismatches=0,
        close_codes={"1001": 14, "4002": 1},
        refusals={"not_signed_in": 3},
    ),
    frames.ScreenTable(
        topic="ops:screens",
        at=_AT,
        total=7,
        rows=(
            frames.ScreenRow(
                connection="c_9xK2mQ7rTzW1",
                user=_ANA,
                device="Safari on iPad",
                lists=(_LIST_ID,),
                process="9f31c04be2a7",
                since=_AT,
                round_trip_ms=38.2,
                pending_frames=14,
                pending_bytes=9_120,
                oldest_ms=1_204,
                changes_behind=14,
                is_blocked=True,
                state="behind",
            ),
        ),
    ),
    frames.Traces(
        topic="ops:traces",
        at=_AT,
        traces=(
            frames.ChangeTrace(
                list=_LIST_ID,
                epoch="x7f3k9q2",
                version=6120,
                at=_AT,
                actor=_ANA,
                verb="item.ticked",
                hops={"request": 8.1, "recording": 1.2, "commit": 4.0, "publisher": 0.1},
                processes=(
                    frames.TracedProcess(process="9f31c04be2a7", received_ms=0.4, handed_ms=0.6),
                ),
                screens=(
                    frames.TracedScreen(
                        connection="c_9xK2mQ7rTzW1",
                        user=_ANA,
                        device="Safari on iPad",
                        process="9f31c04be2a7",
                        written_ms=0.8,
                        shown_ms=41.0,
                        is_open=True,
                    ),
                ),
                screen_count=1,
            ),
        ),
    ),
    frames.Machine(
        topic="ops:machine",
        at=_AT,
        processes=(
            frames.MachineProcess(
                process="9f31c04be2a7",
                pid=4_711,
                host="pi",
                version="1.0.0",
                started_at=_AT,
                rss_bytes=118_489_088,
                cpu_seconds=812.4,
                cpu_percent=3.2,
                lag_ms={"p50": 0.31, "p99": 2.44},
                threads_busy=1,
                threads=8,
                sockets=41,
                screens=24,
                dashboard_cpu_percent=0.42,
                viewers=2,
                viewer_bytes=3_120,
            ),
        ),
        storage=frames.StorageFigures(
            process="9f31c04be2a7",
            at=_AT,
            size_bytes=31_457_280,
            wal_bytes=4_194_304,
            free_bytes=31_200_000_000,
            total_bytes=62_400_000_000,
            growth_per_day=1_310_720,
            growth_since=_AT,
            days_left=23_803.7,
            history_bytes=4_021_113,
        ),
        database=frames.DatabaseFigures(
            process="9f31c04be2a7",
            at=_AT,
            kind="SQLite",
            version="3.46.1",
            round_trip_ms=0.021,
            connections=None,
            max_connections=None,
            lock_waiters=None,
            lock_wait_ms=0.034,
            transactions_per_second=None,
            checkpoint_at=_AT,
        ),
        redis=frames.RedisFigures(
            process="9f31c04be2a7",
            at=_AT,
            answers=True,
            version="8.0.2",
            memory_bytes=1_572_864,
            clients=6,
            round_trip_ms=0.214,
        ),
        slowest_queries=None,
        alert_host="ntfy.sh",
    ),
    frames.Subscribed(id=11, topic="lists"),
    frames.Overview(topic="lists", part=1, parts=1, lists=(_OVERVIEW_ROW,)),
    frames.OverviewChange(topic="lists", list=_OVERVIEW_ROW),
    frames.ActivityHistory(topic="activity", entries=(_ENTRY,)),
    frames.NewActivity(topic="activity", entry=_ENTRY),
    frames.NewestActivities(
        topic="activity:newest", entries=(_ENTRY,), more={str(_ENTRY.list): 22}
    ),
    frames.Heartbeat(),
    frames.Pong(id=10),
    frames.Error(id=9, code="not_found", message="no such topic"),
    frames.Bye(code=frames.CloseCode.RESTARTING, reason="restarting", retry_in=3.4),
)
