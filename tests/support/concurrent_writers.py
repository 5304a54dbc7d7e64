"""Scenarios of several processes that write to one database. test_concurrency.py runs them.

Each scenario is a function that creates rows, lets processes write to them, and returns
what it observed as JSON. The database is the one of DATABASE_URL. TROLLEY_WRITER_TURNS
sets how often each process writes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
import traceback
import uuid
from collections import Counter
from contextlib import contextmanager, suppress

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
if __name__ == "__main__":
    django.setup()

from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from shopping_list import queries
from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import actor, context
from shopping_list.recording.locking import ConflictError
from tests.support.change_recorder import recorded_log, stored_state
from tests.support.replica import Replica, State, decode

fork = multiprocessing.get_context("fork")
TIMEOUT = 60
TURNS = int(os.environ.get("TROLLEY_WRITER_TURNS", "8"))


class RollbackError(Exception):
    """Rolls a block back."""


def run_in_processes(*functions):
    """Run each function in its own process at the same time, and return their results."""
    connection.close()
    queue, barrier = fork.SimpleQueue(), fork.Barrier(len(functions))
    processes = [
        fork.Process(target=_run_in_process, args=(number, function, barrier, queue))
        for number, function in enumerate(functions)
    ]
    for process in processes:
        process.start()
    results = dict(queue.get() for _ in processes)
    for process in processes:
        process.join(TIMEOUT)
    failed = [result for result in results.values() if isinstance(result, Failure)]
    if failed:
        raise AssertionError("\n".join(failed))
    return [results[number] for number in range(len(functions))]


class Failure(str):
    """The traceback of a process that failed."""

    __slots__ = ()


def _run_in_process(number, function, barrier, queue):
    try:
        barrier.wait(TIMEOUT)
        queue.put((number, function(random.Random(number))))
    except BaseException:
        queue.put((number, Failure(traceback.format_exc())))
    finally:
        connection.close()


@contextmanager
def allow_lost_races():
    """Ignore that another writer took the name or removed the row a moment before."""
    try:
        yield
    except IntegrityError:
        pass
    except DatabaseError as error:
        if "did not affect any rows" not in str(error):
            raise


def verified_change_count(list_id):
    """Check that the log of a list leads exactly to its rows, and return its number of changes."""
    changes = recorded_log(list_id)
    assert [change.version for change in changes] == list(range(1, len(changes) + 1))
    moments = [change.at for change in changes]
    assert moments == sorted(moments)
    now = stored_state(list_id)
    assert State(now.epoch, 0).after(changes) == now
    return len(changes)


# scenarios


def eight_writers():
    """Write to one list and move to another, with savepoints and transactions rolled back."""
    here, there = (ShoppingList.objects.create(name=name).pk for name in ("Here", "There"))

    def work(rng):
        done = Counter()
        for turn in range(TURNS):
            whole = rng.random() < 0.15
            with suppress(RollbackError), context.recording(here, there):
                for _ in range(rng.randint(1, 3)):
                    part = rng.random() < 0.3
                    with suppress(RollbackError, IntegrityError), transaction.atomic():
                        _write(rng, rng.choice([here, there]), turn)
                        if part:
                            raise RollbackError
                if whole:
                    raise RollbackError
            done["rolled back" if whole else "done"] += 1
        return done

    counts = sum(run_in_processes(*[work] * 8), Counter())
    return {"changes": [verified_change_count(here), verified_change_count(there)], **counts}


def _write(rng, list_id, turn):
    items = ShoppingItem.objects.filter(shopping_list_id=list_id)
    item = items.order_by("?").first() if rng.random() < 0.7 else None
    if item is None:
        ShoppingItem.objects.create(shopping_list_id=list_id, name=f"thing {rng.randint(0, 40)}")
    elif (kind := rng.random()) < 0.4:
        item.note = str(turn)
        item.save(update_fields=["note"])
    elif kind < 0.6:
        item.purchased = not item.purchased
        item.save()
    elif kind < 0.8:
        items.update(category=str(turn))
    else:
        item.delete()


def plain_saves():
    """Save, update and delete without any recording around, as a script would."""
    list_id = ShoppingList.objects.create(name="One").pk

    def work(rng):
        for turn in range(TURNS + TURNS // 4):
            with allow_lost_races():
                _write(rng, list_id, turn)

    run_in_processes(*[work] * 8)
    return {"changes": verified_change_count(list_id)}


def new_lists():
    """Create lists at the same time under the same ids."""
    shared = [uuid.UUID(int=n + 1) for n in range(20)]

    def work(rng):
        won = 0
        for pk in rng.sample(shared, len(shared)):
            with suppress(IntegrityError):
                ShoppingList.objects.create(pk=pk, name="Shared").items.create(name="Milk")
                won += 1
        return won

    won = run_in_processes(*[work] * 8)
    return {"won": sum(won), "changes": [verified_change_count(pk) for pk in shared]}


def crossing():
    """Move items between two lists in both directions, in every way that locks both."""
    lists = [ShoppingList.objects.create(name=name).pk for name in ("A", "B")]

    def mover(source, target):
        def work(rng):
            for turn in range(TURNS * 2):
                kind = turn % 5
                items = ShoppingItem.objects.filter(shopping_list_id=source)
                item = items.order_by("?").first()
                with allow_lost_races():
                    if item is None or kind == 0:
                        ShoppingItem.objects.create(shopping_list_id=source, name=f"{rng.random()}")
                    elif kind == 1:
                        item.shopping_list_id = target
                        item.save()
                    elif kind == 2:
                        items.filter(pk__in=[item.pk]).update(shopping_list=target)
                    elif kind == 3:
                        with context.recording(target, source):
                            ShoppingItem.objects.filter(shopping_list_id=target).update(note="x")
                            item.delete()
                    else:
                        ShoppingItem.objects.update_or_create(
                            pk=item.pk, defaults={"note": str(turn), "shopping_list_id": target}
                        )

        return work

    there, back = mover(*lists), mover(*reversed(lists))
    run_in_processes(there, back, there, back)
    return {"changes": [verified_change_count(pk) for pk in lists]}


def one_name():
    """Add one name fifty times at once, spelled in several ways."""
    list_id = ShoppingList.objects.create(name="One").pk
    spellings = ("Milk", "milk", " MILK ", "\uff2dilk", "mi\u200blk".replace("\u200b", ""))

    def work(rng):
        start, won = threading.Barrier(10), []

        def add(number):
            start.wait(TIMEOUT)
            with suppress(IntegrityError):
                ShoppingItem.objects.create(shopping_list_id=list_id, name=spellings[number % 5])
                won.append(number)
            connection.close()

        threads = [threading.Thread(target=add, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)
        return len(won)

    won = run_in_processes(*[work] * 5)
    open_rows = ShoppingItem.objects.filter(shopping_list_id=list_id, purchased=False).count()
    return {"won": sum(won), "open": open_rows, "changes": verified_change_count(list_id)}


def lost_lock():
    """Take a list's lock in a savepoint that is rolled back, and lose it to another writer."""
    here, there = (ShoppingList.objects.create(name=name) for name in ("Here", "There"))
    item = there.items.create(name="Milk")
    released, written = fork.Event(), fork.Event()

    def loser(_):
        try:
            with context.recording(here.pk):
                ShoppingItem.objects.create(shopping_list=here, name="Bread")
                with suppress(RollbackError), transaction.atomic():
                    ShoppingItem.objects.filter(pk=item.pk).update(note="never")
                    raise RollbackError
                released.set()
                written.wait(2)
                ShoppingItem.objects.filter(pk=item.pk).update(note="loser")
        except ConflictError:
            return "conflict"
        return "written"

    def winner(_):
        released.wait(TIMEOUT)
        ShoppingItem.objects.filter(pk=item.pk).update(quantity="winner")
        written.set()
        return "written"

    outcome, _ = run_in_processes(loser, winner)
    return {
        "outcome": outcome,
        "changes": [verified_change_count(here.pk), verified_change_count(there.pk)],
        "row": list(ShoppingItem.objects.filter(pk=item.pk).values_list("note", "quantity")[0]),
    }


