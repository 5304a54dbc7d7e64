"""A URL configuration with one view, which raises."""

from django.urls import path


def crash(request):
    raise RuntimeError("on purpose")


urlpatterns = [path("crash/", crash)]
