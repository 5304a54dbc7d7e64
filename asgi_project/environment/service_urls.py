"""The URLs of the database and of Redis, which may contain a password.

No message repeats a part of the URL that may be the password.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from asgi_project.environment.kinds import Kind, shown
from asgi_project.redis_hosts import SENTINEL_OPTIONS, SENTINEL_SCHEMES

POSTGRES_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss", "unix")
POSTGRES_EXAMPLE = "postgres://user:password@host:5432/name"
REDIS_EXAMPLE = "redis://:password@host:6379/0"
SENTINEL_EXAMPLE = "redis+sentinel://:password@host1:26379,host2:26379/mymaster/0"
ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[^:]*))?")
# What libpq and Django call the same.
DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
DJANGO_NAMES |= {"port": "PORT"}

DatabaseSettings = dict[str, Any]
"""An entry of Django's DATABASES."""


def _scheme(url: str, schemes: tuple[str, ...], example: str) -> str:
    scheme, separator, _ = url.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise ValueError(f"it is not a URL such as {example}")
    if scheme.lower() not in schemes:
        raise ValueError(f"its scheme {shown(scheme)} is not {' or '.join(schemes)}")
    return scheme.lower()


def _check_spelling(url: str) -> None:
    """Refuse what would be read as something else than the writer meant.

    In a user name or password, the characters that end a part of a URL must be escaped.
    """
    rest = url.partition("://")[2]
    if re.search(r"%(?![0-9A-Fa-f]{2})", rest):
        raise ValueError("it has a % that is no escape: write % as %25")
    if re.search(r"[\s\x00-\x1f]", rest):
        raise ValueError("it has white space inside: write a blank as %20")
    before_host = rest.rpartition("@")[0]
    for character, escape in (("#", "%23"), ("?", "%3F"), ("/", "%2F"), ("@", "%40")):
        if character in before_host:
            raise ValueError(f"it has a {character} before its @: write {character} as {escape}")
    if "#" in rest:
        raise ValueError("it has a #: write # as %23")


def _database(url: str) -> DatabaseSettings:
    scheme = _scheme(url, (*POSTGRES_SCHEMES, "sqlite"), POSTGRES_EXAMPLE)
    _check_spelling(url)
    return _sqlite(url) if scheme == "sqlite" else _postgres(url)


def _sqlite(url: str) -> DatabaseSettings:
    host, _, path = url.partition("://")[2].partition("/")
    if host or "?" in path or not path:
        raise ValueError(
            "it is not sqlite:/// and a path, such as sqlite:////srv/trolley.sqlite3 (? is %3F)"
        )
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(path)}


def _postgres(url: str) -> DatabaseSettings:
    """Return what libpq itself reads from the URL."""
    from psycopg import ProgrammingError  # noqa: PLC0415  (only where it is used)
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    scheme, _, rest = url.partition("://")
    try:
        parameters = conninfo_to_dict(f"{scheme.lower()}://{rest}")
    except ProgrammingError as error:
        raise ValueError(f"PostgreSQL says: {' '.join(str(error).split())}") from None
    if not parameters.get("dbname"):
        raise ValueError(f"it names no database: write {POSTGRES_EXAMPLE}")
    _check_ports(str(parameters.get("port", "")))
    database: DatabaseSettings = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}
    database |= dict.fromkeys(DJANGO_NAMES.values(), "")
    for name, value in parameters.items():
        if name in DJANGO_NAMES:
            database[DJANGO_NAMES[name]] = str(value)
        else:
            database["OPTIONS"][name] = value
    return database


def _check_ports(ports: str) -> None:
    """Check the ports, of which libpq takes one for each host."""
    for port in filter(None, ports.split(",")):
        _check_port(port)


def _check_port(port: str) -> None:
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ValueError("its port is not a whole number from 1 to 65535")


def _check_address(address: str, *, otherwise: str) -> None:
    """Check a host with or without a port. `otherwise` says what it is if it has no host."""
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        raise ValueError(otherwise)
    if parts["port"] is not None:
        _check_port(parts["port"])


DATABASE = Kind(f"`{POSTGRES_EXAMPLE}` or `sqlite:////path`", _database)


def _redis(url: str) -> str:
    scheme = _scheme(url, (*REDIS_SCHEMES, *SENTINEL_SCHEMES), REDIS_EXAMPLE)
    _check_spelling(url)
    rest = url.partition("://")[2]
    location, _, query = rest.rpartition("@")[2].partition("?")
    if scheme in SENTINEL_SCHEMES:
        _check_sentinels(location, query)
        return f"{scheme}://{rest}"
    host, _, database = location.partition("/")
    if scheme == "unix":
        if host or not database:
            raise ValueError("it is not unix:// and a path, such as unix:///run/redis.sock")
    else:
        _check_address(host, otherwise=f"it names no host: write {REDIS_EXAMPLE}")
        if not re.fullmatch(r"([0-9]{1,4}/?)?", database):
            raise ValueError("its path is not the number of a database, such as /0")
    normal = f"{scheme}://{rest}"
    _check_options(normal, query)
    return normal


def _check_sentinels(location: str, query: str) -> None:
    """Check the addresses of Sentinels, the name of their master, and the options."""
    addresses, _, path = location.partition("/")
    for address in addresses.split(","):
        missing = f"it names no Sentinel between commas: write {SENTINEL_EXAMPLE}"
        _check_address(address, otherwise=missing)
    name, _, database = path.partition("/")
    if not name:
        raise ValueError(f"it names no master: write {SENTINEL_EXAMPLE}")
    if not re.fullmatch(r"([0-9]{1,4})?", database):
        raise ValueError(
            "its path is not the number of a database after the name of the master, such as /main/0"
        )
    unknown = {key for key, _ in parse_qsl(query, keep_blank_values=True)} - {*SENTINEL_OPTIONS}
    if unknown:
        known = ", ".join(SENTINEL_OPTIONS)
        raise ValueError(f"it has an option that is not known with Sentinels, but {known} are")


def _check_options(url: str, query: str) -> None:
    """Let the client library read the options, if there are any."""
    if query:
        from redis.connection import parse_url  # noqa: PLC0415  (only where it is used)

        try:
            parse_url(url)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise ValueError(" ".join(str(error).split())) from None


REDIS = Kind(
    f"`{REDIS_EXAMPLE}`, `rediss://…`, `redis+sentinel://…` or `unix:///path`; see [Redis](#redis)",
    _redis,
)
