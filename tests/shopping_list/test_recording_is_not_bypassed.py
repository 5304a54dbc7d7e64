"""No code of ours writes to the recorded tables behind the recording's back."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "asgi_project", "live", "rest", "shopping_list")
# They are the way: what they write is what they record.
RECORDING = {"unit_of_work.py", "querysets.py", "members_field.py"}
# It reads: the statements are Django's own SELECTs, compiled once.
READING = {"compiled_query.py"}
FORBIDDEN = {
    "_base_manager",
    "_raw_delete",
    "_update",
    "_insert",
    "_do_update",
    "_do_insert",
    "raw",
    "cursor",
    "execute",
    "executemany",
    "save_base",
    "set_rollback",
    "_unrecorded",
}
PLAIN = {"QuerySet", "UpdateQuery", "InsertQuery", "DeleteQuery", "Manager", "RawSQL"}
RECORDED = {"ShoppingList", "ShoppingItem", "Membership"}


def ours():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def ways_around(source):
    """Return the (line, name) of everything that could write unrecorded."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN:
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", None))
            if name in PLAIN and not isinstance(function, ast.Subscript):
                found.append((node.lineno, name))
            if name in {"save", "delete"} and isinstance(function, ast.Attribute):
                base = function.value
                plain = isinstance(base, ast.Attribute) and base.attr == "Model"
                if plain or getattr(base, "id", None) == "Model":
                    found.append((node.lineno, f"Model.{name}"))
    return found


def allowed(path, name):
    """The exceptions, each with its reason."""
    if path.parent.name == "recording" and path.name in RECORDING:
        return True
    if path.parent.name == "shopping_list" and path.name in READING:
        return name in {"cursor", "execute"}
    # Reads: health checks, and other tables than the recorded ones.
    reads = name in {"cursor", "execute"}
    return reads and not RECORDED & set(words(path.read_text()))


def words(source):
    return {
        getattr(node, "attr", getattr(node, "id", None))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name)
    }


def test_no_module_writes_around_the_recording():
    """REC-25"""
    found = [
        (str(path.relative_to(ROOT)), line, name)
        for path in ours()
        for line, name in ways_around(path.read_text())
        if not allowed(path, name)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "ShoppingItem._base_manager.filter(pk=1).update(note='x')",
        "ShoppingItem.objects.filter(pk=1)._raw_delete('default')",
        "ShoppingItem.objects.raw('UPDATE')",
        "with connection.cursor() as cursor: cursor.execute('UPDATE')",
        "QuerySet(ShoppingItem).bulk_create(rows)",
        "models.QuerySet(ShoppingItem).update(note='x')",
        "item.save_base()",
        "models.Model.save(item)",
        "recording._unrecorded(ShoppingItem).update(note='x')",
    ],
)
def test_every_known_way_around_is_found(source):
    """REC-25"""
    assert ways_around(source)
