"""Every environment variable that Trolley reads.

The order is that of the table in docs/operating.md. A variable that is only for tests
has no meaning here and is not in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from asgi_project.environment import compose_variables, kinds
from asgi_project.environment.kinds import SECRET, SWITCH, TEXT, Kind, whole_number
from asgi_project.environment.service_urls import DATABASE, REDIS, DatabaseSettings
from asgi_project.secret_key import validated

T_co = TypeVar("T_co", covariant=True)
MAX_PROCESSES, MAX_THREADS = 256, 256
MAX_RATE = 1_000_000


@dataclass(frozen=True)
class Variable(Generic[T_co]):
    """A variable: its name, what its text may be, and the value when it is not set."""

    name: str
    kind: Kind[T_co]
    default: T_co
    meaning: str = ""
    shown_default: str = ""
    """The default in words, if it depends on something."""


def _declared() -> list[Variable[Any]]:
    return [value for value in globals().values() if isinstance(value, Variable)]


HOST = Variable(
    "TROLLEY_HOST",
    kinds.LISTEN_HOST,
    "",
    "the address to listen on; use `127.0.0.1` behind a proxy on the same machine",
    "`0.0.0.0`",
)
PORT = Variable("TROLLEY_PORT", whole_number(0, 65_535), 8000, "the port to listen on")
DATA: Variable[Path | None] = Variable(
    "TROLLEY_DATA",
    kinds.DIRECTORY,
    None,
    "the directory of the database, the secret key and the lock files",
    "`data/`",
)
URL = Variable(
    "TROLLEY_URL",
    kinds.PUBLIC_URL,
    "",
    "the URL that users open; it is used in printed links",
)
HTTPS = Variable(
    "TROLLEY_HTTPS",
    SWITCH,
    default=False,
    meaning="users connect with https through a proxy: secure cookies, redirect to https, HSTS",
)
HSTS = Variable(
    "TROLLEY_HSTS",
    kinds.choice("host", "subdomains", "preload", "off"),
    "host",
    "with https: for a year, browsers use only https for this host. `subdomains` adds every "
    "name below it, `preload` also asks for the lists of the browsers; both are hard to undo",
)
TRUSTED_PROXIES: Variable[list[str] | None] = Variable(
    "TROLLEY_TRUSTED_PROXIES",
    kinds.NETWORKS,
    None,
    "addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` count",
    "none; with https, this machine",
)
PROXY_AUTH_HEADER = Variable(
    "TROLLEY_PROXY_AUTH_HEADER",
    kinds.matching("[A-Za-z0-9-]{1,60}", "the name of a header"),
    "",
    "the header in which a trusted proxy sends the user name; see "
    "[Proxy authentication](#proxy-authentication)",
)
PROXY_AUTH_CREATE = Variable(
    "TROLLEY_PROXY_AUTH_CREATE",
    SWITCH,
    default=False,
    meaning="create an account for an unknown user name in that header",
)
ALLOWED_HOSTS: Variable[list[str] | None] = Variable(
    "ALLOWED_HOSTS",
    kinds.HOSTS,
    None,
    "host names that requests may use; set it when untrusted clients can reach the server",
    "`*`; with https and `TROLLEY_URL`, the host of that",
)
CSRF_TRUSTED_ORIGINS: Variable[list[str]] = Variable(
    "CSRF_TRUSTED_ORIGINS",
    kinds.ORIGINS,
    [],
    "additional origins, if the proxy changes `Host`",
)
OPEN_REGISTRATION = Variable(
    "TROLLEY_OPEN_REGISTRATION",
    SWITCH,
    default=False,
    meaning="anyone who can reach the page may sign up",
)
DATABASE_URL: Variable[DatabaseSettings | None] = Variable(
    "DATABASE_URL",
    DATABASE,
    None,
    "the database; a special character of the password is escaped, such as `%40` for `@`",
    "SQLite in `TROLLEY_DATA`",
)
SYNC_EVERY_COMMIT = Variable(
    "TROLLEY_SYNC_EVERY_COMMIT",
    SWITCH,
    default=True,
    meaning="SQLite only: an edit is on the disk before it is answered; see "
    "[Backup, restore, power cuts](#backup-restore-power-cuts)",
)
THREADS = Variable(
    "TROLLEY_THREADS",
    whole_number(1, MAX_THREADS),
    8,
    "requests that one process handles at the same time; those that check a password have two "
    "threads more; see [PostgreSQL connections](#postgresql-connections)",
)
REDIS_URL = Variable("REDIS_URL", REDIS, "", "Redis; required for more than one process")
REDIS_PREFIX = Variable(
    "TROLLEY_REDIS_PREFIX",
    kinds.matching("[A-Za-z0-9._-]{1,60}", "up to 60 of A-Z, a-z, 0-9, dot, hyphen, underscore"),
    "",
    "how the names of all channels in Redis begin; two installations that have one Redis "
    "and one secret key need different ones",
    "made from the secret key",
)
LAYER = Variable(
    "TROLLEY_LAYER",
    kinds.choice("memory", "redis-pubsub", "redis-core"),
    "",
    "the channel layer",
    "`memory`; with Redis, `redis-pubsub`; with Sentinels, `redis-core`",
)
WORKERS = Variable(
    "TROLLEY_WORKERS",
    whole_number(1, MAX_PROCESSES),
    1,
    "number of processes; more than one requires Redis",
)
SECRET_KEY = Variable(
    "SECRET_KEY",
    Kind("at least 32 random characters, taken as they are", validated, is_secret=True),
    "",
    "signs the sessions",
    "created once in `TROLLEY_DATA`",
)
SUPERUSER_USERNAME = Variable(
    "DJANGO_SUPERUSER_USERNAME", TEXT, "", "the name of the owner to create if there is none"
)
SUPERUSER_PASSWORD = Variable("DJANGO_SUPERUSER_PASSWORD", SECRET, "", "the owner's password")
SUPERUSER_EMAIL = Variable("DJANGO_SUPERUSER_EMAIL", TEXT, "", "the owner's email address")
SIGNIN_FAILURES = Variable(
    "TROLLEY_SIGNIN_FAILURES",
    whole_number(1, MAX_RATE),
    100,
    "wrong passwords from one address in 15 minutes before it is locked",
)
HANDSHAKES = Variable(
    "TROLLEY_HANDSHAKES",
    whole_number(1, MAX_RATE),
    100,
    "new sockets that one process accepts in a second, with a burst of twice as many; "
    "other clients are told when to retry",
)
CONNECTIONS_PER_ADDRESS = Variable(
    "TROLLEY_CONNECTIONS_PER_ADDRESS",
    whole_number(0, MAX_RATE),
    100,
    "HTTP connections from one client address at the same time, for each process; open pages "
    "do not count; `0` for no limit",
)
WRITES_PER_SECOND = Variable(
    "TROLLEY_WRITES_PER_SECOND",
    kinds.number(0, MAX_RATE),
    20.0,
    "writes that one user may send in a second, with a burst of ten seconds' worth; "
    "`0` means no limit",
)
READS_PER_SECOND = Variable(
    "TROLLEY_READS_PER_SECOND",
    kinds.number(0, MAX_RATE),
    100.0,
    "the same for requests that change nothing",
)
HISTORY_DAYS = Variable(
    "TROLLEY_HISTORY_DAYS",
    kinds.zero_or(30, 36_500),
    0,
    "the age in days from which `prune` deletes recorded changes; the 1,000 newest of each list "
    "stay; `0` keeps all",
)
ALERT_URL = Variable(
    "TROLLEY_ALERT_URL",
    kinds.ALERT_URL,
    "",
    "where to post what needs attention; see [Alerts](#alerts)",
    "nothing is posted",
)
LOG_LEVEL = Variable("TROLLEY_LOG_LEVEL", kinds.LOG_LEVEL, "INFO", "the least level that is logged")
LOG_JSON = Variable(
    "TROLLEY_LOG_JSON", SWITCH, default=False, meaning="each log line is one JSON object"
)
ACCESS_LOG = Variable(
    "TROLLEY_ACCESS_LOG", SWITCH, default=False, meaning="one log line for each request"
)
TIME_SCALE = Variable(
    "TROLLEY_TIME_SCALE",
    kinds.number(0.001, 1000),
    1.0,
    "for tests only: factor of all waiting times of the live package; `0.1` makes them ten "
    "times shorter",
)
DEBUG = Variable(
    "TROLLEY_DEBUG",
    SWITCH,
    default=False,
    meaning="for developers only: error pages show the code",
)
WITHOUT_APPS: Variable[list[str]] = Variable(
    "TROLLEY_WITHOUT_APPS", kinds.list_of(str, "names of apps"), []
)
FAILPOINT = Variable("TROLLEY_FAILPOINT", TEXT, "")
# The command `demo` sets it for its server.
DEMO_CONTROL = Variable("TROLLEY_DEMO_CONTROL", TEXT, "")

ALL = _declared()
# The compose file and the tests read these.
OTHER_NAMES = {variable.name for variable in compose_variables.ALL}
OTHER_NAMES |= {"TROLLEY_CHROMIUM", "TROLLEY_ORACLE", "TROLLEY_WRITER_TURNS"}
