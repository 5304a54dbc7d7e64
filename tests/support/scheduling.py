"""Which tests pytest-xdist runs in one worker: those that share a server.

`--dist loadgroup` of xdist 3.8 has no effect with pytest 9, which ignores the suffix that
it adds to node ids. The scheduler of xdist knows only the node ids, so the groups follow
from the paths.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

PACKAGES_WITH_A_SERVER = ("tests/docs/", "tests/security/")
"""The conftest of each of these packages starts one server for all of its modules."""
MODULES_WITH_A_SERVER = ("tests/browser/", "tests/live/contract/", "tests/system/")
"""The modules of these packages share what they start with their own tests only."""
INDEPENDENT_TESTS = ("tests/system/test_serve.py", "tests/system/test_run_script.py")
"""Each test of these modules starts its own processes."""
PARAMETERS = re.compile(r"\[((?:uvicorn|daphne)[\w-]*|sqlite|postgres)\]$")
"""A server and perhaps a layer, or a database: tests with the same ones share them."""


def scope_of(node_id: str) -> str:
    """Return the name of the group of a test; a test that shares nothing is its own group."""
    module = node_id.partition("::")[0]
    if module in INDEPENDENT_TESTS:
        return node_id
    for package in PACKAGES_WITH_A_SERVER:
        if module.startswith(package):
            return package
    parameters = PARAMETERS.search(node_id)
    if module.startswith("tests/live/contract/") and parameters:
        return f"tests/live/contract/{parameters[0]}"
    if module == "tests/shopping_list/test_concurrency.py" and parameters:
        return f"{module}{parameters[0]}"
    return module if module.startswith(MODULES_WITH_A_SERVER) else node_id


class SharedServerScheduling(LoadScopeScheduling):
    """Runs the tests of a group in one worker, the largest groups first."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
