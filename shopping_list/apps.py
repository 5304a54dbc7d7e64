"""What a list is: models, recording, REST API."""

from django.apps import AppConfig

IMPORT_PATHS = r"/api/(shopping-lists/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}/)?import/"
MAX_IMPORT_BYTES = 2 * 1024 * 1024
"""Length of a request body that contains a file to import."""


class ShoppingListConfig(AppConfig):
    """Connects the receivers once the models are loaded."""

    name = "shopping_list"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers, and register what recording and accounts call back."""
        from accounts import personal_data, registration_invites  # noqa: PLC0415  (need the app registry)
        from rest import body_limits, problems  # noqa: PLC0415
        from shopping_list import personal_data as ours  # noqa: PLC0415
        from shopping_list import receivers  # noqa: PLC0415
        from shopping_list.api import errors  # noqa: PLC0415
        from shopping_list.recording import context, unit_of_work  # noqa: PLC0415
        from shopping_list.services import invites  # noqa: PLC0415

        context.register_factory(unit_of_work.UnitOfWork)
        receivers.connect()
        registration_invites.register_provider(invites)
        personal_data.register_provider(ours)
        problems.register_errors(errors.ERRORS, errors.MEMBERS)
        body_limits.allow(IMPORT_PATHS, MAX_IMPORT_BYTES)
