"""User names of an older version get their keys by `migrate`."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def older_user_model():
    """Migrate the accounts back, return the model of that state, and migrate again at the end."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    state = executor.migrate([("accounts", "0001_initial")])
    yield state.apps.get_model("accounts", "User")
    MigrationExecutor(connection).migrate(newest)


def migrate():
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_accounts_whose_names_collide_are_all_kept(older_user_model):
    """PPL-18: the oldest account keeps the name, on both databases the same one."""
    names = ["straße", "STRASSE", "Strasse-2", "ana", "ﬁn", "FIN"]
    names += ["x" * 148 + "ß", "X" * 148 + "SS"]
    for number, name in enumerate(names, start=1):
        older_user_model.objects.create(pk=number, username=name, password="!")
    migrate()
    assert dict(User.objects.values_list("username", "username_key")) == {
        "straße": "strasse",
        "STRASSE-3": "strasse-3",
        "Strasse-2": "strasse-2",
        "ana": "ana",
        "ﬁn": "fin",
        "FIN-2": "fin-2",
        "x" * 148 + "ß": "x" * 148 + "ss",
        "X" * 148 + "-2": "x" * 148 + "-2",
    }
    assert list(User.objects.order_by("pk").values_list("pk", flat=True)) == list(range(1, 9))
    assert User.objects.get_by_natural_key("STRASSE").pk == 1
