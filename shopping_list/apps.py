"""What a list is: models, recording, REST API."""

from django.apps import AppConfig

MAX_IMPORT_BYTES = 2 * 1024 * 1024
"""Length of a request body that contains a file to import."""


class ShoppingListConfig(AppConfig):
    """Connects the receivers once the models are there."""

    name = "shopping_list"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect every receiver of this app, and tell the accounts what it does for them."""
        from accounts import personal_data, registration_invites  # noqa: PLC0415  (need the app registry)
        from rest import body_limits  # noqa: PLC0415
        from shopping_list import personal_data as ours  # noqa: PLC0415
        from shopping_list import receivers  # noqa: PLC0415
        from shopping_list.services import invites  # noqa: PLC0415

        receivers.connect()
        registration_invites.register_provider(invites)
        personal_data.register_provider(ours)
        body_limits.allow("/import/", MAX_IMPORT_BYTES)
