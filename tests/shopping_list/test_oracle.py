"""The oracle: a snapshot with the later changes applied always equals the next snapshot.

Random writes use every way that the models allow, with savepoints
that are rolled back in between. After every step, each list that ever existed
must equal its last snapshot with the frames of the log applied to it. And each list that
exists, read at an earlier version, must be what it was then.
"""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager, suppress

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RULE_MARKER,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from shopping_list import queries
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor, compaction, context
from shopping_list.rows import Change
from shopping_list.services import past_versions, put_back
from tests.shopping_list.api.conftest import current_version
from tests.support.change_recorder import recorded_log, stored_state
from tests.support.replica import Replica, State

pytestmark = pytest.mark.database

NAMES = ("Milk", "milk ", "Bread", "Salt", "\uff2dilk", "Öl", "ß", "SS")
TEXTS = ("", "a", "b")
ROLES = ("viewer", "ticker", "editor", "owner")

number = st.integers(0, 30)
values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES),
        "quantity": st.sampled_from(TEXTS),
        "note": st.sampled_from(TEXTS),
        "category": st.sampled_from(TEXTS),
        "purchased": st.booleans(),
        "position": st.sampled_from(["V", "Zz", "k3", "0", "!"]),
    },
)


class RollbackError(Exception):
    """Raised to roll a savepoint back."""


