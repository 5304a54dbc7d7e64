"""Decides what a world has broken, from its history and from what it has at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from live.delivery.readings import Position
from tests.worlds.client import Client
from tests.worlds.product import Process
from tests.worlds.writer import item_count
from trolley_check.history import Applied, Copied, Ended, Event, OutOfOrder, Responded
from trolley_check.judge import judge

if TYPE_CHECKING:
    from tests.worlds.world import World


def findings_of(world: World) -> list[str]:
    """Return everything that is wrong, each with its rule in front."""
    findings = [f"at once: {problem}" for problem in world.problems]
    findings += [f"at once: {each}" for client in world.clients for each in client.problems]
    findings += _ends(world)
    has_gone_back = any(stored.has_gone_back for stored in world.database.lists.values())
    for process in world.processes:
        if not has_gone_back:
            findings += _ledger(process)
        findings += _failed_tasks(world, process)
    verdict = judge(judged_events(world))
    findings += [f"{finding.rule}: {finding.text}" for finding in verdict.findings]
    return findings


def _ends(world: World) -> Iterator[str]:
    for client in world.clients:
        if world.has_all(client):
            continue
        current = world.database.lists[client.list_id].current
        at = client.replica
        yield (
            f"converged: {client.name} has {at and (at.epoch, at.version, at.digest)} of"
            f" {tuple(current.position)}, subscribed: {client.is_subscribed},"
            f" member: {client.user_id in current.member_ids}"
        )
    for client in world.clients:
        if client.replica is not None and client.replica.computed != client.replica.digest:
            yield f"digest: {client.name} has other rows than its position"


def _ledger(process: Process) -> Iterator[str]:
    """Check that each change which a socket was owed became something (DEL-2).

    Changes that a database took back became nothing.
    """
    runtime = process.runtime
    meter = runtime.meter
    waiting = runtime.hub.waiting_changes + sum(
        connection.writer.waiting_changes for connection in runtime.registry.all_connections()
    )
    became = meter.live + meter.resumed + meter.copied + meter.withdrawn + waiting
    if meter.promised != became:
        promised = meter.promised
        yield f"ledger: {process.name} owed {promised} changes, and {became} became something"


def _failed_tasks(world: World, process: Process) -> Iterator[str]:
    for task in process.loop.tasks:
        # asyncio would log an error that nobody handled.
        if task.done() and task._log_traceback and not world.is_disconnect(task):
            name = getattr(task.get_coro(), "__qualname__", "")
            yield f"error: {process.name}: {name}: {task.exception()!r}"


def judged_events(world: World) -> list[Event]:
    """Return the history as the judge of `trolley_check` takes it.

    The judge does not know that a database can go back. So each history that went on from an
    older copy has an epoch of its own here, and a client that crosses from the one to the
    other has a copy of the version where they part. An edit that was lost with the newer
    copy counts as not answered: nobody promises more after that.
    """
    events = list(_committed(world))
    tags: dict[str, str] = {}
    for event in world.events:
        if isinstance(event, Responded) and event.op in world.lost_ops:
            continue
        if isinstance(event, Applied):
            events += _applied(world, event, tags)
        elif isinstance(event, Copied):
            tag = tags[event.client] = _tag(world, event)
            events.append(replace(event, epoch=tag))
        else:
            events.append(event)
    events += _ended_events(world)
    return events


def _committed(world: World) -> Iterator[Event]:
    """Yield what a client would have noted that misses no commit."""
    for branch, row in world.database.all_rows:
        if row.op in world.lost_ops:
            continue
        at = {
            "client": f"log {row.epoch}/{branch} {row.version}",
            "list": str(row.list_id),
            "time": world.scheduler.now,
            "epoch": f"{row.epoch}/{branch}",
        }
        yield Copied(**at, version=row.version - 1, digest=row.base, computed=row.base)
        yield Applied(
            **at,
            version=row.version,
            base=row.base,
            digest=row.digest,
            computed=row.digest,
            op=row.op,
            items=item_count(row),
        )


def _applied(world: World, event: Applied, tags: dict[str, str]) -> Iterator[Event]:
    branch = world.database.branch_of_op.get(event.op or "", 0)
    tag = f"{event.epoch}/{branch}"
    if tags.get(event.client) != tag:
        tags[event.client] = tag
        yield Copied(
            client=event.client,
            list=event.list,
            time=event.time,
            epoch=tag,
            version=event.version - 1,
            digest=event.base,
            computed=event.base,
        )
    yield replace(event, epoch=tag)


def _tag(world: World, event: Copied) -> str:
    position = Position(event.epoch, event.version, event.digest)
    list_id = next(each for each in world.list_ids if str(each) == event.list)
    return f"{event.epoch}/{world.database.branches.get((list_id, position), 0)}"


def _ended_events(world: World) -> Iterator[Event]:
    for list_id, stored in world.database.lists.items():
        current = stored.current
        yield _ended("database", str(list_id), world, current.position)
        for client in world.clients:
            if client.list_id == list_id and client.user_id in current.member_ids:
                at = client.replica
                if at is not None:
                    position = Position(at.epoch, at.version, at.computed)
                    yield _ended(client.name, str(list_id), world, position)


def _ended(name: str, list_id: str, world: World, position: Position) -> Event:
    return Ended(client=name, list=list_id, time=world.scheduler.now, **position._asdict())


__all__ = ["Client", "Counter", "OutOfOrder", "findings_of", "judged_events"]
