"""The languages of the app, and which of them a user reads."""

from __future__ import annotations

from collections.abc import Iterable

LANGUAGES = ("en", "de")
"""The languages that the frontend is built in; the first one is used where no other fits."""


def first_supported(accept_language: str) -> str | None:
    """Return the language of `LANGUAGES` that an Accept-Language header prefers, or None.

    A region is ignored, so `de-AT` is German. Parts that cannot be read say nothing.
    """
    weighted = sorted(_weighted(accept_language.split(",")[:20]), key=lambda pair: -pair[0])
    return next((tag for weight, tag in weighted if weight > 0 and tag in LANGUAGES), None)


def _weighted(entries: Iterable[str]) -> Iterable[tuple[float, str]]:
    for entry in entries:
        tag, _, parameters = entry.partition(";")
        name, _, value = parameters.partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        yield weight, tag.strip().partition("-")[0].lower()
