"""The Django app of the live package. Without it the REST API still works."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Has the models of what the dashboard keeps through restarts."""

    name = "live"

    def ready(self) -> None:
        """Connect the signal receivers, and measure the signals."""
        # These need the app registry.
        from live import receivers  # noqa: PLC0415
        from live.metrics import request_receivers  # noqa: PLC0415
        from live.metrics.measured_signals import measure_signals, signal_meter  # noqa: PLC0415

        receivers.connect()
        request_receivers.connect()
        measure_signals(signal_meter)
