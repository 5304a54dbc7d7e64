"""Decides by the facts which checks of the way are passed, and what is the matter. Pure.

The same rules for the page are in frontend/src/stores/doctor-findings.ts;
tests/vectors/doctor.json holds both. The texts are in catalogue.json, for both.
"""

from __future__ import annotations

from statistics import median
from typing import Literal

import msgspec

from live.doctor.facts import Facts, Socket
from live.protocol.received import ConnectionResponse

State = Literal["ok", "wrong", "none"]

BAD_GATEWAYS = (502, 503, 504)
SLOW_ROUND_TRIP_MS = 1000.0
PIECE_SPREAD_MS = 600.0
"""The time between the first and the last piece (pieces.py)."""
MIN_SPREAD = 0.5
"""The part of that time in which the pieces may arrive."""
KEEPALIVE_MARGIN = 1.25
"""A socket that is closed after this many times of the keep-alive was not closed too early."""
MAX_CLOCK_OFFSET = 30.0
"""Seconds."""
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Finding(msgspec.Struct, frozen=True):
    """The result of one check. `key` names its text, whose gaps have the `values`."""

    check: str
    state: State
    key: str
    values: dict[str, str] = {}


def findings_of(facts: Facts) -> list[Finding]:
    """Return the result of each check of the way, in their order."""
    page = _page(facts)
    answer = facts.answer
    if answer is None:
        rest = ("https", "host", "scheme", "address", "upgrade", "origin", "cookies", "sign_in")
        measured = ("round_trip", "streaming", "silence", "clock")
        return [page, *(_none(check, "needs_page") for check in (*rest, *measured))]
    https = _https(facts, answer)
    host = _host(facts, answer)
    scheme = _scheme(facts, answer, https)
    address = _address(facts, answer, scheme)
    streaming = _streaming(facts)
    upgrade = _upgrade(facts, answer, streaming)
    return [
        page,
        https,
        host,
        scheme,
        address,
        upgrade,
        _origin(facts, host, scheme),
        _cookies(facts, answer),
        _sign_in(facts, answer),
        _round_trip(facts, streaming),
        streaming,
        _silence(facts, answer),
        _clock(facts),
    ]


def _ok(check: str, key: str, **values: str) -> Finding:
    return Finding(check, "ok", key, values)


def _wrong(check: str, key: str, **values: str) -> Finding:
    return Finding(check, "wrong", key, values)


def _none(check: str, key: str = "not_checked", **values: str) -> Finding:
    return Finding(check, "none", key, values)


def _page(facts: Facts) -> Finding:
    if facts.answer is not None:
        return _ok("page", "page_ok", version=facts.answer.version)
    if facts.page_status is None:
        return _wrong("page", "page_unreachable", error=facts.page_error or "no answer")
    key = "page_bad_gateway" if facts.page_status in BAD_GATEWAYS else "page_not_trolley"
    return _wrong("page", key, status=str(facts.page_status))


def _https(facts: Facts, answer: ConnectionResponse) -> Finding:
    if facts.scheme == "http":
        key = "https_required" if answer.is_https_required else "https_not_used"
        return _wrong("https", key) if answer.is_https_required else _none("https", key)
    if not answer.is_https_required:
        return _wrong("https", "https_not_set", origin=facts.origin)
    if facts.redirect is None:
        return _none("https", "redirect_unknown")
    location = facts.redirect.location or ""
    if 300 <= facts.redirect.status < 400 and location.startswith("https://"):
        return _ok("https", "https_redirects")
    return _wrong("https", "redirect_missing", status=str(facts.redirect.status))


def _host(facts: Facts, answer: ConnectionResponse) -> Finding:
    received = answer.received.host or ""
    if _usual(received, facts.scheme) == _usual(facts.host, facts.scheme):
        return _ok("host", "host_ok", host=facts.host)
    return _wrong("host", "host_changed", host=received or "(none)", expected=facts.host)


def _usual(host: str, scheme: str) -> str:
    return host.lower().removesuffix(DEFAULT_PORTS[scheme])


def _scheme(facts: Facts, answer: ConnectionResponse, https: Finding) -> Finding:
    received = answer.received
    if received.scheme == facts.scheme:
        return _ok("scheme", "scheme_ok", scheme=received.scheme)
    if https.state == "wrong":
        return _none("scheme", "needs_other", other="https")
    if facts.scheme == "https" and not received.has_forwarded_proto:
        return _wrong("scheme", "scheme_not_sent")
    if not received.is_from_trusted_proxy:
        return _wrong("scheme", "proxy_not_trusted", client=received.client or "")
    return _wrong("scheme", "scheme_wrong", scheme=facts.scheme, received=received.scheme)


def _address(facts: Facts, answer: ConnectionResponse, scheme: Finding) -> Finding:
    received = answer.received
    if received.has_forwarded_for:
        if received.is_from_trusted_proxy:
            return _ok("address", "address_ok")
        if scheme.key == "proxy_not_trusted":
            return _none("address", "needs_other", other="Forwarded protocol")
        return _wrong("address", "proxy_not_trusted", client=received.client or "")
    has_proxy = received.is_from_trusted_proxy or facts.scheme == "https" or facts.proxy is not None
    return _wrong("address", "address_not_sent") if has_proxy else _ok("address", "address_direct")


def _upgrade(facts: Facts, answer: ConnectionResponse, streaming: Finding) -> Finding:
    socket, handshake = facts.socket, facts.handshake
    if socket is None:
        return _none("upgrade")
    is_http10 = answer.received.http_version == "1.0"
    if socket.status == 426 or (handshake is not None and handshake.outcome == "no_upgrade"):
        return _wrong("upgrade", "http10_no_upgrade" if is_http10 else "no_upgrade")
    if is_http10:
        return _wrong("upgrade", "http10")
    if socket.is_open or (handshake is not None and handshake.outcome == "foreign_origin"):
        return _ok("upgrade", "upgrade_ok")
    return _no_socket(socket) if handshake is None else _no_answer(socket, streaming)


