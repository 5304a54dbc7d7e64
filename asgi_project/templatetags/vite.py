"""The HTML tags that load one entry of the built frontend, from the manifest of its language."""

from __future__ import annotations

import json
from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def vite_entry(entry: str, language: str, part: str = "") -> SafeString:
    """Return the tags for `entry`, or an HTML comment if the frontend is not built.

    `part` is a module that the entry will import on demand: its files are loaded at once too.

    The frontend is built once for each language, so a page loads the words of one only.
    """
    manifest = Path(settings.FRONTEND_DIST, ".vite", f"manifest.{language}.json")
    if not manifest.is_file():
        return format_html("<!-- {} -->", "the frontend is not built: ./run builds it")
    chunks = json.loads(manifest.read_text())
    names = _with_imports(chunks, entry, *([part] if part in chunks else []))
    styles = dict.fromkeys(css for name in names for css in chunks[name].get("css", []))
    links = format_html_join(
        "", '<link rel="stylesheet" href="{}">', [(static(style),) for style in styles]
    )
    preloads = format_html_join(
        "",
        '<link rel="modulepreload" href="{}">',
        [(static(chunks[name]["file"]),) for name in names[1:]],
    )
    module = format_html('<script type="module" src="{}"></script>', static(chunks[entry]["file"]))
    return links + preloads + module


def _with_imports(chunks: dict[str, dict[str, list[str]]], *entries: str) -> list[str]:
    names = list(entries)
    for name in names:  # the list grows during the loop, until no import is new
        names += [other for other in chunks[name].get("imports", []) if other not in names]
    return names
