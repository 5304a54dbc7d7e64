"""The oracle: whatever happens to lists, a snapshot and the changes since give the next one.

Rows are written in every way that the models allow, at random, with savepoints
that are rolled back in between. After each step every list that was ever known
must equal its last snapshot with the log's frames applied to it.
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
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording import actor, unit_of_work
from shopping_list.rows import Change
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


class StopError(Exception):
    """Rolls a savepoint back."""


class Lists(RuleBasedStateMachine):
    """Any writer, any write."""

    @initialize()
    def begin(self):
        self.people = [User.objects.create(username=name) for name in ("ana", "bob", "eve")]
        self.replicas: dict[uuid.UUID, Replica] = {}
        self.items: list[uuid.UUID] = []
        for name in ("Groceries", "Hardware"):
            self.make_list(self.people[0], name)

    def make_list(self, creator, name):
        made = ShoppingList.objects.create(name=name, created_by=creator)
        self.replicas[made.pk] = Replica.of(State(made.epoch, 0))
        return made

    # picking

    def person(self, n):
        return self.people[n % len(self.people)]

    def list(self, n):
        known = list(ShoppingList.objects.order_by("pk"))
        return known[n % len(known)] if known else self.make_list(None, "Another")

    def item(self, n):
        known = list(ShoppingItem.objects.order_by("pk"))
        return known[n % len(known)] if known else None

    @contextmanager
    def attempt(self):
        """Let a name that is taken be refused, as any writer would."""
        with suppress(IntegrityError), transaction.atomic():
            yield

    # items

    @rule(n=number, name=st.sampled_from(NAMES), given=values, who=number)
    def add(self, n, name, given, who):
        with self.attempt(), actor.acting_as(self.person(who), uuid.uuid4()):
            self.list(n).items.create(**{"name": name, **given}, created_by=self.person(who))

    @rule(n=number, given=values, who=number, partial=st.booleans())
    def save(self, n, given, who, partial):
        item = self.item(n)
        if item is None:
            return
        for name, value in given.items():
            setattr(item, name, value)
        with self.attempt(), actor.acting_as(self.person(who)):
            item.save(update_fields=list(given) if partial else None)

    @rule(n=number, given=values)
    def save_deferred(self, n, given):
        item = self.item(n)
        if item is None:
            return
        slim = ShoppingItem.objects.only(*list(given)[:1]).get(pk=item.pk)
        for name, value in given.items():
            setattr(slim, name, value)
        with self.attempt():
            slim.save()

    @rule(n=number, given=values)
    def save_stale(self, n, given):
        stale, fresh = self.item(n), self.item(n)
        if fresh is None:
            return
        with self.attempt():
            for name, value in given.items():
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

    # many rows

    @rule(given=values, only=st.sampled_from(TEXTS))
    def update(self, given, only):
        with self.attempt():
            ShoppingItem.objects.filter(quantity=only).update(**given)

    @rule(n=number, to=number)
    def update_list(self, n, to):
        with self.attempt():
            self.list(n).items.update(shopping_list=self.list(to))

    @rule(n=number)
    def update_expression(self, n):
        with self.attempt():
            self.list(n).items.update(quantity=F("note"), category=Concat(F("name"), Value("?")))

    @rule(n=number, names=st.lists(st.sampled_from(NAMES), max_size=4), skip=st.booleans())
    def bulk_create(self, n, names, skip):
        one = self.list(n)
        with self.attempt():
            ShoppingItem.objects.bulk_create(
                [ShoppingItem(shopping_list=one, name=name) for name in names],
                ignore_conflicts=skip,
            )

    @rule(given=values, to=number, batch=st.sampled_from([None, 1]))
    def bulk_update(self, given, to, batch):
        rows = list(ShoppingItem.objects.order_by("pk")[:3])
        for row in rows:
            row.shopping_list = self.list(to)
            for name, value in given.items():
                setattr(row, name, value)
        with self.attempt():
            ShoppingItem.objects.bulk_update(rows, ["shopping_list", *given], batch_size=batch)

    @rule(only=st.sampled_from(TEXTS))
    def bulk_delete(self, only):
        ShoppingItem.objects.filter(note=only).delete()

    @rule(n=number, name=st.sampled_from(NAMES), given=values)
    def update_or_create(self, n, name, given):
        with self.attempt(), suppress(ShoppingItem.MultipleObjectsReturned):
            self.list(n).items.update_or_create(name=name, defaults=given)

    # lists

    @rule(who=number, name=st.sampled_from(NAMES))
    def new_list(self, who, name):
        self.make_list(self.person(who), name)

    @rule(n=number, name=st.sampled_from(NAMES), who=number)
    def rename(self, n, name, who):
        one = self.list(n)
        one.name = name
        with actor.acting_as(self.person(who)):
            one.save(update_fields=["name"])

    @rule(n=number, who=number)
    def edit_list(self, n, who):
        stale, one = self.list(n), self.list(n)
        one.created_by = self.person(who)
        one.save()
        stale.name = "Stale"
        stale.save()

    @rule(name=st.sampled_from(NAMES))
    def rename_all(self, name):
        ShoppingList.objects.update(name=name)

    @rule(n=number)
    def trash_or_restore(self, n):
        one = self.list(n)
        one.deleted_at = None if one.deleted_at else one.created_at
        one.save(update_fields=["deleted_at"])

    @rule(n=number, again=st.booleans())
    def delete_list(self, n, again):
        one = self.list(n)
        pk, version = one.pk, one.version
        one.delete()
        self.check(pk)
        assert recorded_log(pk, after=version)[-1].verb == "list.deleted"
        if again:
            made = ShoppingList.objects.create(pk=pk, name="Again")
            assert made.version == version + 2
            self.replicas[pk] = Replica.of(State(made.epoch, version + 1))

    # people

    @rule(n=number, who=number, role=st.sampled_from(ROLES))
    def join(self, n, who, role):
        self.list(n).members.add(self.person(who), through_defaults={"role": role})

    @rule(n=number, who=number)
    def leave(self, n, who):
        with actor.acting_as(self.person(who)):
            self.list(n).members.remove(self.person(who))

    @rule(n=number, who=st.lists(number, max_size=3), clear=st.booleans())
    def set_members(self, n, who, clear):
        self.list(n).members.set([self.person(one) for one in who], clear=clear)

    @rule(who=number, lists=st.lists(number, max_size=3))
    def set_lists(self, who, lists):
        self.person(who).shopping_lists.set([self.list(n) for n in lists])

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
        found = Membership.objects.filter(shopping_list=self.list(n)).first()
        if found is not None:
            found.shopping_list = self.list(to)
            with self.attempt():
                found.save()

    @rule(who=number)
    def forget_person(self, who):
        self.person(who).delete()
        self.people[who % len(self.people)] = User.objects.create(username=f"new{uuid.uuid4()}")

    # together

    @rule(data=st.data())
    def savepoints(self, data):
        """Do several things in one recording, some of them in savepoints that are rolled back."""
        acts = (self.add, self.save, self.remove, self.move, self.update, self.bulk_create)
        acts += (self.rename, self.set_members, self.bulk_delete, self.save_expression)
        with unit_of_work.recording(self.list(data.draw(number)).pk):
            for _ in range(data.draw(st.integers(1, 4))):
                keep = data.draw(st.booleans())
                act = data.draw(st.sampled_from(acts))
                with suppress(StopError), transaction.atomic():
                    self.draw_and(act, data)
                    if not keep:
                        raise StopError

    def draw_and(self, act, data):
        wanted = getattr(act, RULE_MARKER).arguments
        act(**{name: data.draw(strategy) for name, strategy in wanted.items()})

    @rule(data=st.data())
    def roll_all_back(self, data):
        before = {pk: stored_state(pk) for pk in self.replicas}
        count = Activity.objects.count()
        with suppress(StopError), transaction.atomic():
            for _ in range(data.draw(st.integers(1, 3))):
                self.draw_and(
                    data.draw(st.sampled_from((self.add, self.update, self.rename))), data
                )
            raise StopError
        assert {pk: stored_state(pk) for pk in before} == before
        assert Activity.objects.count() == count

    # the claim

    @invariant()
    def every_replica_is_right(self):
        for pk in getattr(self, "replicas", ()):
            self.check(pk)

    def check(self, pk):
        replica = self.replicas[pk]
        for change in recorded_log(pk, after=replica.version):
            assert isinstance(change, Change)
            replica.apply(change)
        now = stored_state(pk)
        if now is None:
            assert replica.list is None
        else:
            assert replica.state == now


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3600)
def test_a_snapshot_and_the_changes_since_give_the_next_snapshot():
    """REC-21: the same examples each time; TROLLEY_ORACLE=1000 tries that many new ones."""
    search = int(os.environ.get("TROLLEY_ORACLE", "0"))
    run_against_the_oracle(examples=search or 25, steps=30, derandomize=not search)


def run_against_the_oracle(**options):
    """Run each example in a transaction of its own, which is rolled back."""

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