def _no_answer(socket: Socket, streaming: Finding) -> Finding:
    """Return why the client does not know that its handshake was accepted."""
    if streaming.state == "wrong":
        return _none("upgrade", "needs_other", other="Buffering")
    error = socket.error or (f"status {socket.status}" if socket.status else "no answer")
    return _wrong("upgrade", "upgrade_unanswered", error=error)


def _no_socket(socket: Socket) -> Finding:
    """Return why a handshake did not reach the server."""
    if socket.status is None:
        return _wrong("upgrade", "upgrade_lost", error=socket.error or "no answer")
    if socket.status in BAD_GATEWAYS:
        key = "upgrade_bad_gateway"
    elif socket.status == 404 or socket.status < 400:
        key = "upgrade_elsewhere"
    else:
        key = "upgrade_refused"
    return _wrong("upgrade", key, status=str(socket.status))


def _origin(facts: Facts, host: Finding, scheme: Finding) -> Finding:
    handshake = facts.handshake
    if handshake is None or handshake.outcome == "no_upgrade":
        is_open = facts.socket is not None and facts.socket.is_open
        return _ok("origin", "origin_ok") if is_open else _none("origin", "needs_socket")
    origin = handshake.received.origin
    if origin is None:
        return _wrong("origin", "origin_removed")
    if origin != facts.origin:
        return _wrong("origin", "origin_changed", origin=origin, expected=facts.origin)
    if handshake.outcome == "accepted":
        return _ok("origin", "origin_ok")
    return _refused_origin(facts, host, scheme)


def _refused_origin(facts: Facts, host: Finding, scheme: Finding) -> Finding:
    """Return why the server does not know the Origin, which arrived as it was sent."""
    if host.state == "wrong":
        return _none("origin", "needs_other", other="Host")
    if scheme.state == "wrong":
        return _none("origin", "needs_other", other="Forwarded protocol")
    if scheme.key == "needs_other":
        return _none("origin", "needs_other", other=scheme.values["other"])
    return _wrong("origin", "origin_refused", expected=facts.origin)


def _cookies(facts: Facts, answer: ConnectionResponse) -> Finding:
    if not answer.received.has_cookie:
        return _wrong("cookies", "cookies_removed", where="requests")
    if facts.handshake is not None and not facts.handshake.received.has_cookie:
        return _wrong("cookies", "cookies_removed", where="handshakes of sockets")
    return _ok("cookies", "cookies_ok")


def _sign_in(facts: Facts, answer: ConnectionResponse) -> Finding:
    if not facts.has_credential:
        return _none("sign_in", "sign_in_without")
    if facts.is_welcome:
        return _ok("sign_in", "sign_in_ok")
    if facts.socket is None or not facts.socket.is_open:
        return _none("sign_in", "needs_socket")
    received = answer.received
    if not received.has_authorization and not received.has_session:
        return _wrong("sign_in", "authorization_removed")
    return _wrong("sign_in", "sign_in_refused")


def _round_trip(facts: Facts, streaming: Finding) -> Finding:
    if facts.socket is None or not facts.socket.is_open:
        return _none("round_trip", "needs_socket")
    if not facts.round_trips_ms:
        if streaming.state == "wrong":
            return _none("round_trip", "needs_other", other="Buffering")
        return _wrong("round_trip", "round_trip_lost")
    middle = median(facts.round_trips_ms)
    values = {"ms": _number(middle), "count": str(len(facts.round_trips_ms))}
    if middle >= SLOW_ROUND_TRIP_MS:
        return _wrong("round_trip", "round_trip_slow", **values)
    return _ok("round_trip", "round_trip_ok", **values)


def _streaming(facts: Facts) -> Finding:
    times = facts.piece_times_ms
    if not times:
        return _none("streaming")
    is_buffered = times[-1] - times[0] < MIN_SPREAD * PIECE_SPREAD_MS
    return _wrong("streaming", "buffered") if is_buffered else _ok("streaming", "streaming_ok")


def _silence(facts: Facts, answer: ConnectionResponse) -> Finding:
    silence = facts.silence
    if silence is None:
        if facts.socket is None or not facts.socket.is_open:
            return _none("silence", "needs_socket")
        return _none("silence", "silence_not_run", seconds=_number(facts.silence_seconds))
    if silence.is_refused:
        return _none("silence", "silence_refused")
    if not silence.is_closed:
        key = "silence_ok" if silence.is_silent else "silence_with_pings"
        return _ok("silence", key, seconds=_number(silence.asked))
    values = {"seconds": _number(silence.lasted), "keepalive": _number(answer.keepalive)}
    if silence.lasted >= KEEPALIVE_MARGIN * answer.keepalive:
        return _ok("silence", "idle_timeout_harmless", **values)
    return _wrong("silence", "idle_timeout", **values)


def _clock(facts: Facts) -> Finding:
    offset = facts.clock_offset
    if offset is None:
        return _none("clock")
    if abs(offset) < MAX_CLOCK_OFFSET:
        return _ok("clock", "clock_ok", seconds=_number(max(1.0, abs(offset))))
    direction = "ahead of" if offset > 0 else "behind"
    return _wrong("clock", "clock_wrong", seconds=_number(abs(offset)), direction=direction)


def _number(value: float) -> str:
    """Return a number, below 10 with one decimal if it has any."""
    return f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
