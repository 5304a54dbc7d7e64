"""Reads the services of a compose file: commands, environments, health checks. Pure.

It knows only what docker-compose.yml of this project uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """A service as compose understands it, with all references to variables replaced."""

    name: str
    command: list[str]
    """Empty: that of the image."""
    environment: dict[str, str]
    health_check: list[str]
    """Empty: that of the image."""


def read_services(text: str, variables: Mapping[str, str]) -> dict[str, Service]:
    """Return the services by name; `variables` is the environment of compose with its .env."""
    document: dict[str, Any] = yaml.safe_load(text)
    return {
        name: Service(
            name=name,
            command=[interpolated(word, variables) for word in service.get("command", [])],
            environment={
                key: interpolated(value, variables)
                for key, value in service.get("environment", {}).items()
            },
            health_check=_health_check(service.get("healthcheck", {}), variables),
        )
        for name, service in document["services"].items()
    }


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-default}` and `$$` as compose does."""

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        return "$" if name is None else variables.get(name) or default or ""

    return _REFERENCE.sub(value, text)


def _health_check(check: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    kind, *words = check.get("test", [""])
    words = [interpolated(word, variables) for word in words]
    return ["sh", "-c", *words] if kind == "CMD-SHELL" else words
