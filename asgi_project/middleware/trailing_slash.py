"""The last slash of an address: a client that leaves it out gets the same response.

Django redirects such a request, and most clients repeat a redirected POST as a GET without
its body: it looks like success and nothing was done.
"""

from __future__ import annotations

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.http import HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

PREFIXES = ("/api/", "/ws/")


def with_slash(path: str) -> str:
    """Return the path of an API address or of a socket with its last slash.

    A last part with a dot is the name of a file and stays.
    """
    is_ours = f"{path}/".startswith(PREFIXES)
    is_complete = path.endswith("/") or "." in path.rpartition("/")[2]
    return f"{path}/" if is_ours and not is_complete else path


class TrailingSlashMiddleware:
    """Adds the last slash to the address of a request to the API, and of a socket."""

    def __init__(self, app: ASGI3Application) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass the request on."""
        if scope["type"] != "lifespan":
            path = with_slash(scope["path"])
            if path != scope["path"]:
                changes: dict[str, Any] = {"path": path}
                if scope.get("raw_path"):
                    changes["raw_path"] = scope["raw_path"] + b"/"
                scope = {**scope, **changes}  # type: ignore[assignment]
        await self.app(scope, receive, send)


class _SameMethodRedirect(HttpResponsePermanentRedirect):
    """A redirect that clients follow with the same method and body (308)."""

    status_code = HttpResponsePermanentRedirect.status_code_preserve_request


class SameMethodCommonMiddleware(CommonMiddleware):
    """Django's own, whose redirects to pages keep the method."""

    response_redirect_class = _SameMethodRedirect