class Lists(RuleBasedStateMachine):
    """Random writes by random users."""

    @initialize()
    def begin(self):
        self.users = [User.objects.create(username=name) for name in ("ana", "bob", "eve")]
        self.replicas: dict[uuid.UUID, Replica] = {}
        self.items: list[uuid.UUID] = []
        self.past: dict[uuid.UUID, dict[int, State]] = {}
        for name in ("Groceries", "Hardware"):
            self.make_list(self.users[0], name)

    def make_list(self, creator, name):
        created = ShoppingList.objects.create(name=name, created_by=creator)
        self.replicas[created.pk] = Replica.of(State(created.epoch, 0))
        return created

    # Selection

    def user(self, n):
        return self.users[n % len(self.users)]

    def list(self, n):
        rows = list(ShoppingList.objects.order_by("pk"))
        return rows[n % len(rows)] if rows else self.make_list(None, "Another")

    def item(self, n):
        rows = list(ShoppingItem.objects.order_by("pk"))
        return rows[n % len(rows)] if rows else None

    @contextmanager
    def attempt(self):
        """Ignore the error of a duplicate name, as any writer would."""
        with suppress(IntegrityError), transaction.atomic():
            yield

    # Items

    @rule(n=number, name=st.sampled_from(NAMES), fields=values, user_number=number)
    def add(self, n, name, fields, user_number):
        with self.attempt(), actor.acting_as(self.user(user_number), uuid.uuid4()):
            self.list(n).items.create(**{"name": name, **fields}, created_by=self.user(user_number))

    @rule(n=number, fields=values, user_number=number, partial=st.booleans())
    def save(self, n, fields, user_number, partial):
        item = self.item(n)
        if item is None:
            return
        for name, value in fields.items():
            setattr(item, name, value)
        with self.attempt(), actor.acting_as(self.user(user_number)):
            item.save(update_fields=list(fields) if partial else None)

    @rule(n=number, fields=values)
    def save_deferred(self, n, fields):
        item = self.item(n)
        if item is None:
            return
        slim = ShoppingItem.objects.only(*list(fields)[:1]).get(pk=item.pk)
        for name, value in fields.items():
            setattr(slim, name, value)
        with self.attempt():
            slim.save()

    @rule(n=number, fields=values)
    def save_stale(self, n, fields):
        stale, fresh = self.item(n), self.item(n)
        if fresh is None:
            return
        with self.attempt():
            for name, value in fields.items():
                setattr(fresh, name, value)
            fresh.save()
            stale.save()

    @rule(n=number)
    def save_expression(self, n):
        item = self.item(n)
        if item is not None:
            item.note = Concat(F("quantity"), Value("!"))
            item.save()

    @rule(n=number)
    def remove(self, n):
        item = self.item(n)
        if item is not None:
            item.delete()

    @rule(n=number)
    def save_after_removal(self, n):
        item = self.item(n)
        if item is not None:
            ShoppingItem.objects.filter(pk=item.pk).delete()
            with self.attempt():
                item.save()

    @rule(n=number, to=number)
    def move(self, n, to):
        item = self.item(n)
        if item is not None:
            item.shopping_list = self.list(to)
            with self.attempt():
                item.save()

    @rule(n=number, to=number)
    def move_by_manager(self, n, to):
        item = self.item(n)
        if item is not None:
            with self.attempt():
                self.list(to).items.add(item)

    # Several rows

    @rule(fields=values, only=st.sampled_from(TEXTS))
    def update(self, fields, only):
        with self.attempt():
            ShoppingItem.objects.filter(quantity=only).update(**fields)

    @rule(n=number, to=number)
    def update_list(self, n, to):
        with self.attempt():
            self.list(n).items.update(shopping_list=self.list(to))

    @rule(n=number)
    def update_expression(self, n):
        with self.attempt():
            self.list(n).items.update(quantity=F("note"), category=Concat(F("name"), Value("?")))

    @rule(
        n=number, names=st.lists(st.sampled_from(NAMES), max_size=4), ignore_conflicts=st.booleans()
    )
    def bulk_create(self, n, names, ignore_conflicts):
        shopping_list = self.list(n)
        with self.attempt():
            ShoppingItem.objects.bulk_create(
                [ShoppingItem(shopping_list=shopping_list, name=name) for name in names],
                ignore_conflicts=ignore_conflicts,
            )

    @rule(fields=values, to=number, batch=st.sampled_from([None, 1]))
    def bulk_update(self, fields, to, batch):
        rows = list(ShoppingItem.objects.order_by("pk")[:3])
        for row in rows:
            row.shopping_list = self.list(to)
            for name, value in fields.items():
                setattr(row, name, value)
        with self.attempt():
            ShoppingItem.objects.bulk_update(rows, ["shopping_list", *fields], batch_size=batch)

    @rule(only=st.sampled_from(TEXTS))
    def bulk_delete(self, only):
        ShoppingItem.objects.filter(note=only).delete()

    @rule(n=number, name=st.sampled_from(NAMES), fields=values)
    def update_or_create(self, n, name, fields):
        with self.attempt(), suppress(ShoppingItem.MultipleObjectsReturned):
            self.list(n).items.update_or_create(name=name, defaults=fields)

    # Lists

    @rule(user_number=number, name=st.sampled_from(NAMES))
    def new_list(self, user_number, name):
        self.make_list(self.user(user_number), name)

    @rule(n=number, name=st.sampled_from(NAMES), user_number=number)
    def rename(self, n, name, user_number):
        shopping_list = self.list(n)
        shopping_list.name = name
        with actor.acting_as(self.user(user_number)):
            shopping_list.save(update_fields=["name"])

    @rule(n=number, user_number=number)
    def edit_list(self, n, user_number):
        stale, shopping_list = self.list(n), self.list(n)
        shopping_list.created_by = self.user(user_number)
        shopping_list.save()
        stale.name = "Stale"
        stale.save()

    @rule(name=st.sampled_from(NAMES))
    def rename_all(self, name):
        ShoppingList.objects.update(name=name)

    @rule(n=number)
    def trash_or_restore(self, n):
        shopping_list = self.list(n)
        shopping_list.deleted_at = None if shopping_list.deleted_at else shopping_list.created_at
        shopping_list.save(update_fields=["deleted_at"])

    @rule(n=number, recreate=st.booleans())
    def delete_list(self, n, recreate):
        shopping_list = self.list(n)
        pk, version = shopping_list.pk, shopping_list.version
        shopping_list.delete()
        self.check(pk)
        assert recorded_log(pk, after=version)[-1].verb == "list.deleted"
        if recreate:
            recreated = ShoppingList.objects.create(pk=pk, name="Again")
            assert recreated.version == version + 2
            self.replicas[pk] = Replica.of(State(recreated.epoch, version + 1))
            self.past.pop(pk, None)

    # Members and users

    @rule(n=number, user_number=number, role=st.sampled_from(ROLES))
    def join(self, n, user_number, role):
        self.list(n).members.add(self.user(user_number), through_defaults={"role": role})

    @rule(n=number, user_number=number)
    def leave(self, n, user_number):
        with actor.acting_as(self.user(user_number)):
            self.list(n).members.remove(self.user(user_number))

    @rule(n=number, user_numbers=st.lists(number, max_size=3), clear=st.booleans())
    def set_members(self, n, user_numbers, clear):
        self.list(n).members.set([self.user(index) for index in user_numbers], clear=clear)

    @rule(user_number=number, lists=st.lists(number, max_size=3))
    def set_lists(self, user_number, lists):
        self.user(user_number).shopping_lists.set([self.list(n) for n in lists])

    @rule(n=number)
    def clear_members(self, n):
        self.list(n).members.clear()

    @rule(n=number, role=st.sampled_from(ROLES))
    def roles(self, n, role):
        self.list(n).memberships.update(role=role)

    @rule(n=number, to=number)
    def move_memberships(self, n, to):
        with self.attempt():
            self.list(n).memberships.update(shopping_list=self.list(to))

    @rule(n=number, to=number)
    def move_membership(self, n, to):
        membership = Membership.objects.filter(shopping_list=self.list(n)).first()
        if membership is not None:
            membership.shopping_list = self.list(to)
            with self.attempt():
                membership.save()

    @rule(user_number=number)
    def delete_user(self, user_number):
        self.user(user_number).delete()
        self.users[user_number % len(self.users)] = User.objects.create(
            username=f"new{uuid.uuid4()}"
        )

    # The past

    @rule(n=number, back=st.integers(0, 12))
    def read_earlier_version(self, n, back):
        shopping_list = self.list(n)
        self.check(shopping_list.pk)
        now = queries.snapshot(shopping_list.pk)
        if now is None:  # it is in the trash
            return
        past = self.past[shopping_list.pk]
        version = max(min(past), now.version - back)
        then = past_versions.at_version(now, version)
        assert comparable(then) == comparable(past[version])
        assert then.digest == past[version].digest

    @rule(n=number, back=st.integers(1, 12), user_number=number)
    def put_items_back(self, n, back, user_number):
        shopping_list = self.list(n)
        self.check(shopping_list.pk)
        now = queries.snapshot(shopping_list.pk)
        if now is None:
            return
        version = max(min(self.past[shopping_list.pk]), now.version - back)
        then = past_versions.at_version(now, version)
        others = ShoppingItem.objects.exclude(shopping_list=shopping_list)
        same_ids = {row.id for row in then.items} - set(others.values_list("pk", flat=True))
        with suppress(put_back.NothingToPutBackError), actor.acting_as(self.user(user_number)):
            with context.recording(shopping_list.pk):
                put_back.put_back(shopping_list.pk, now.items, then.items)
            assert current_version(shopping_list) == now.version + 1
        items = queries.item_rows(shopping_list.pk)
        assert texts_of(items, same_ids) == texts_of(then.items, same_ids)

    # Combinations

    @rule(data=st.data())
    def savepoints(self, data):
        """Write several times in one recording, partly in savepoints that are rolled back."""
        methods = (self.add, self.save, self.remove, self.move, self.update, self.bulk_create)
        methods += (self.rename, self.set_members, self.bulk_delete, self.save_expression)
        with context.recording(self.list(data.draw(number)).pk):
            for _ in range(data.draw(st.integers(1, 4))):
                keep = data.draw(st.booleans())
                method = data.draw(st.sampled_from(methods))
                with suppress(RollbackError), transaction.atomic():
                    self.call_with_drawn_arguments(method, data)
                    if not keep:
                        raise RollbackError

    def call_with_drawn_arguments(self, method, data):
        strategies = getattr(method, RULE_MARKER).arguments
        method(**{name: data.draw(strategy) for name, strategy in strategies.items()})

    @rule(data=st.data())
    def roll_all_back(self, data):
        before = {pk: stored_state(pk) for pk in self.replicas}
        count = Activity.objects.count()
        with suppress(RollbackError), transaction.atomic():
            for _ in range(data.draw(st.integers(1, 3))):
                self.call_with_drawn_arguments(
                    data.draw(st.sampled_from((self.add, self.update, self.rename))), data
                )
            raise RollbackError
        assert {pk: stored_state(pk) for pk in before} == before
        assert Activity.objects.count() == count

    # The invariant

    @invariant()
    def every_replica_is_right(self):
        for pk in getattr(self, "replicas", ()):
            self.check(pk)

    def check(self, pk):
        replica = self.replicas[pk]
        for change in recorded_log(pk, after=replica.version):
            assert isinstance(change, Change)
            replica.apply(change)
            self.past.setdefault(pk, {})[replica.version] = replica.state
        snapshot = stored_state(pk)
        if snapshot is None:
            assert replica.list is None
        else:
            assert replica.state == snapshot


