"""The URL configuration of the product, and views that fail, stream and wait."""

from __future__ import annotations

import time
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from asgi_project.urls import handler400, handler403, handler404, handler500, urlpatterns
from shopping_list.models import ShoppingList

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
SECRET = "what ana typed"


def crash(request, number):
    raise LookupError(SECRET)


def stream(request):
    return StreamingHttpResponse(iter([b"some", b"more"]))


def broken_stream(request):
    def content():
        yield b"some"
        raise RuntimeError(SECRET)

    return StreamingHttpResponse(content())


def query(request, count):
    for _ in range(count):
        ShoppingList.objects.exists()
    return HttpResponse()


def sleep(request, ms):
    time.sleep(ms / 1000)
    return HttpResponse()


def wait(request):
    """Respond when the file that the header names exists."""
    while not Path(request.headers["X-Until"]).exists():
        time.sleep(0.01)
    return HttpResponse()


urlpatterns = [
    *urlpatterns,
    path("test/crash/<int:number>/", crash),
    path("test/stream/", stream),
    path("test/broken-stream/", broken_stream),
    path("test/query/<int:count>/", query),
    path("test/sleep/<int:ms>/", sleep),
    path("test/wait/", wait),
]
