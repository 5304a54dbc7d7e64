"""The response in pieces, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from live.doctor import pieces
from live.doctor.pieces import PIECES, PIECES_PATH, answer_in_pieces


async def request(method: str, path: str) -> list[dict[str, Any]]:
    """Return what is sent; the application behind it sends its name."""
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "other"})

    await answer_in_pieces(app)({"method": method, "path": path}, None, send)
    return sent


async def test_each_piece_is_sent_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_INTERVAL", 0)
    start, *bodies = await request("GET", PIECES_PATH)
    assert start["status"] == 200
    assert (b"cache-control", b"no-store") in start["headers"]
    assert [body["body"] for body in bodies] == [b"%d\n" % (n + 1) for n in range(PIECES)]
    assert [body["more_body"] for body in bodies] == [True] * (PIECES - 1) + [False]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", PIECES_PATH), ("GET", "/api/live/connection/"), ("GET", "/")]
)
async def test_every_other_request_is_passed_on(method: str, path: str) -> None:
    assert await request(method, path) == [{"type": "other"}]


def test_the_rules_know_how_the_pieces_are_spread() -> None:
    from live.doctor.findings import PIECE_SPREAD_MS

    assert pytest.approx((PIECES - 1) * pieces.PIECE_INTERVAL * 1000) == PIECE_SPREAD_MS
