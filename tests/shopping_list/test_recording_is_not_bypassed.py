"""No module writes to the recorded tables without recording."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "asgi_project", "live", "rest", "shopping_list")
# It writes the columns that recording itself sets, and no others.
RECORDING = {"bookkeeping.py"}
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
UNRECORDED_CLASSES = {
    "QuerySet",
    "UpdateQuery",
    "InsertQuery",
    "DeleteQuery",
    "Manager",
    "RawSQL",
    "CompiledUpdate",
    "CompiledInsert",
    "insert_together",
    "update_together",
}
BULK_WRITES = {"_raw_delete", "insert_together", "update_together"}
# It compiles the statements; only the modules above may ask it for one that writes.
COMPILING = {"compiled_query.py"}
RECORDED = {"ShoppingList", "ShoppingItem", "Membership"}


def own_modules():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def find_bypasses(source):
    """Return the (line, name) of everything that could write without recording."""
    bypasses = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN:
            bypasses.append((node.lineno, node.attr))
        elif isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", None))
            if name in UNRECORDED_CLASSES and not isinstance(function, ast.Subscript):
                bypasses.append((node.lineno, name))
            if name in {"save", "delete"} and isinstance(function, ast.Attribute):
                base = function.value
                is_model_class = isinstance(base, ast.Attribute) and base.attr == "Model"
                if is_model_class or getattr(base, "id", None) == "Model":
                    bypasses.append((node.lineno, f"Model.{name}"))
    return bypasses


def is_allowed(path, name):
    """Return whether a module may use a name, for the reasons given here."""
    if path.parent.name == "recording" and path.name in RECORDING:
        return True
    if path.name == "recorded_model.py" and name == "_do_update":
        return True  # Django's own step of a save, which is recorded
    if path.name == "querysets.py" and name in BULK_WRITES:
        return True  # inside a recording that has read the rows
    if path.parent.name == "rest" and path.name in COMPILING:
        return name in {"cursor", "execute", "executemany", "InsertQuery"}
    if path.parent.name == "backup":
        return True  # a restore brings the log with the rows
    # Reads of health checks, and of tables that are not recorded.
    reads = name in {"cursor", "execute"}
    return reads and not RECORDED & set(names_in(path.read_text()))


def names_in(source):
    return {
        getattr(node, "attr", getattr(node, "id", None))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name)
    }


def test_no_module_bypasses_the_recording():
    """REC-25"""
    bypasses = [
        (str(path.relative_to(ROOT)), line, name)
        for path in own_modules()
        for line, name in find_bypasses(path.read_text())
        if not is_allowed(path, name)
    ]
    assert bypasses == []


@pytest.mark.parametrize(
    "source",
    [
        "ShoppingItem._base_manager.filter(pk=1).update(note='x')",
        "ShoppingItem.objects.filter(pk=1)._raw_delete('default')",
        "ShoppingItem.objects.raw('UPDATE')",
        "with connection.cursor() as cursor: cursor.execute('UPDATE')",
        "QuerySet(ShoppingItem).bulk_create(rows)",
        "models.QuerySet(ShoppingItem).update(note='x')",
        "CompiledUpdate(build, fields=[], sample_arguments=((), ()))",
        "CompiledInsert(ShoppingItem)",
        "item.save_base()",
        "models.Model.save(item)",
        "recording._unrecorded(ShoppingItem).update(note='x')",
    ],
)
def test_every_known_bypass_is_found(source):
    """REC-25"""
    assert find_bypasses(source)
