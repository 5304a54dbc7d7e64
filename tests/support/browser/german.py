"""Tests find elements by their English names. Here the same elements have their German ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.processes import ROOT

MESSAGES = ROOT / "frontend" / "messages"
PARTS_OF_NAMES = {
    "No lists yet": "Noch keine Listen",
    "It is shown only once": "Er wird nur einmal angezeigt",
    "keep as typed": "so lassen wie getippt",
    "Import:": "Importieren:",
    "without 2 lines": "ohne 2 Zeilen",
    "No connection to the server.": "Keine Verbindung zum Server.",
}
"""What tests look for that is only a part of a message."""
VISIBLE_TEXTS = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (!parentElement.closest('script, style, noscript, [lang]:not(html)')) texts.push(data);
  }
  for (const element of document.body.querySelectorAll('*'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      if (element.hasAttribute(name)) texts.push(element.getAttribute(name));
  return texts.map((text) => text.trim()).filter(Boolean);
}"""


def _forms(message: Any) -> list[str]:
    if isinstance(message, str):
        return [message]
    return [form for variant in message for form in variant["match"].values()]


def _catalogue(language: str) -> dict[str, list[str]]:
    messages = json.loads((MESSAGES / f"{language}.json").read_text())
    return {key: _forms(message) for key, message in messages.items()}


ENGLISH, GERMAN = _catalogue("en"), _catalogue("de")


def _pattern(form: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", form)
    named = [
        f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    ]
    return re.compile("".join(named))


FIXED = {
    forms[0]: next((form for form in GERMAN[key] if "{" not in form), GERMAN[key][-1])
    for key, forms in ENGLISH.items()
    if "{" not in forms[0]
}


def _same_forms(key: str, index: int) -> list[str]:
    """Return the German forms of an English one: more than one where English has no plural."""
    forms = GERMAN[key]
    return forms if len(set(ENGLISH[key])) == 1 else [forms[min(index, len(forms) - 1)]]


WITH_PARAMETERS = sorted(
    (
        (_pattern(form), _same_forms(key, index))
        for key, forms in ENGLISH.items()
        for index, form in enumerate(forms)
        if "{" in form
    ),
    # The one with the most fixed text fits best.
    key=lambda pair: -len(re.sub(r"\(.*?\)", "", pair[0].pattern)),
)


def in_german(text: str) -> str:
    """Return the German form of what the page says in English; other texts stay."""
    known = PARTS_OF_NAMES.get(text) or FIXED.get(text)
    if known:
        return known
    for pattern, forms in WITH_PARAMETERS:
        if match := pattern.fullmatch(text):
            german = forms[0] if match.groupdict().get("count") == "1" else forms[-1]
            values = {name: in_german(value) for name, value in match.groupdict().items()}
            return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], german)  # noqa: B023
    return text


def speak_german(monkeypatch: Any) -> None:
    """Let Playwright find elements of German pages by their English names.

    The dashboard is in English.
    """
    for owner in (Page, Locator):
        for method, argument in (
            ("get_by_role", "name"),
            ("get_by_label", "text"),
            ("get_by_text", "text"),
        ):
            translated = _translating(getattr(owner, method), argument)
            monkeypatch.setattr(owner, method, translated)


def _translating(method: Callable[..., Locator], argument: str) -> Callable[..., Locator]:
    def find(self: Page | Locator, first: str, **options: Any) -> Locator:
        page = self if isinstance(self, Page) else self.page
        if "/dashboard/" in page.url:
            return method(self, first, **options)
        if argument == "name":
            if "name" in options:
                options["name"] = _name_in_german(options["name"])
            return method(self, first, **options)
        return method(self, _name_in_german(first), **options)

    return find


def _name_in_german(name: str | re.Pattern[str]) -> str | re.Pattern[str]:
    return re.compile(in_german(name.pattern)) if isinstance(name, re.Pattern) else in_german(name)


def english_texts(page: Page) -> Iterator[str]:
    """Yield what the page says with an English message that has another German form."""
    german = {form for forms in GERMAN.values() for form in forms}
    patterns = [
        pattern
        for key, forms in ENGLISH.items()
        for form, pattern in zip(forms, map(_pattern, forms), strict=True)
        if form not in german and re.search(r"[a-z]{3}", re.sub(r"\{\w+\}", "", form)) and key
    ]
    for text in page.evaluate(VISIBLE_TEXTS):
        if any(pattern.fullmatch(text) for pattern in patterns):
            yield text
