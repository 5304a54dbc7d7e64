"""What the text of a variable may be: each kind has a rule, and a function that reads it.

A function raises ValueError with a message for people. It names the entry that is wrong
and the rule, and no part of a secret.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Generic, NoReturn, TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_SHOWN_LENGTH = 80
SWITCHES = dict.fromkeys(("true", "yes", "on", "1"), True)
SWITCHES |= dict.fromkeys(("false", "no", "off", "0"), False)
LOG_LEVELS = {name: name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
LOG_LEVELS |= {"WARN": "WARNING", "FATAL": "CRITICAL"}
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Kind(Generic[T_co]):
    """A rule in words, and the function that reads a text by it."""

    rule: str
    parse: Callable[[str], T_co]
    is_secret: bool = False
    """A secret is taken as it is: without trimming, without removing quotes."""


class EntriesError(ValueError):
    """Several messages about one value."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def shown(entry: str) -> str:
    """Return an entry in quotes, on one line and not too long."""
    shortened = entry if len(entry) <= MAX_SHOWN_LENGTH else f"{entry[:MAX_SHOWN_LENGTH]}…"
    text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in shortened)
    return f'"{text}"'


def refuse(entry: str, rule: str) -> NoReturn:
    """Raise the usual message."""
    raise ValueError(f"{shown(entry)} is not {rule.replace('`', '')}")


def unquoted(text: str) -> str:
    """Return the text without white space and a pair of quotes around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def entries(text: str) -> list[str]:
    """Return the entries of a list: with commas, semicolons or white space between, or as JSON."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if isinstance(values, list):
        parts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    else:
        parts = re.split(r"[,;\s]+", _without_brackets(text))
    return [entry for entry in map(unquoted, parts) if entry]


def _without_brackets(text: str) -> str:
    """Return the inside of `[a, b]`, which is a list; `[::1]` is an address."""
    inside = text[1:-1]
    is_list = text[:1] == "[" and text[-1:] == "]" and not re.search(r"[\[\]]", inside)
    return inside if is_list and _address(inside.strip()) is None else text


# Plain values.


def _switch(text: str) -> bool:
    if text.lower() not in SWITCHES:
        refuse(text, SWITCH.rule)
    return SWITCHES[text.lower()]


SWITCH = Kind("`true` or `false`", _switch)


def whole_number(low: int, high: int) -> Kind[int]:
    """Return the kind of whole numbers in a range."""
    rule = f"a whole number from {low} to {high}"

    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text) or not low <= int(text) <= high:
            refuse(text, rule)
        return int(text)

    return Kind(rule, parse)


def zero_or(low: int, high: int) -> Kind[int]:
    """Return the kind of whole numbers in a range, or 0."""
    rule = f"0, or a whole number from {low} to {high}"
    from_zero = whole_number(0, high)

    def parse(text: str) -> int:
        try:
            value = from_zero.parse(text)
        except ValueError:
            refuse(text, rule)
        if 0 < value < low:
            refuse(text, rule)
        return value

    return Kind(rule, parse)


def number(low: float, high: float) -> Kind[float]:
    """Return the kind of numbers in a range."""
    rule = f"a number from {low:g} to {high:.15g}"

    def parse(text: str) -> float:
        if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
            refuse(text, rule)
        if not math.isfinite(float(text)) or not low <= float(text) <= high:
            refuse(text, rule)
        return float(text)

    return Kind(rule, parse)


def choice(*names: str) -> Kind[str]:
    """Return the kind of a few words, in letters of either case."""
    rule = f"{', '.join(f'`{name}`' for name in names[:-1])} or `{names[-1]}`"

    def parse(text: str) -> str:
        if text.lower() not in names:
            refuse(text, rule)
        return text.lower()

    return Kind(rule, parse)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        refuse(text, LOG_LEVEL.rule)
    return LOG_LEVELS[text.upper()]


LOG_LEVEL = Kind("`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`", _log_level)
TEXT = Kind("text", str)
SECRET = Kind("text, taken as it is", str, is_secret=True)


