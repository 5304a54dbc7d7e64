"""The composition root as a Django app: the page template and the commands."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Has no models; it only puts the other apps together."""

    name = "asgi_project"
