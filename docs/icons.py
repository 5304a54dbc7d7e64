"""Draw the icons of the app from frontend/public/icon.svg: `python -m docs.icons`.

A home screen needs bitmaps. A maskable one is cut to the shape of the other icons there, so its
picture is smaller and its colour reaches every edge.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).resolve().parent.parent / "frontend" / "public"
GREEN = "#1a7348"
ICONS = (
    ("icon-192.png", 192, 1.0),
    ("icon-512.png", 512, 1.0),
    ("icon-maskable-512.png", 512, 0.8),
)
"""File, width in pixels, and the part of the width that the picture takes."""


def main() -> None:
    """Write the files."""
    picture = (PUBLIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        path = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "chromium")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, size, part in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            background = "transparent" if part == 1 else GREEN
            page.set_content(
                f"<style>body{{margin:0;display:grid;place-items:center;height:100vh;"
                f"background:{background}}}svg{{width:{part:.0%}}}</style>{picture}"
            )
            page.screenshot(path=str(PUBLIC / name), omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
