"""The composition root as an app: the pages' shell and the command that serves."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Owns no models; it only puts the other apps together."""

    name = "asgi_project"
