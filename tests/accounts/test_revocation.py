"""The signal that tells who must lose what they have open."""

import pytest

from accounts.models import User
from accounts.signals import access_revoked
from tests.conftest import PASSWORD


@pytest.fixture
def told():
    """What the signal said, as (user id, reason)."""
    heard = []

    def hear(user_id, reason, **_):
        heard.append((user_id, reason))

    access_revoked.connect(hear)
    yield heard
    access_revoked.disconnect(hear)


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks):
    """Run what waits for a commit, at once."""

    def committed(action):
        with django_capture_on_commit_callbacks(execute=True):
            action()

    return committed


def test_it_tells_of_a_new_password(ana, told, commits):
    ana.set_password("another good password")
    commits(ana.save)
    assert told == [(ana.id, "password")]


def test_it_tells_of_a_disabled_person(ana, told, commits):
    ana.is_active = False
    commits(lambda: ana.save(update_fields=["is_active"]))
    assert told == [(ana.id, "disabled")]


def test_it_tells_of_a_deleted_person(ana, told, commits):
    known = ana.id
    commits(ana.delete)
    assert told == [(known, "deleted")]


def test_it_is_silent_about_everything_else(ana, told, commits, make_user):
    ana.name = "Another"
    commits(ana.save)
    commits(lambda: make_user("new"))
    ana.is_active = False
    commits(ana.save)
    told.clear()
    ana.is_active = True
    commits(ana.save)
    assert told == []


def test_it_costs_no_query_when_the_save_cannot_revoke(ana, django_assert_num_queries):
    with django_assert_num_queries(1):
        ana.save(update_fields=["last_login"])


def test_it_waits_for_the_commit(ana, told):
    ana.set_password("another good password")
    ana.save()
    assert told == []


def test_it_survives_a_receiver_that_fails(ana, told, commits):
    def fail(**_):
        raise RuntimeError("a receiver failed")

    access_revoked.connect(fail)
    ana.set_password("another good password")
    commits(ana.save)
    access_revoked.disconnect(fail)
    assert told == [(ana.id, "password")]
    assert User.objects.get(pk=ana.pk).check_password("another good password")
    assert not ana.check_password(PASSWORD)


def test_it_survives_a_signal_that_fails_as_a_whole(ana, told, commits, monkeypatch, caplog):
    """Django logs a hook that failed by its name: one without a name fails again, after COMMIT."""

    def fail(**_):
        raise RuntimeError("the signal failed")

    monkeypatch.setattr(access_revoked, "send_robust", fail)
    ana.set_password("another good password")
    commits(ana.save)
    assert "_send_access_revoked.<locals>.send" in caplog.text
    assert "the signal failed" in caplog.text
