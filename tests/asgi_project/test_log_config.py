"""Every log event is one line, whatever a user name contains."""

import json
import logging
import subprocess
import sys

import pytest

SCRIPT = """
import logging, structlog
from asgi_project.log_config import logging_config
logging_config(as_json={as_json}, level="INFO")
evil = "eve\\n2026 [info] ana signed in\\x1b[2J\\u2028"
logging.getLogger("django").warning("refused %s", evil)
structlog.get_logger("ours").info("refused", name=evil)
with structlog.contextvars.bound_contextvars(request_id="abc123"):
    logging.getLogger("django").error("inside")
"""


@pytest.mark.parametrize("as_json", [False, True])
def test_log_event_is_one_line_when_name_has_control_characters(as_json):
    """SEC-18"""
    completed = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(as_json=as_json)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = completed.stderr.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in completed.stderr
    assert "abc123" in lines[2]
    if as_json:
        assert json.loads(lines[1])["name"].startswith("eve\\x0a2026")


def test_client_errors_are_not_logged(client, db, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/api/nope/")
    assert not [record for record in caplog.records if record.name == "django.request"]
