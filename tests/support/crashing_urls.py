"""One address, which crashes."""

from django.urls import path


def crash(request):
    raise RuntimeError("on purpose")


urlpatterns = [path("crash/", crash)]
