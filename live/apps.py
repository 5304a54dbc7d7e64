"""The live side as an app: without it the lists still work over REST."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Owns no models."""

    name = "live"

    def ready(self) -> None:
        """Connect the receivers."""
        from live import receivers  # noqa: PLC0415  (needs the app registry)

        receivers.connect()
