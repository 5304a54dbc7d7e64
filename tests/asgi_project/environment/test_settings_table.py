"""The table of settings in the documentation is made from the declared variables."""

from asgi_project.environment.settings_table import table, with_table
from tests.support.processes import ROOT


def test_table_of_the_documentation_is_current():
    """CFG-7: `./run generate-docs` writes it."""
    document = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert table() in document
    assert with_table(document) == document
    assert with_table(document.replace("| `8000` |", "| `8001` |")) == document
