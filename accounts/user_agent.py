"""Which browser it is, as a person would say it. Pure."""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 60
# Each browser names those that it descends from as well, so the first one counts.
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
    """Return `Firefox on Android`; of an unknown program its own first words, cleaned."""
    browser, system = (_first(names, user_agent) for names in (BROWSERS, SYSTEMS))
    if browser and system:
        return f"{browser} on {system}"
    return browser or _clean(user_agent)


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((label for token, label in names if token in user_agent), "")


def _clean(text: str) -> str:
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    return " ".join(plain.split())[:MAX_LENGTH].strip()
