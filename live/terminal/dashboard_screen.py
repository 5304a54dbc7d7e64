"""The screen of `live top` as lines of text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from live.terminal.dashboard_follower import DashboardFollower
from live.terminal.follower import Frame
from live.terminal.text import (
    NONE,
    apart,
    clipped,
    listed,
    microseconds,
    milliseconds,
    number,
    padded,
    printable,
    sparkline,
)

Style = Literal["plain", "title", "good", "warning", "bad", "faint"]
LATE = 5.0
"""Seconds without a sample after which the figures are called old."""
LABEL_WIDTH = 12
MIN_SENDER_WIDTH, MAX_SENDER_WIDTH = 10, 30
SIGNAL_WIDTH = 20
MAX_SIGNALS_WITHOUT_A_HEIGHT = 30


class Line(NamedTuple):
    """One line, and how it is shown where there are colours. No colour is the only sign."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True)
class Size:
    """Columns and rows of the terminal; without rows, everything is shown."""

    columns: int
    rows: int | None


def screen(figures: DashboardFollower, url: str, size: Size, hint: str = "") -> list[Line]:
    """Return the lines that show the figures; at most as many as there are rows."""
    lines = [_title(figures, url, size), *_state(figures)]
    if figures.sample is not None:
        lines += _figures(figures, figures.sample, size)
    if figures.signals is not None:
        lines += _signals(figures.signals, size, used=len(lines) + bool(hint))
    lines = [Line(clipped(line.text, size.columns).rstrip(), line.style) for line in lines]
    if size.rows is None:
        return lines
    room = size.rows - bool(hint)
    lines = lines[:room]
    if hint:
        lines += [Line("")] * (room - len(lines)) + [Line(clipped(hint, size.columns), "faint")]
    return lines


def _title(figures: DashboardFollower, url: str, size: Size) -> Line:
    sample = figures.sample
    processes = "" if sample is None else f" · {_counted(sample['processes'], 'process', 'es')}"
    freshness = "no figures yet" if sample is None else f"{max(0.0, figures.age):.1f} s ago"
    left = printable(f"Trolley {figures.version} · {url}{processes}")
    return Line(apart(left, freshness, size.columns), "title")


def _state(figures: DashboardFollower) -> list[Line]:
    lines = []
    if figures.lost_because is not None:
        reason = printable(figures.lost_because)
        lines.append(Line(f"Not connected: {reason}. Trying again; the figures are old.", "bad"))
    elif figures.sample is not None and figures.age > LATE:
        lines.append(Line("The server sends no figures now; these are old.", "warning"))
    verdict = figures.verdict
    if verdict is not None and not lines:
        lines.append(_verdict(verdict))
    return [*lines, Line("")]


def _verdict(verdict: Frame) -> Line:
    styles: dict[str, Style] = {"ok": "good", "warning": "warning", "critical": "bad"}
    state = verdict.get("state", "")
    mark = {"warning": "! ", "critical": "!! "}.get(state, "")
    return Line(mark + printable(verdict["sentence"]), styles.get(state, "plain"))


def _figures(figures: DashboardFollower, sample: Frame, size: Size) -> list[Line]:
    screens, latency, delivery = sample["screens"], sample["latency_ms"], sample["delivery_ms"]
    status: dict[str, int] = sample["status"]
    bars = sparkline(figures.per_second, min(60, size.columns - 50))
    return [
        _row(
            "Screens",
            f"identical {number(screens['identical'])}",
            f"behind {number(screens['behind'])}",
            f"different {number(screens['different'])}",
            style="bad" if screens["different"] else "plain",
        ),
        _row(
            "People",
            number(sample["people"]),
            f"sockets {number(sample['sockets'])}",
            f"lagging {number(sample['lagging'])}",
            style="warning" if sample["lagging"] else "plain",
        ),
        _row(
            "Requests",
            f"{number(sample['per_second'])}/s",
            f"1 min {number(sample['per_second_1m'])}/s",
            bars,
        ),
        _row(
            "",
            f"started {number(sample['started'])}",
            f"finished {number(sample['finished'])}",
            f"in flight {number(sample['in_flight'])}",
        ),
        _row("Answer time", *(f"{name} {milliseconds(latency[name])}" for name in latency)),
        _row("Answers", *(f"{name} {number(count)}" for name, count in status.items() if count)),
        _row(
            "Errors",
            number(status["5xx"]),
            _share(status["5xx"], sum(status.values())),
            style="bad" if status["5xx"] else "plain",
        ),
        _row(
            "Changes",
            number(sample["changes"]),
            f"delivered {number(sample['delivered'])}",
            *(f"{name} {milliseconds(delivery[name])}" for name in delivery),
        ),
        _row(
            "",
            f"repairs {number(sample['repairs'])}",
            f"resumed {number(sample['resumed'])}",
            f"snapshots {number(sample['snapshots'])}",
        ),
    ]


def _row(label: str, *texts: str, style: Style = "plain") -> Line:
    return Line(f"{padded(label, LABEL_WIDTH)}{listed(texts)}", style)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} of all answers".replace("%", " %") if whole else ""


def _signals(signals: Frame, size: Size, *, used: int) -> list[Line]:
    """Return the signals that were sent most in the last minute, as many as there is room for."""
    rows = sorted(signals["rows"], key=lambda row: (row["last_minute"], row["sends"]), reverse=True)
    room = MAX_SIGNALS_WITHOUT_A_HEIGHT if size.rows is None else size.rows - used - 2
    if room <= 0 or not rows:
        return []
    sender_width = min(MAX_SENDER_WIDTH, max(MIN_SENDER_WIDTH, size.columns - SIGNAL_WIDTH - 48))
    head = _signal_line(
        ("Signal", "Sender", "total", "1 min", "p50", "p99", "errors"), sender_width
    )
    return [
        Line(""),
        Line(head, "faint"),
        *(_signal(row, sender_width) for row in rows[:room]),
    ]


def _signal(row: Frame, sender_width: int) -> Line:
    times = row["receiver_us"]
    cells = (
        printable(row["signal"]),
        printable(row["sender"]) or NONE,
        number(row["sends"]),
        number(row["last_minute"]),
        microseconds(times["p50"]),
        microseconds(times["p99"]),
        number(row["errors"]),
    )
    return Line(_signal_line(cells, sender_width), "bad" if row["errors"] else "plain")


def _signal_line(cells: tuple[str, ...], sender_width: int) -> str:
    signal, sender, total, minute, median, slowest, errors = cells
    return (
        f"{padded(signal, SIGNAL_WIDTH)} {padded(sender, sender_width)}"
        f" {total:>10} {minute:>8} {median:>8} {slowest:>8} {errors:>7}"
    )


def _counted(count: int, noun: str, plural: str) -> str:
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}{plural}"