def matching(pattern: str, rule: str) -> Kind[str]:
    """Return the kind of texts that match a pattern."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            refuse(text, rule)
        return text

    return Kind(rule, parse)


def _directory(text: str) -> Path:
    if "\0" in text:
        refuse(text, DIRECTORY.rule)
    return Path(text).resolve()


DIRECTORY = Kind("the path of a directory", _directory)


# Lists. Every entry that is wrong is named.


def list_of(parse_entry: Callable[[str], T], rule: str) -> Kind[list[T]]:
    """Return the kind of lists with entries that `parse_entry` reads."""

    def parse(text: str) -> list[T]:
        values: list[T] = []
        messages: list[str] = []
        for entry in entries(text):
            try:
                values.append(parse_entry(entry))
            except ValueError as error:
                messages.append(str(error))
        if messages:
            raise EntriesError(messages)
        return values

    return Kind(rule, parse)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def network(entry: str) -> str:
    """Return an address, a network, or `*`; `10.1.2.3/8` is read as `10.0.0.0/8`."""
    if entry == "*":
        return entry
    try:
        parsed = ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        refuse(entry, "an address or a network, such as 10.0.0.2 or 10.0.0.0/8")
    return str(parsed) if "/" in entry else str(parsed.network_address)


NETWORKS = list_of(network, "addresses or networks, such as `10.0.0.2, 10.1.0.0/16`")


def host(entry: str) -> str:
    """Return a host name or an address as Django compares it with the header."""
    if entry == "*":
        return entry
    if "://" in entry or "/" in entry:
        refuse(entry, "a host name: write it without scheme and path, such as list.example.org")
    address = _address(entry.strip("[]"))
    if isinstance(address, IPv6Address):
        return f"[{address}]"
    if re.search(r":[0-9]*$", entry):
        refuse(entry, "a host name: write it without the port, which is not compared")
    if entry.startswith("*."):
        refuse(entry, f"a host name: for all names below it, write {entry[1:]}")
    dot, name = (".", entry[1:]) if entry.startswith(".") else ("", entry)
    return f"{dot}{_ascii_host(name)}"


def _ascii_host(name: str) -> str:
    """Return a name in the spelling that browsers send."""
    try:
        ascii_name = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        ascii_name = ""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", ascii_name):
        refuse(name, "a host name, such as list.example.org")
    return ascii_name


HOSTS = list_of(host, "host names without scheme and port, `.example.org` with all below it, `*`")


def _split(entry: str, rule: str) -> SplitResult:
    """Return the parts of an http or https URL that names a host and no user."""
    try:
        parts = urlsplit(entry)
        is_complete = parts.scheme in DEFAULT_PORTS and parts.hostname
    except ValueError:
        is_complete = False
    if not is_complete or "@" in parts.netloc or parts.query or parts.fragment:
        refuse(entry, rule)
    if not _is_port_valid(parts):
        refuse(entry, "a URL with a port from 1 to 65535")
    return parts


def _is_port_valid(parts: SplitResult) -> bool:
    """Whether the port of a URL is a port, or there is none."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _origin(parts: SplitResult) -> str:
    """Return the origin in the spelling of browsers: small letters, no usual port."""
    name = parts.hostname or ""
    wildcard, name = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    name = host(name)
    if parts.port in {None, DEFAULT_PORTS[parts.scheme]}:
        return f"{parts.scheme}://{wildcard}{name}"
    return f"{parts.scheme}://{wildcard}{name}:{parts.port}"


def origin(entry: str) -> str:
    """Return an origin; it has a scheme and no path."""
    rule = "an origin with its scheme, such as https://list.example.org:8443"
    parts = _split(entry, rule)
    if parts.path not in {"", "/"} or parts.hostname == "*":
        refuse(entry, rule)
    return _origin(parts)


ORIGINS = list_of(origin, "origins with their scheme, such as `https://list.example.org:8443`")


def _public_url(text: str) -> str:
    rule = "a URL of a host, such as https://list.example.org"
    parts = _split(text, rule)
    if parts.path.strip("/"):
        refuse(text, f"{rule}: Trolley cannot be served below a path")
    if "*" in parts.netloc:
        refuse(text, rule)
    return _origin(parts)


PUBLIC_URL = Kind("a URL without a path, such as `https://list.example.org`", _public_url)


def _alert_url(text: str) -> str:
    """Return the address; it may have a password in it, so no message repeats it."""
    rule = "it is not a URL with http or https and a host, such as https://ntfy.sh/my-topic"
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme in DEFAULT_PORTS and parts.hostname
    except ValueError:
        is_complete = False
    if not is_complete or not text.isprintable() or " " in text:
        raise ValueError(rule)
    if not _is_port_valid(parts):
        raise ValueError("its port is not a whole number from 1 to 65535")
    return text


ALERT_URL = Kind("a URL, such as `https://ntfy.sh/my-topic`", _alert_url, is_secret=True)


def _listen_host(text: str) -> str:
    rule = "a host name or an address to listen on: write it without scheme and port"
    if _address(text.strip("[]")) is not None:
        return text.strip("[]")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9a-fA-F:]+%[A-Za-z0-9._-]+", text):
        refuse(text, rule)
    return text


LISTEN_HOST = Kind("an address or a host name", _listen_host)
