"""Reads all variables at once, and collects everything that is wrong with them.

1. Take each text from NAME or from the file of NAME_FILE.
2. Read it by the kind of the variable.
3. Check what no variable can check alone (`combinations`).
4. Collect names that look like ours and mean nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from asgi_project.environment import variables
from asgi_project.environment.combinations import contradictions, doubts
from asgi_project.environment.kinds import DIRECTORY, EntriesError, shown, unquoted
from asgi_project.environment.variables import Variable

T = TypeVar("T")
MAX_FILE_SIZE = 65_536
SERVICE_URL = re.compile(r"(tcp|udp|sctp)://", re.IGNORECASE)
SERVICE_NAME = re.compile(
    r"TROLLEY_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


@dataclass
class Environment:
    """The values of all variables, with what is wrong and what is doubtful about them."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Each is one line that begins with the name of its variable."""
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is ignored on purpose."""

    def __getitem__(self, variable: Variable[T]) -> T:
        value: T = self.values[variable.name]
        return value


def read(environ: Mapping[str, str]) -> Environment:
    """Return the values; raises ImproperlyConfigured with a line for each problem."""
    environment = examine(environ)
    if environment.problems:
        raise ImproperlyConfigured("\n".join(environment.problems))
    return environment


def examine(environ: Mapping[str, str]) -> Environment:
    """Return the values and every problem; a variable with a problem has its default."""
    environment = Environment()
    foreign = sorted(filter(lambda name: _is_of_a_service(name, environ[name]), environ))
    own = {name: text for name, text in environ.items() if name not in foreign}
    for variable in variables.ALL:
        environment.values[variable.name] = _value(variable, own, environment.problems)
    if not environment.problems:
        environment.problems += contradictions(environment)
        environment.warnings += doubts(environment)
    environment.warnings += _unknown_names(own)
    if foreign:
        names = ", ".join(foreign)
        environment.notes.append(f"ignored, because a Kubernetes service sets them: {names}")
    return environment


def _is_of_a_service(name: str, text: str) -> bool:
    """Tell whether Kubernetes sets a variable for a service that is called trolley."""
    if not name.startswith("TROLLEY_"):
        return False
    is_url = name.endswith("_PORT") and SERVICE_URL.match(text.strip()) is not None
    return is_url or SERVICE_NAME.fullmatch(name) is not None


def _value(variable: Variable[Any], environ: Mapping[str, str], problems: list[str]) -> Any:
    try:
        text = _text(variable, environ)
        if variable.kind is not DIRECTORY:  # the name of a directory may be any bytes
            _check_characters(text)
        return variable.kind.parse(text) if text else variable.default
    except EntriesError as error:
        problems += [f"{variable.name}: {message}" for message in error.messages]
    except ValueError as error:
        problems.append(f"{variable.name}: {error}")
    return variable.default


def _text(variable: Variable[Any], environ: Mapping[str, str]) -> str:
    """Return the text of a variable, or an empty one if it is not set."""
    text = _cleaned(variable, environ.get(variable.name, ""))
    path = unquoted(environ.get(f"{variable.name}_FILE", ""))
    if not path:
        return text
    if text:
        raise ValueError(f"{variable.name}_FILE is set too: set one of them")
    text = _cleaned(variable, _file_text(path))
    if not text:
        raise ValueError(f"the file {shown(path)} of {variable.name}_FILE is empty")
    return text


def _check_characters(text: str) -> None:
    """Raise ValueError for bytes that are not UTF-8: Python keeps them as half pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8 text") from None


def _cleaned(variable: Variable[Any], text: str) -> str:
    """Return a text as it is meant: editors end a file with a line feed, which is no secret."""
    if variable.kind.is_secret:
        return text.removesuffix("\n").removesuffix("\r")
    return unquoted(text)


def _file_text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise ValueError(f"cannot read the file {shown(path)}: {error.strerror}") from None
    if len(content) > MAX_FILE_SIZE:
        raise ValueError(f"the file {shown(path)} is longer than {MAX_FILE_SIZE} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"the file {shown(path)} is not UTF-8 text") from None


def _unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    known = {name for variable in variables.ALL for name in _names(variable)}
    for name in sorted(environ):
        is_ours = name.upper().startswith("TROLLEY_") and not name.startswith("TROLLEY_TEST_")
        if is_ours and name not in known | variables.OTHER_NAMES:
            suggestion = _suggestion(name.upper(), known)
            yield f"{shown(name)[1:-1]}: there is no such variable{suggestion}"


def _names(variable: Variable[Any]) -> tuple[str, str]:
    return variable.name, f"{variable.name}_FILE"


def _suggestion(name: str, known: set[str]) -> str:
    """Return the most similar known name. The prefix does not count: it is always alike."""
    by_rest = {known_name.removeprefix("TROLLEY_"): known_name for known_name in known}
    nearest = difflib.get_close_matches(name.removeprefix("TROLLEY_"), by_rest, 1)
    return f"; did you mean {by_rest[nearest[0]]}?" if nearest else ""
