"""The composition root: which application handles HTTP, WebSockets and the lifespan."""

from __future__ import annotations

import os
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")

import django
from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    Scope,
)

# Django must be set up before our other modules are imported.
django.setup(set_prefix=False)

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402

from accounts.password_requests import hashes_password  # noqa: E402
from accounts.proxy_auth import REMOTE_USER  # noqa: E402
from asgi_project.middleware.body_limit import BodyLimitMiddleware  # noqa: E402
from asgi_project.middleware.bounded_queue import BoundedQueueMiddleware  # noqa: E402
from asgi_project.middleware.client_address import (  # noqa: E402
    ForwardedHeadersMiddleware,
    TrustedProxies,
    settle_peer,
)
from asgi_project.middleware.proxy_user import ProxyUserMiddleware  # noqa: E402
from asgi_project.middleware.rate_limit import RateLimitMiddleware  # noqa: E402
from asgi_project.middleware.trailing_slash import TrailingSlashMiddleware  # noqa: E402
from asgi_project.serving.lifespan import lifespan  # noqa: E402
from asgi_project.serving.threaded_handler import ThreadedHandler  # noqa: E402
from rest import body_limits  # noqa: E402

PASSWORD_THREADS, MAX_WAITING_PASSWORDS = 2, 16
"""Requests that hash a password: how many are at work, and how many may wait.

One of the two hashes while the other one reads and writes the database (accounts/hashers.py).
"""


def compose() -> ASGI3Application:
    """Put the applications together.

    The requests that hash a password have a queue and threads of their own.
    `live` wraps the HTTP application to count requests, and handles the WebSockets.
    The middleware for trusted proxies wraps both.
    """
    http: ASGI3Application = BoundedQueueMiddleware(
        cast("ASGI3Application", ThreadedHandler(settings.REQUEST_THREADS)),
        cast("ASGI3Application", ThreadedHandler(PASSWORD_THREADS, name="password")),
        is_costly=hashes_password,
        max_requests=PASSWORD_THREADS + MAX_WAITING_PASSWORDS,
    )
    if apps.is_installed("live"):
        from live.doctor.pieces import answer_in_pieces  # noqa: PLC0415  (live may be left out)

        http = answer_in_pieces(http)
    http = BodyLimitMiddleware(http, body_limits.limit_for_request)
    http = RateLimitMiddleware(http)
    websocket: ASGI3Application = _reject_websocket
    if apps.is_installed("live"):
        from live import runtime  # noqa: PLC0415  (live may be left out)
        from live.metrics.middleware import count_requests  # noqa: PLC0415
        from live.routing import websocket_application  # noqa: PLC0415

        # Under servers without lifespan the first request starts the runtime.
        http = count_requests(http, on_request=runtime.get_runtime)
        websocket = websocket_application
    apps_by_type = {"http": http, "websocket": websocket, "lifespan": lifespan}

    async def route(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await apps_by_type[scope["type"]](scope, receive, send)

    return _trust_proxies(TrailingSlashMiddleware(route))


def _trust_proxies(app: ASGI3Application) -> ASGI3Application:
    """Accept X-Forwarded-* and the user name from the configured proxies, under every server."""
    if settings.TRUSTED_PROXIES:
        proxies = TrustedProxies(settings.TRUSTED_PROXIES)
        app = ForwardedHeadersMiddleware(app, proxies)
        if settings.PROXY_AUTH_HEADER:
            # Outside, because ForwardedHeadersMiddleware replaces the proxy's address.
            app = ProxyUserMiddleware(
                app, header=settings.PROXY_AUTH_HEADER, proxies=proxies, key=REMOTE_USER
            )
    return settle_peer(app)


async def _reject_websocket(
    scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Reject the handshake: this installation runs without live updates."""
    await receive()
    await send({"type": "websocket.close", "code": 1000, "reason": None})


application = compose()
