"""Names and prose use plain words: the word list is [tool.trolley.naming] of pyproject.toml."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["trolley"][
    "naming"
]
WORDS = frozenset(RULES["words"])
LOCALS = frozenset(RULES["locals"])
PHRASES = re.compile("|".join(rf"\b{re.escape(text)}\b" for text in RULES["phrases"]), re.I)
SOURCES = {".py", ".ts", ".svelte", ".mjs", ".md", ".sh", ".css", ".html", ".toml", ".yml", ""}
GENERATED = re.compile(r"/migrations/|package-lock|protocol/types\.ts|protocol/rest-types\.ts")
EXEMPT = {"pyproject.toml", "tests/test_naming.py"}


@cache
def files() -> tuple[Path, ...]:
    """Return the text files of the project that people write."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(
        ROOT / name
        for name in listed.splitlines()
        if Path(name).suffix in SOURCES
        and name not in EXEMPT
        and not GENERATED.search(name)
        and (ROOT / name).is_file()
    )


def words_of(name: str) -> set[str]:
    """Return the words of snake_case, kebab-case and camelCase names, in lower case."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def python_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of everything that the code defines."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield node.lineno, name
            case ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name


def script_names(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of what a TypeScript or Svelte file declares."""
    declared = re.compile(r"\b(?:class|function|const|let|interface|type|enum)\s+#?(\w+)")
    for number, line in enumerate(text.splitlines(), 1):
        for match in declared.finditer(line):
            yield number, match[1]


def defined_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of what a source file defines; nothing for other files."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from python_names(ast.parse(text))
    elif path.suffix in {".ts", ".svelte", ".mjs"}:
        yield from script_names(text)


def test_file_names_have_no_forbidden_word() -> None:
    offending = [
        str(path.relative_to(ROOT))
        for path in files()
        if WORDS & {word for part in path.relative_to(ROOT).parts for word in words_of(part)}
    ]
    assert offending == []


def test_names_in_code_have_no_forbidden_word() -> None:
    offending = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files()
        for line, name in defined_names(path)
        if WORDS & words_of(name) or name in LOCALS
    ]
    assert offending == []


def test_prose_has_no_forbidden_phrase() -> None:
    offending = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in PHRASES.finditer(line)
    ]
    assert offending == []


def test_every_kind_of_name_is_searched() -> None:
    source = "class Postman:\n  def knock(self, door): self.shelf = heir = 1\n"
    assert {name for _, name in python_names(ast.parse(source))} == {
        "Postman",
        "knock",
        "self",
        "door",
        "shelf",
        "heir",
    }
    assert [name for _, name in script_names("export class Postman {}\nlet theHeir = 1;")] == [
        "Postman",
        "theHeir",
    ]
    assert words_of("theHTTPDoor_of-knock") == {"the", "http", "door", "of", "knock"}
