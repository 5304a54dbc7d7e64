"""Variables that docker-compose.yml alone reads, for the profile `scale`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComposeVariable:
    """A variable of compose; Trolley itself does not know it."""

    name: str
    rule: str
    default: str
    meaning: str


ALL = (
    ComposeVariable(
        "TROLLEY_DOMAIN",
        "a host name",
        "localhost",
        "the name that users open; Caddy gets its certificate",
    ),
    ComposeVariable(
        "POSTGRES_PASSWORD",
        "letters and digits",
        "",
        "the password of PostgreSQL, which takes it when it creates the database: keep it",
    ),
    ComposeVariable("REDIS_PASSWORD", "letters and digits", "", "the password of Redis"),
)
