"""What a list is: models, recording, REST API."""

from django.apps import AppConfig


class ShoppingListConfig(AppConfig):
    """Connects the receivers once the models are there."""

    name = "shopping_list"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect every receiver of this app, and let its invites open the sign-up."""
        from accounts import invitations  # noqa: PLC0415  (needs the app registry)
        from shopping_list import invites, receivers  # noqa: PLC0415

        receivers.connect()
        invitations.provide(invites)
