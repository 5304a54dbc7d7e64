"""The Django app of the live package. Without it the REST API still works."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Has the models of what is kept through restarts."""

    name = "live"

    def ready(self) -> None:
        """Connect the signal receivers, and measure the signals."""
        # These need the app registry.
        from accounts import personal_data  # noqa: PLC0415
        from live import personal_data as ours  # noqa: PLC0415
        from live import receivers  # noqa: PLC0415
        from live.metrics import request_receivers  # noqa: PLC0415
        from live.metrics.measured_signals import measure_signals, signal_meter  # noqa: PLC0415

        personal_data.register_provider(ours)
        receivers.connect()
        request_receivers.connect()
        measure_signals(signal_meter)
