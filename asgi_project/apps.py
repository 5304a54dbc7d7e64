"""The composition root as a Django app: the page template and the commands."""

from django.apps import AppConfig
from django.core.checks import register


class ProjectConfig(AppConfig):
    """Has no models; it only puts the other apps together."""

    name = "asgi_project"

    def ready(self) -> None:
        """Let `check` report doubtful settings, and remember where the owner signs in."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from asgi_project.environment.checks import report_warnings  # noqa: PLC0415
        from asgi_project.public_address import remember_address  # noqa: PLC0415

        register(report_warnings)
        user_logged_in.connect(remember_address, dispatch_uid="remember_address")
