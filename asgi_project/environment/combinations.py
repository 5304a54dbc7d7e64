"""What no variable can check alone: values that contradict each other, or that are unwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port, validate_host

from asgi_project.environment import variables
from asgi_project.middleware import proxy_user
from asgi_project.redis_hosts import is_sentinel

if TYPE_CHECKING:
    from asgi_project.environment.variables import Variable

T = TypeVar("T")
HSTS_DURATION = 31_536_000  # s, a year


class Values(Protocol):
    """The values of all variables."""

    def __getitem__(self, variable: Variable[T], /) -> T:
        """Return the value of a variable."""


def allowed_hosts(values: Values) -> list[str]:
    """Return the configured hosts; with https, the host of TROLLEY_URL is enough."""
    hosts, url = values[variables.ALLOWED_HOSTS], values[variables.URL]
    if hosts:
        return hosts
    is_enough = values[variables.HTTPS] and url
    return [split_domain_port(urlsplit(url).netloc)[0]] if is_enough else ["*"]


def trusted_proxies(values: Values) -> list[str]:
    """Return the configured proxies.

    https always needs a proxy, so the default is then a proxy on this machine; with
    plain http there is no default.
    """
    proxies = values[variables.TRUSTED_PROXIES]
    if proxies is None:
        return ["127.0.0.1", "::1"] if values[variables.HTTPS] else []
    return proxies


def hsts(values: Values) -> tuple[int, bool, bool]:
    """Return for how long https is required, also below this host, also by browsers' lists."""
    extent = values[variables.HSTS]
    duration = 0 if extent == "off" else HSTS_DURATION
    return duration, extent in {"subdomains", "preload"}, extent == "preload"


def contradictions(values: Values) -> list[str]:
    """Return a line for each value that cannot work with the others."""
    problems = []
    layer, has_redis = values[variables.LAYER], bool(values[variables.REDIS_URL])
    if layer.startswith("redis") and not has_redis:
        problems.append(f"TROLLEY_LAYER: {layer} needs REDIS_URL")
    if layer == "redis-pubsub" and is_sentinel(values[variables.REDIS_URL]):
        problems.append(
            "TROLLEY_LAYER: redis-pubsub does not come back after a failover of Sentinels: "
            "leave it out, or set redis-core"
        )
    if values[variables.WORKERS] > 1 and (layer == "memory" or not has_redis):
        problems.append("TROLLEY_WORKERS: more than one process needs REDIS_URL")
    try:
        proxy_user.validate_header(values[variables.PROXY_AUTH_HEADER], trusted_proxies(values))
    except ImproperlyConfigured as error:
        problems.append(str(error))
    return problems


def doubts(values: Values) -> list[str]:
    """Return a line for each value that works, but probably not as it was meant."""
    return [line for line, is_doubtful in _doubts(values) if is_doubtful]


def _doubts(values: Values) -> Iterator[tuple[str, bool]]:
    hosts, is_https = allowed_hosts(values), values[variables.HTTPS]
    yield (
        "ALLOWED_HOSTS: every host name is allowed although TROLLEY_HTTPS is set: "
        "set TROLLEY_URL, or name the hosts",
        is_https and "*" in hosts,
    )
    if url := values[variables.URL]:
        domain = split_domain_port(urlsplit(url).netloc)[0]
        local = ["localhost", "127.0.0.1", "[::1]"]
        yield (
            f"ALLOWED_HOSTS: the host of TROLLEY_URL, {domain}, is not allowed",
            not validate_host(domain, [*hosts, *local]),
        )
        yield (
            "TROLLEY_URL: it begins with https, but TROLLEY_HTTPS is not set",
            url.startswith("https:") and not is_https,
        )
        yield (
            "TROLLEY_URL: it begins with http, but TROLLEY_HTTPS is set",
            url.startswith("http:") and is_https,
        )
    yield (
        "TROLLEY_TRUSTED_PROXIES: every address is trusted, so every client can claim another one",
        any(map(proxy_user.matches_any_address, trusted_proxies(values))),
    )
    yield (
        "TROLLEY_PROXY_AUTH_CREATE: it has no effect without TROLLEY_PROXY_AUTH_HEADER",
        values[variables.PROXY_AUTH_CREATE] and not values[variables.PROXY_AUTH_HEADER],
    )
    has_name = bool(values[variables.SUPERUSER_USERNAME])
    yield (
        "DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD: "
        "only one of them is set, so no owner is created",
        has_name != bool(values[variables.SUPERUSER_PASSWORD]),
    )
