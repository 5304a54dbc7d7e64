"""The Django app of the live package. Without it the REST API still works."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Has no models."""

    name = "live"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from live import receivers  # noqa: PLC0415  (needs the app registry)

        receivers.connect()
