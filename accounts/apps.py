"""Who you are: people, sign-in, API tokens."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app at the bottom: it imports none of the others."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers, and the schema of our authentication."""
        # They need the registry.
        from accounts import lockout, receivers  # noqa: PLC0415
        from accounts.api import openapi_schemes  # noqa: F401, PLC0415

        receivers.connect()
        lockout.connect()
