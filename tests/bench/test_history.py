"""The rows that the benchmarks write by SQL fit the tables, and build on each other."""

from __future__ import annotations

import subprocess
import sys

from bench.event import SeedSize
from bench.history import History
from tests.support.processes import ROOT, process_environment, run_shell

CHECK = """
from shopping_list.models import Activity, ShoppingList
from bench.event import list_id
shopping_list = ShoppingList.objects.get(pk=list_id(0))
rows = Activity.objects.filter(list_id=list_id(0)).order_by("version")
print("VERSIONS", [row.version for row in rows], shopping_list.version)
print("CHAIN", rows[1].base == rows[0].digest, rows.last().digest == shopping_list.digest)
"""


def test_committed_versions_follow_the_seeded_ones(tmp_path):
    environment = process_environment(tmp_path / "data")
    command = [sys.executable, "-m", "bench.trolley_seed", str(SeedSize(changes=2))]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    history = History(f"sqlite:///{tmp_path}/data/trolley.sqlite3", changes=2)
    assert history.commit(0, 3) == 3
    history.close()
    output = run_shell(CHECK, environment)
    assert "VERSIONS [1, 2, 3, 4, 5] 5" in output
    assert "CHAIN True True" in output
