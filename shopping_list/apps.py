"""What a list is: models, recording, REST API."""

from django.apps import AppConfig


class ShoppingListConfig(AppConfig):
    """Connects the receivers once the models are there."""

    name = "shopping_list"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect every receiver of this app, and tell the accounts what it does for them."""
        from accounts import belongings, invitations  # noqa: PLC0415  (need the app registry)
        from shopping_list import invites, receivers  # noqa: PLC0415
        from shopping_list.api import belongings as ours  # noqa: PLC0415

        receivers.connect()
        invitations.provide(invites)
        belongings.provide(ours)
