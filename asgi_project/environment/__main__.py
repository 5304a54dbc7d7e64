"""`./run generate-docs`: write the table of settings and .env.example."""

from __future__ import annotations

from pathlib import Path

from asgi_project.environment import example_file, settings_table

ROOT = Path(__file__).parents[2]

settings_table.write(ROOT / "docs" / "operating.md")
example_file.write(ROOT / ".env.example")