def comparable(state):
    """Return the rows of a list, and of its users the ids: a name may have changed."""
    users = (
        None if state.list.created_by is None else state.list.created_by.id,
        [(member.id, member.role) for member in state.list.members],
    )
    own = (state.list.id, state.list.name, state.list.created_at, *users)
    return state.epoch, state.version, own, state.items


def texts_of(items, same_ids):
    """Return what users see of items; an item that is on another list now got a new id."""
    users = set(User.objects.values_list("pk", flat=True))
    rows = [
        (
            str(row.id) if row.id in same_ids else "",
            *(row.name, row.quantity, row.note, row.category, row.position),
            *(row.purchased, row.purchased_at),
            row.purchased_by.id if row.purchased_by and row.purchased_by.id in users else None,
        )
        for row in items
    ]
    return sorted(rows, key=str)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("max_whole_rows", [compaction.MAX_WHOLE_ROWS, 1])
def test_snapshot_with_later_changes_equals_the_next_snapshot(max_whole_rows, monkeypatch):
    """REC-21, REC-29: the same examples in each run.

    TROLLEY_ORACLE=1000 tries that many new ones. A change of more than one item is stored
    like one of many items in the second run.
    """
    monkeypatch.setattr(compaction, "MAX_WHOLE_ROWS", max_whole_rows)
    search = int(os.environ.get("TROLLEY_ORACLE", "0"))
    run_against_the_oracle(examples=search or 25, steps=30, derandomize=not search)


def run_against_the_oracle(**options):
    """Run each example in its own transaction, which is rolled back."""

    class InTransaction(Lists):
        def __init__(self):
            super().__init__()
            self.block = transaction.atomic()
            self.block.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    run_state_machine_as_test(
        InTransaction,
        settings=settings(
            max_examples=options["examples"],
            stateful_step_count=options["steps"],
            derandomize=options["derandomize"],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert not connection.in_atomic_block
