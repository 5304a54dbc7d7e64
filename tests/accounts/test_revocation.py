"""The signal `access_revoked`: the user's open connections must close."""

import pytest

from accounts.models import User
from accounts.signals import access_revoked
from tests.conftest import PASSWORD


@pytest.fixture
def received():
    """The signals received, as (user id, reason)."""
    signals = []

    def receive(user_id, reason, **_):
        signals.append((user_id, reason))

    access_revoked.connect(receive)
    yield signals
    access_revoked.disconnect(receive)


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks):
    """Return a function that runs an action and then its on_commit callbacks."""

    def committed(action):
        with django_capture_on_commit_callbacks(execute=True):
            action()

    return committed


def test_password_change_sends_access_revoked(ana, received, commits):
    ana.set_password("another good password")
    commits(ana.save)
    assert received == [(ana.id, "password")]


def test_disabling_a_user_sends_access_revoked(ana, received, commits):
    ana.is_active = False
    commits(lambda: ana.save(update_fields=["is_active"]))
    assert received == [(ana.id, "disabled")]


def test_deleting_a_user_sends_access_revoked(ana, received, commits):
    user_id = ana.id
    commits(ana.delete)
    assert received == [(user_id, "deleted")]


def test_other_user_changes_send_no_access_revoked(ana, received, commits, make_user):
    ana.name = "Another"
    commits(ana.save)
    commits(lambda: make_user("new"))
    ana.is_active = False
    commits(ana.save)
    received.clear()
    ana.is_active = True
    commits(ana.save)
    assert received == []


def test_save_adds_no_query_when_it_cannot_revoke_access(ana, django_assert_num_queries):
    with django_assert_num_queries(1):
        ana.save(update_fields=["last_login"])


def test_access_revoked_is_sent_after_the_commit(ana, received):
    ana.set_password("another good password")
    ana.save()
    assert received == []


def test_access_revoked_reaches_the_other_receivers_when_one_fails(ana, received, commits):
    def fail(**_):
        raise RuntimeError("a receiver failed")

    access_revoked.connect(fail)
    ana.set_password("another good password")
    commits(ana.save)
    access_revoked.disconnect(fail)
    assert received == [(ana.id, "password")]
    assert User.objects.get(pk=ana.pk).check_password("another good password")
    assert not ana.check_password(PASSWORD)


def test_failing_access_revoked_signal_is_logged(ana, received, commits, monkeypatch, caplog):
    """Django logs a failed on_commit hook by its `__qualname__`, so the hook must have one."""

    def fail(**_):
        raise RuntimeError("the signal failed")

    monkeypatch.setattr(access_revoked, "send_robust", fail)
    ana.set_password("another good password")
    commits(ana.save)
    assert "_send_access_revoked.<locals>.send" in caplog.text
    assert "the signal failed" in caplog.text
