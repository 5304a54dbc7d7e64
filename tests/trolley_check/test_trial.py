"""Trials on real servers: one that keeps its promises, and some that break them on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import copy_template
from tests.support.docs.lossy_proxy import LossyProxy
from tests.support.processes import ROOT, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
SECONDS = 6
AFTER_SETUP = """
import django
setup_django = django.setup

def setup_with_fault(**options):
    setup_django(**options)
    django.setup = setup_django
    add_fault()

def add_fault():
{fault}

django.setup = setup_with_fault
"""
"""Adds a fault to a server when its apps are loaded."""
WRAP_PUBLISH = """
    from live.delivery.hub import Hub
    publish = Hub.publish
    number, held = [0], []
    def faulty(self, topic, text, **options):
        number[0] += options.get("is_change", False)
        is_chosen = options.get("is_change", False) and number[0] % 7 == 0
{body}
    Hub.publish = faulty
"""


def wrapped_publish(*body: str) -> str:
    """Return a fault of the delivery to sockets; every seventh change `is_chosen`."""
    return WRAP_PUBLISH.format(body="\n".join(f"        {line}" for line in body))


SKIPPED = wrapped_publish("if not is_chosen:", "    publish(self, topic, text, **options)")
TWICE = wrapped_publish(
    "for _ in range(2 if is_chosen else 1):", "    publish(self, topic, text, **options)"
)
SWAPPED = wrapped_publish(
    "if is_chosen:",
    "    held.append((self, topic, text, options))",
    "    return",
    "publish(self, topic, text, **options)",
    "while held:",
    "    hub, topic, text, options = held.pop()",
    "    publish(hub, topic, text, **options)",
)
OTHER_ROW = wrapped_publish(
    "if is_chosen:",
    """    text = text.replace('"quantity":""', '"quantity":"7"')""",
    "publish(self, topic, text, **options)",
)
HALF = wrapped_publish(
    "import json",
    "frame = json.loads(text)",
    "if options.get('is_change') and len(frame['items']) == 3:",
    "    frame['items'].pop()",
    "publish(self, topic, json.dumps(frame), **options)",
)
SENT_BEFORE_COMMIT = """
    import time
    from live.delivery import publisher
    def at_once(hook):
        hook()
        time.sleep(0.5)
    publisher._on_commit = at_once
"""
NOT_SAVED = """
    from django.db import transaction
    from rest_framework.views import APIView
    dispatch, number = APIView.dispatch, [0]
    def faulty(self, request, *args, **options):
        number[0] += request.method == "PATCH"
        if request.method != "PATCH" or number[0] % 7:
            return dispatch(self, request, *args, **options)
        with transaction.atomic():
            response = dispatch(self, request, *args, **options)
            transaction.set_rollback(True)
        return response
    APIView.dispatch = faulty
"""
STALE_READ = """
    from rest_framework.views import APIView
    dispatch, kept = APIView.dispatch, {}
    def faulty(self, request, *args, **options):
        is_list = request.method == "GET" and request.path.count("/") == 4
        if is_list and request.path in kept:
            return kept[request.path]
        response = dispatch(self, request, *args, **options)
        if is_list and response.status_code == 200:
            kept[request.path] = response
        return response
    APIView.dispatch = faulty
"""
NOT_REVOKED = """
    from live.connections.access_tracker import AccessTracker
    AccessTracker._revoke = lambda self, *args, **options: None
"""
RESUMED_WITHOUT_THE_FIRST = """
    from live.delivery.replay import ReplayBuilder
    encode = ReplayBuilder._encode_changes
    ReplayBuilder._encode_changes = lambda self, frames, before: encode(self, frames[1:], before)
"""
FAULTS = [
    pytest.param(SKIPPED, "gap", id="a version is skipped"),
    pytest.param(TWICE, "gap", id="a change is sent twice"),
    pytest.param(SWAPPED, "gap", id="two changes are swapped"),
    pytest.param(OTHER_ROW, "digest", id="a row is changed on its way"),
    pytest.param(HALF, "atomic", id="a change is sent in part"),
    pytest.param(SENT_BEFORE_COMMIT, "stale read", id="a change is sent before its commit"),
    pytest.param(NOT_SAVED, "lost", id="an edit is answered and not saved"),
    pytest.param(STALE_READ, "stale read", id="a response is kept for too long"),
    pytest.param(NOT_REVOKED, "revoked", id="a guest who was removed goes on"),
    pytest.param(RESUMED_WITHOUT_THE_FIRST, "gap", id="a resumed socket misses a change"),
]


CHANGES_OF_TRIAL = (
    "POST /api/shopping-lists/ ",
    "POST /api/shopping-lists/[^/]*/invites/ ",
    "POST /api/invites/accept/ ",
    "DELETE /api/shopping-lists/[^/]*/members/",
    "DELETE /api/shopping-lists/[^/]*/ ",
)
"""What a trial changes beside its edits."""


def check(
    server: ServerProcess | LossyProxy, token: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a trial as another program."""
    return check_at(server.url, token, *arguments)


