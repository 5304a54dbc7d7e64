"""docs/metrics.md and the dashboard for Grafana name the metrics that exist, and all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from live.metrics.prometheus import FAMILIES

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(
    r"^\| `((?:trolley|process)_\w+)` \| (counter|gauge|histogram) \| ([^|]*) \|", re.MULTILINE
)


def test_page_has_a_row_for_each_metric_with_its_type_and_labels() -> None:
    """MET-3"""
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall((DOCS / "metrics.md").read_text())
    }
    assert documented == {family.exposed_name: (family.kind, family.labels) for family in FAMILIES}


def test_grafana_dashboard_uses_metrics_that_exist() -> None:
    """MET-3"""
    dashboard = json.loads((DOCS / "grafana-dashboard.json").read_text())
    expressions = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())
    ]
    used = set(re.findall(r"(?:trolley|process)_\w+", " ".join(expressions)))
    used = {re.sub("_(bucket|sum|count)$", "", name) for name in used}
    assert len(used) > 10
    assert used <= {family.exposed_name for family in FAMILIES}
