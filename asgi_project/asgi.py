"""The composition root: which part answers which kind of connection."""

from __future__ import annotations

import os
from collections.abc import Container
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    Scope,
)
from django.core.asgi import get_asgi_application

# Django must be set up before anything else of ours is imported.
django_app = cast("ASGI3Application", get_asgi_application())

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # noqa: E402

from accounts.proxy_auth import REMOTE_USER  # noqa: E402
from asgi_project.middleware.body_limit import BodyLimit  # noqa: E402
from asgi_project.middleware.proxy_user import ProxyUserMiddleware  # noqa: E402
from asgi_project.middleware.thread_pool import ThreadPoolMiddleware  # noqa: E402
from asgi_project.serving.lifespan import lifespan  # noqa: E402
from rest import body_limits  # noqa: E402


def compose() -> ASGI3Application:
    """Put the parts together: live around HTTP, live for sockets, both behind the proxy."""
    http: ASGI3Application = ThreadPoolMiddleware(django_app, settings.REQUEST_THREADS)
    http = BodyLimit(http, body_limits.limit_for)
    websocket: ASGI3Application = _no_sockets
    if apps.is_installed("live"):
        from live.metrics.middleware import count_requests  # noqa: PLC0415  (live may be left out)
        from live.routing import websocket_application as live_sockets  # noqa: PLC0415

        http, websocket = count_requests(http), live_sockets
    routes = {"http": http, "websocket": websocket, "lifespan": lifespan}

    async def route(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await routes[scope["type"]](scope, receive, send)

    return _behind_proxy(route)


def _behind_proxy(app: ASGI3Application) -> ASGI3Application:
    """Believe X-Forwarded-*, and who it is, of the configured proxies, under any server."""
    if not settings.TRUSTED_PROXIES:
        return app
    behind = ProxyHeadersMiddleware(app, settings.TRUSTED_PROXIES)  # type: ignore[arg-type]
    if settings.PROXY_AUTH_HEADER:
        # Around the other, which puts the client's address in the place of the proxy's.
        return ProxyUserMiddleware(
            cast("ASGI3Application", behind),
            header=settings.PROXY_AUTH_HEADER,
            proxies=cast("Container[str]", behind.trusted_hosts),
            key=REMOTE_USER,
        )
    return cast("ASGI3Application", behind)


async def _no_sockets(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Refuse the handshake: this installation runs without live updates."""
    await receive()
    await send({"type": "websocket.close", "code": 1000, "reason": None})


application = compose()
