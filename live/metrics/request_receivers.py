"""Receivers that note in the record of a request what signals tell about it."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.core.signals import got_request_exception

from live.metrics.request_record import SCOPE_KEY, RequestRecord


def connect() -> None:
    """Connect the receivers. A second call does nothing."""
    got_request_exception.connect(note_exception, dispatch_uid="live.requests.exception")
    user_login_failed.connect(note_failed_sign_in, dispatch_uid="live.requests.sign_in")


def note_exception(request: Any = None, **_: Any) -> None:
    """Note which exception no view handled."""
    record, error = _record_of(request), sys.exception()
    if record is not None and error is not None:
        record.note_exception(error)


def note_failed_sign_in(request: Any = None, **_: Any) -> None:
    """Note a failed sign-in, without the name that was typed."""
    record = _record_of(request)
    if record is not None:
        record.failed_sign_ins += 1


def _record_of(request: Any) -> RequestRecord | None:
    """Return the record of a request; None without ASGI and for requests that do not count."""
    record: RequestRecord | None = getattr(request, "scope", {}).get(SCOPE_KEY)
    return record