def snapshots():
    """Read whole lists while others write to them."""
    list_id = ShoppingList.objects.create(name="One").pk
    finished = fork.Value("i", 0)

    def reader(_):
        taken = {}
        while finished.value < 2:
            snapshot = queries.snapshot(list_id)
            taken[snapshot.version] = (
                snapshot.epoch,
                snapshot.version,
                snapshot.list,
                snapshot.items,
            )
        return taken

    def writer(rng):
        try:
            for turn in range(TURNS * 5):
                with allow_lost_races():
                    _write(rng, list_id, turn)
        finally:
            with finished.get_lock():
                finished.value += 1

    taken = run_in_processes(reader, writer, writer, reader)
    replica = Replica.of(State(stored_state(list_id).epoch, 0))
    checked = 0
    for row in Activity.objects.filter(list_id=list_id).order_by("version"):
        replica.apply(decode(row.frame))
        for mine in (taken[0], taken[3]):
            if replica.version in mine:
                assert State(*mine[replica.version]) == replica.state
                checked += 1
    return {"checked": checked, "changes": verified_change_count(list_id)}


def one_operation():
    """Carry one operation id into eight changes at once."""
    list_id, op = ShoppingList.objects.create(name="One").pk, uuid.uuid4()

    def work(rng):
        try:
            with actor.acting_as(None, op):
                ShoppingItem.objects.create(shopping_list_id=list_id, name=f"{rng.random()}")
        except IntegrityError:
            return 0
        return 1

    won = run_in_processes(*[work] * 8)
    named = Activity.objects.filter(list_id=list_id, operation_id=op).count()
    return {"won": sum(won), "named": named, "changes": verified_change_count(list_id)}


SCENARIOS = (
    eight_writers,
    plain_saves,
    new_lists,
    crossing,
    one_name,
    lost_lock,
    snapshots,
    one_operation,
)


def run(scenario):
    """Return what a scenario observed, or how it failed."""
    try:
        return {"observed": scenario()}
    except Exception:
        return {"failure": traceback.format_exc()}


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    print(json.dumps({scenario.__name__: run(scenario) for scenario in SCENARIOS}))
