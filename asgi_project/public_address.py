"""The address that people use: TROLLEY_URL, or where an owner last signed in.

A command cannot know it: a proxy, a container or `--port` may change what people use.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest

log = structlog.get_logger(__name__)


def public_address() -> str:
    """Return the address without a slash at its end, or an empty text if it is not known."""
    return str(settings.PUBLIC_URL) or _remembered()


def remember_address(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Remember the address of a sign-in, if an owner signed in.

    Nobody else is believed: a user who chooses the Host header would choose where the links
    of other users lead. An address of this machine does not replace another one.
    """
    if request is None or not user.is_superuser or "HTTP_HOST" not in request.META:
        return
    address, remembered = request.build_absolute_uri("/").rstrip("/"), _remembered()
    if address == remembered or (remembered and _is_of_this_machine(address)):
        return
    try:
        _path().write_text(address, encoding="utf-8")
    except OSError as error:
        log.warning("the address could not be remembered", error=str(error))


def _remembered() -> str:
    with suppress(OSError, UnicodeDecodeError):
        return _path().read_text(encoding="utf-8").strip()
    return ""


def _path() -> Path:
    return Path(settings.DATA_DIR) / "address"


def _is_of_this_machine(address: str) -> bool:
    name = urlsplit(address).hostname or ""
    with suppress(ValueError):
        return ip_address(name).is_loopback
    return name == "localhost"
