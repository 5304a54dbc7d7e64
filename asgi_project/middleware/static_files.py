"""Static files: WhiteNoise, adapted to ASGI and to Vite's file names."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

# A service worker controls the URLs below its own, and browsers expect the others here.
ROOT_FILES = ("sw.js", "favicon.ico", "favicon.svg", "robots.txt")
HASHED_NAME = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,}\.\w+$")


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves the built frontend below /static/, and a few of its files at the root URL."""

    def __init__(self, get_response: Any = None) -> None:
        super().__init__(get_response)
        for name in ROOT_FILES:
            path = Path(settings.FRONTEND_DIST, name)
            if path.is_file() and not self.autorefresh:
                self.add_file_to_dictionary(f"/{name}", str(path))

    def add_cache_headers(self, headers: Any, path: str, url: str) -> None:
        """Never cache the service worker: it decides what else is cached."""
        super().add_cache_headers(headers, path, url)
        if url == "/sw.js":
            headers["Cache-Control"] = "max-age=0, no-cache"

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Return whether the file name contains a hash of the content."""
        return bool(HASHED_NAME.search(url))

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Respond with bytes: under ASGI a synchronous stream would block a thread."""
        file_response = static_file.get_response(request.method, request.META)
        with file_response.file or BytesIO() as file:
            response = HttpResponse(file.read(), status=int(file_response.status))
        del response["Content-Type"]
        for name, value in file_response.headers:
            response[name] = value
        return response
