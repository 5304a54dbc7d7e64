"""The settings of the product with views that fail: also for workers, which run manage.py."""

from asgi_project.settings import *  # noqa: F403

ROOT_URLCONF = "tests.support.request_urls"
