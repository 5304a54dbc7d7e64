"""The name of a browser in words, from its User-Agent header. Pure."""

from __future__ import annotations

import unicodedata
from typing import Literal

DeviceKind = Literal["phone", "tablet", "computer"]
MAX_LENGTH = 60
# A browser also names its predecessors, so the first match counts.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Return for example `Firefox on Android`; for an unknown program its first words, cleaned."""
    browser, system = (_first_match(names, user_agent) for names in (BROWSERS, SYSTEMS))
    if browser and system:
        return f"{browser} on {system}"
    return browser or _clean(user_agent)


def device_kind(user_agent: str) -> DeviceKind | None:
    """Return what kind of device a browser runs on, None for other programs.

    An iPad calls itself a Macintosh unless it is asked for the page of a phone.
    """
    if not _first_match(BROWSERS, user_agent):
        return None
    if "iPad" in user_agent:
        return "tablet"
    if "Mobile" in user_agent:
        return "phone"
    return "tablet" if "Android" in user_agent else "computer"


def _first_match(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((label for token, label in names if token in user_agent), "")


def _clean(text: str) -> str:
    plain = "".join(
        " " if unicodedata.category(character)[0] in "CZ" else character for character in text
    )
    return " ".join(plain.split())[:MAX_LENGTH].strip()
