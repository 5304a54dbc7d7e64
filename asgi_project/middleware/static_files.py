"""Static files: WhiteNoise, fitted to ASGI and to the names that Vite gives."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

# A service worker rules what lies below it, and the others are looked for there.
ROOT_FILES = ("sw.js", "manifest.webmanifest", "favicon.ico", "favicon.svg", "robots.txt")
HASHED_NAME = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,}\.\w+$")


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves the built frontend below /static/, and a few of its files at the root."""

    def __init__(self, get_response: Any = None) -> None:
        super().__init__(get_response)
        for name in ROOT_FILES:
            path = Path(settings.FRONTEND_DIST, name)
            if path.is_file() and not self.autorefresh:
                self.add_file_to_dictionary(f"/{name}", str(path))

    def add_cache_headers(self, headers: Any, path: str, url: str) -> None:
        """Never let the service worker go stale: it decides what else is fresh."""
        super().add_cache_headers(headers, path, url)
        if url == "/sw.js":
            headers["Cache-Control"] = "max-age=0, no-cache"

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Say whether the name holds a hash of the content."""
        return bool(HASHED_NAME.search(url))

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Answer with bytes: a synchronous stream would hold a thread of the loop."""
        found = static_file.get_response(request.method, request.META)
        with found.file or BytesIO() as file:
            response = HttpResponse(file.read(), status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
