"""What is there when a newer version comes keeps working."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import tokens
from accounts.models import ApiToken

BEFORE = [("accounts", "0001_initial")]


@pytest.fixture
def newest(db):
    """Put everything back, whatever happened."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_tokens_of_before_get_an_id_each_and_stay_good(newest, ana):
    """PPL-2"""
    secrets = [tokens.make(ana, name="kitchen")[1] for _ in range(3)]
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert all(tokens.find(secret) for secret in secrets)
    assert len(set(ApiToken.objects.values_list("public_id", flat=True))) == 3
