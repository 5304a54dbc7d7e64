"""Tests that share a server run in one worker."""

from __future__ import annotations

import pytest

from tests.support.scheduling import scope_of

CONTRACT = "tests/live/contract"


@pytest.mark.parametrize(
    ("node_id", "scope"),
    [
        ("tests/security/test_text.py::test_a", "tests/security/"),
        ("tests/browser/test_views.py::test_a[x]", "tests/browser/test_views.py"),
        ("tests/system/test_frames.py::test_a", "tests/system/test_frames.py"),
        (f"{CONTRACT}/test_multi_process.py::test_a[daphne-redis-core]", None),
        (f"{CONTRACT}/test_single_process.py::test_a[daphne-redis-core]", None),
        (f"{CONTRACT}/test_revocation.py::test_a[disabled]", f"{CONTRACT}/test_revocation.py"),
    ],
)
def test_scope_is_shared_by_the_tests_of_one_server(node_id, scope):
    assert scope_of(node_id) == (scope or f"{CONTRACT}/[daphne-redis-core]")


@pytest.mark.parametrize(
    "node_id",
    [
        "tests/accounts/test_names.py::test_a[x]",
        "tests/system/test_serve.py::test_a[uvicorn]",
        "tests/shopping_list/api/test_items.py::TestOne::test_a",
    ],
)
def test_test_that_shares_nothing_is_its_own_scope(node_id):
    assert scope_of(node_id) == node_id
