"""`/metrics` of a real server: who may read it, by the address of the connection itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.databases import copy_template
from tests.support.processes import ServerProcess, run_shell

pytestmark = pytest.mark.system
CREATE_TOKEN = (
    "from accounts.models import ApiToken, User;"
    "print(ApiToken.objects.create(user=User.objects.get(username='ana'), name='prometheus',"
    " scope='metrics')[1])"
)


def status(server: ServerProcess, **headers: str) -> int:
    """Return the status of the metrics, once the server has them."""
    while (response := server.get("/metrics", headers=headers)).status_code == 503:
        assert response.headers["Retry-After"] == "1"
    return response.status_code


@pytest.mark.parametrize("server_name", ["uvicorn", "daphne"])
def test_trusted_proxy_on_the_same_machine_needs_a_token(tmp_path: Path, server_name: str) -> None:
    """MET-3: what it sends for a stranger may look like a request of a local program."""
    copy_template(tmp_path / "data")
    with ServerProcess(tmp_path / "data", "--server", server_name, preloaded=True) as server:
        assert status(server) == 200
        assert status(server, **{"X-Forwarded-Proto": "https"}) == 401
        server.stop()
    with ServerProcess(
        tmp_path / "data",
        *("--server", server_name),
        preloaded=True,
        TROLLEY_TRUSTED_PROXIES="127.0.0.1",
    ) as server:
        assert status(server) == 401
        assert status(server, **{"X-Forwarded-For": "127.0.0.1"}) == 401
        token = run_shell(CREATE_TOKEN, server.environment).strip()
        assert status(server, Authorization=f"Bearer {token}") == 200
