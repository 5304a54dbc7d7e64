"""Users, sign-in, sessions and API tokens."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest app: it imports only `rest` of our packages."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers, and register the errors and the OpenAPI extensions."""
        # These modules need the app registry.
        from accounts import lockout, receivers  # noqa: PLC0415
        from accounts.api import errors, openapi  # noqa: F401, PLC0415
        from rest import problems  # noqa: PLC0415

        receivers.connect()
        lockout.connect()
        problems.register_errors(errors.ERRORS)
