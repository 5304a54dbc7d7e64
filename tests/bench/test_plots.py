"""The pictures of the figures: a bar for each server, as long as its figure says."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from bench import plots

STACK = {"server": "uvicorn", "layer": "memory", "database": "sqlite"}


def result(scenario, target, value, headline="cpu_us"):
    measurements = {headline: value, "figures": {}}
    return {
        "scenario": scenario,
        "headline": headline,
        "target": target,
        "stack": STACK,
        "measurements": measurements,
    }


FIGURES = {
    "results": [
        result("F1", "plain", 100.0),
        result("F1", "trolley", 10.0),
        result("F1", "websockets <x>", 1.5),
        result("M1", "trolley", 20.0, "kb_each"),
        result("W1", "trolley", 3.0, "no unit"),
    ]
}


def test_scenario_with_several_servers_is_one_well_formed_picture(tmp_path, capsys):
    """A scenario with one server is no picture."""
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(FIGURES))
    plots.main([str(file), "--folder", str(tmp_path)])
    assert [path.name for path in tmp_path.glob("*.svg")] == ["bench-f1.svg"]
    text = (tmp_path / "bench-f1.svg").read_text()
    root = ElementTree.fromstring(text)
    assert "websockets <x>, uvicorn memory sqlite: 1.5" in "".join(root.itertext())
    assert "prefers-color-scheme: dark" in text


def test_bars_are_on_a_logarithmic_scale():
    text = plots.pictures(FIGURES)["bench-f1.svg"]
    widths = [
        float(width) for width in re.findall(r'<rect class="\w+" [^>]*width="([\d.]+)"', text)
    ]
    assert len(widths) == 3
    assert widths[0] == 2 * widths[1] > 2 * widths[2] > 0
