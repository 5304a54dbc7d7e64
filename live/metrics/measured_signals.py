"""The signals that the dashboard shows: all that the project listens to, and a few more."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.signals import got_request_exception, request_finished, request_started
from django.db.models import signals as model_signals

from accounts.signals import access_revoked
from live.counters import is_request_excluded
from live.metrics.signal_meter import SignalMeter

MODEL_SIGNALS = ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
REQUEST_SIGNALS = {"request_started": request_started, "request_finished": request_finished}
OTHER_SIGNALS = {
    "got_request_exception": got_request_exception,
    "user_logged_in": user_logged_in,
    "user_logged_out": user_logged_out,
    "user_login_failed": user_login_failed,
    "access_revoked": access_revoked,
}

signal_meter = SignalMeter()
"""What was sent in this process."""


def measure_signals(meter: SignalMeter) -> None:
    """Count what is sent from now on. Requests that are not counted elsewhere are left out."""
    for name in MODEL_SIGNALS:
        signal = getattr(model_signals, name)
        meter.measure(signal, name, label_of=_model_name, senders=_models)
    for name, signal in REQUEST_SIGNALS.items():
        meter.measure(signal, name, is_excluded=is_request_excluded.get)
    for name, signal in OTHER_SIGNALS.items():
        meter.measure(signal, name)


def _models() -> list[Any]:
    return list(apps.get_models(include_auto_created=True))


def _model_name(model: Any) -> str:
    return str(model._meta.object_name)