def check_at(url: str, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trolley_check", url, "--seconds", str(SECONDS)]
    return subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "TROLLEY_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_server_keeps_its_promises(tmp_path: Path) -> None:
    """CHK-2: and the history that the trial has written is judged alike."""
    token = copy_template(tmp_path / "data")["ana"]
    history = tmp_path / "history.jsonl"
    with ServerProcess(tmp_path / "data", preloaded=True) as server:
        trial = check(server, token, "--json", "--history", str(history))
        lists = server.get("/api/shopping-lists/", headers={"Authorization": f"Bearer {token}"})
    assert trial.returncode == 0, trial.stdout + trial.stderr
    report = json.loads(trial.stdout)
    assert report["edits"] > 20
    assert report["deliveries"] >= 15 * report["edits"] * 0.9
    assert report["service_levels"]["resumed"] > 0
    assert [each["name"] for each in lists.json()["results"]] == ["Groceries"]
    command = [sys.executable, "-m", "trolley_check", "--judge", str(history), "--json"]
    judged = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(judged.stdout) == {**report, "service_levels": None}


@pytest.mark.extended
def test_trial_passes_when_responses_are_lost(tmp_path: Path) -> None:
    """CHK-2: each change that it makes may have had its effect before it is repeated."""
    token = copy_template(tmp_path / "data")["ana"]
    with ServerProcess(tmp_path / "data", preloaded=True) as server:
        with LossyProxy(server.url, *CHANGES_OF_TRIAL) as network:
            trial = check(network, token, "--seconds", "2", "--sockets", "5")
        lists = server.get("/api/shopping-lists/", headers={"Authorization": f"Bearer {token}"})
    assert trial.returncode == 0, trial.stdout + trial.stderr
    statuses = [int(response.split()[1]) for response in network.lost_responses]
    assert len(statuses) == len(CHANGES_OF_TRIAL)
    assert max(statuses) < 300
    assert [each["name"] for each in lists.json()["results"]] == ["Groceries"]


@pytest.mark.extended
@pytest.mark.parametrize(("fault", "rule"), FAULTS)
def test_fault_of_a_server_is_noticed(tmp_path: Path, fault: str, rule: str) -> None:
    """CHK-2"""
    token = copy_template(tmp_path / "data")["ana"]
    before = AFTER_SETUP.format(fault=fault)
    with ServerProcess(tmp_path / "data", before=before) as server:
        trial = check(server, token, "--json")
    assert trial.returncode == 1, trial.stdout + trial.stderr
    assert rule in {finding["rule"] for finding in json.loads(trial.stdout)["findings"]}


@pytest.mark.parametrize(
    ("token", "reason"),
    [("", "a token in TROLLEY_TOKEN are needed"), ("trl_wrong", "401 ")],
)
def test_trial_that_cannot_run_says_why(tmp_path: Path, token: str, reason: str) -> None:
    """CHK-2: its exit code is not that of a broken promise."""
    copy_template(tmp_path / "data")
    with ServerProcess(tmp_path / "data", preloaded=True) as server:
        trial = check(server, token)
    assert trial.returncode == 2
    assert reason in trial.stderr


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("list.example.org", "begins with http:// or https://"),
        ("http://127.0.0.1:1", "nothing answers at http://127.0.0.1:1"),
    ],
)
def test_trial_without_a_server_says_why(url: str, reason: str) -> None:
    """CHK-2: at once, also for an address that was typed in part."""
    trial = check_at(url, "trl_any")
    assert trial.returncode == 2
    assert reason in trial.stderr


def test_trial_names_the_socket_that_is_not_admitted(tmp_path: Path) -> None:
    """CHK-2: a user may have 20 connections to a process."""
    token = copy_template(tmp_path / "data")["ana"]
    with ServerProcess(tmp_path / "data", preloaded=True) as server:
        trial = check(server, token, "--sockets", "21")
    assert trial.returncode == 2
    assert "was closed with 4504, too many connections" in trial.stderr
