from django.apps import AppConfig


class VanillaConfig(AppConfig):
    name = "bench.vanilla"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from bench.vanilla import receivers  # noqa: F401
