"""Draws the figures of `--json` as SVG: `python -m bench.plots FILE --folder docs/images`.

Each scenario with two targets or more is one picture: a bar for each server, on a
logarithmic scale. Colours follow the theme of the reader.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, BAR, GAP = 720, 22, 10  # px
LEFT, RIGHT, TOP, BOTTOM = 260, 90, 46, 26  # px, around the bars
UNITS = {
    "cpu_us": "CPU for each, µs; shorter is better",
    "per_second": "for each second; longer is better",
    "p50_ms": "median, ms; shorter is better",
    "kb_each": "memory of a socket, KB; shorter is better",
}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.bar { fill: #8b949e } .own { fill: #1a7f37 } line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 } .own { fill: #3fb950 } line { stroke: #30363d }
}
"""


@dataclass(frozen=True)
class Bar:
    """One server: its name with its stack, and its figure."""

    name: str
    value: float
    is_own: bool


def bars_of(results: Iterable[dict[str, Any]], scenario: str) -> list[Bar]:
    """Return the servers of a scenario that have its headline, in the order of the file."""
    bars = []
    for result in results:
        value = figure_of(result)
        if result["scenario"] == scenario and value:
            stack = " ".join(filter(None, result["stack"].values()))
            name = ", ".join(filter(None, (result["target"], stack)))
            bars.append(Bar(name, value, result["target"] == "trolley"))
    return bars


def figure_of(result: dict[str, Any]) -> float | None:
    """Return the figure that the headline of a result names."""
    measurements, headline = result["measurements"], result["headline"]
    value: float | None = measurements["figures"].get(headline, measurements.get(headline))
    return value


def svg(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Return a picture. The values are written too, so that nothing needs the colours."""
    height = TOP + len(bars) * (BAR + GAP) + BOTTOM
    low = math.floor(math.log10(min(bar.value for bar in bars)))
    high = max(math.ceil(math.log10(max(bar.value for bar in bars))), low + 1)
    scale = (WIDTH - LEFT - RIGHT) / (high - low)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape('; '.join(f'{bar.name}: {text_of(bar.value)}' for bar in bars))}</desc>",
        f"<style>{STYLE}</style>",
        f'<text class="title" x="12" y="24">{escape(f"{title}: {unit}")}</text>',
    ]
    for power in range(low, high + 1):
        x = LEFT + (power - low) * scale
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - BOTTOM}"/>')
        lines.append(
            f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{10.0**power:,g}</text>'
        )
    for number, bar in enumerate(bars):
        y = TOP + number * (BAR + GAP)
        length = max((math.log10(bar.value) - low) * scale, 1)
        kind = "own" if bar.is_own else "bar"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}"/>',
            f'<text x="{LEFT + length + 8:.1f}" y="{y + 16}">{text_of(bar.value)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def text_of(value: float) -> str:
    """Return three digits of a figure, or all digits of a great one."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def pictures(figures: dict[str, Any]) -> dict[str, str]:
    """Return the pictures of a file by their names."""
    results = figures["results"]
    drawn = {}
    for scenario, headline in {row["scenario"]: row["headline"] for row in results}.items():
        bars = bars_of(results, scenario)
        if headline in UNITS and len(bars) > 1:
            drawn[f"bench-{scenario.lower()}.svg"] = svg(scenario, UNITS[headline], bars)
    return drawn


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pictures of a file into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    for name, text in pictures(json.loads(options.file.read_text())).items():
        (options.folder / name).write_text(text)
        print(options.folder / name)


if __name__ == "__main__":
    main()
