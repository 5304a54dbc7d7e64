"""The table of settings and .env.example are made from the declared variables."""

from asgi_project.environment import compose_variables, variables
from asgi_project.environment.example_file import example_file
from asgi_project.environment.reader import examine
from asgi_project.environment.settings_table import table, with_table
from tests.support.processes import ROOT


def test_table_of_the_documentation_is_current():
    """CFG-7: `./run generate-docs` writes it."""
    document = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert table() in document
    assert with_table(document) == document
    assert with_table(document.replace("| `8000` |", "| `8001` |")) == document


def test_example_of_the_environment_is_current():
    """CFG-11: `./run generate-docs` writes it."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == example_file()
    names = [variable.name for variable in variables.ALL if variable.meaning]
    names += [variable.name for variable in compose_variables.ALL]
    assert [name for name in names if f"\n#{name}=" not in text] == []


def test_example_sets_nothing_as_it_is():
    """CFG-11: every line is a comment, and each default is what counts without it."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    example = dict(line[1:].split("=", 1) for line in lines if line[1:2].isupper() and "=" in line)
    # Where they listen and store is written out there, and an empty value means the same.
    for name in ("TROLLEY_DATA", "TROLLEY_HOST"):
        del example[name]
    assert examine(example).values == examine({}).values
