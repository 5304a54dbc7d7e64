"""The message that `serve` prints when it has started."""

from __future__ import annotations

from django.conf import settings

WILDCARD_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104  (only compared with)


def base_url(host: str, port: int) -> str:
    """Return the URL to open: TROLLEY_URL, or the address of this machine."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = "localhost" if host in WILDCARD_ADDRESSES else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def startup_message(url: str, setup_secret: str | None) -> str:
    """Return the lines to print once the port is open."""
    lines = [f"Trolley is serving on {url}/"]
    if setup_secret is not None:
        lines.append(owner_line(url, setup_secret))
    return "\n".join(lines)


def owner_line(url: str, setup_secret: str) -> str:
    """Return the line with the link that creates the owner's account."""
    # With https, people cannot use the address on which the proxy reaches this process.
    is_known = settings.PUBLIC_URL or not settings.HTTPS
    address = url if is_known else "https://<your address>"
    return f"Create the owner's account (this link works once): {address}/setup/#{setup_secret}"
