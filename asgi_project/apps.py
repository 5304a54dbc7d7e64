"""The composition root as a Django app: the page template and the commands."""

from django.apps import AppConfig
from django.core.checks import register


class ProjectConfig(AppConfig):
    """Has no models; it only puts the other apps together."""

    name = "asgi_project"

    def ready(self) -> None:
        """Let `check` report what is doubtful about the environment."""
        from asgi_project.environment.checks import report_warnings  # noqa: PLC0415

        register(report_warnings)
