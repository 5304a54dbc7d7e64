"""Every variable is read by one typed place, which refuses nonsense in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_project import secret_key
from asgi_project.environment import combinations, variables
from asgi_project.environment.reader import examine, read

KEY = "fJ3hZ9qL0xV7bN2mK5tR8wY1cD4gS6pA"
NOT_A_NETWORK = "is not an address or a network, such as 10.0.0.2 or 10.0.0.0/8"
NOT_AN_ORIGIN = "is not an origin with its scheme, such as https://list.example.org:8443"
HISTORY_DAYS_RULE = "0, or a whole number from 30 to 36500"
DATABASE_EXAMPLE = "it is not a URL such as postgres://user:password@host:5432/name"


def value(name, text):
    environment = examine({name: text})
    assert environment.problems == []
    return environment.values[name]


def test_values_are_cleaned_and_understood():
    """CFG-1, case D1, D2, E1, F1, G2 and more of their kinds"""
    for name, text, expected in (
        ("ALLOWED_HOSTS", "a.example, b.example", ["a.example", "b.example"]),
        ("ALLOWED_HOSTS", ' a.example\t"b.example" ', ["a.example", "b.example"]),
        ("ALLOWED_HOSTS", '["a.example", "[::1]"]', ["a.example", "[::1]"]),
        ("ALLOWED_HOSTS", "['a.example', 'b.example']", ["a.example", "b.example"]),
        ("ALLOWED_HOSTS", "[::1]", ["[::1]"]),
        ("ALLOWED_HOSTS", "::1;.Example.ORG.", ["[::1]", ".example.org"]),
        ("ALLOWED_HOSTS", "bücher.example,,", ["xn--bcher-kva.example"]),
        ("TROLLEY_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1", ["10.0.0.0/8", "127.0.0.1"]),
        ("TROLLEY_TRUSTED_PROXIES", "10.0.0.0/8 ::1", ["10.0.0.0/8", "::1"]),
        ("TROLLEY_TRUSTED_PROXIES", "127.0.0.1/8\nfd00::/8", ["127.0.0.0/8", "fd00::/8"]),
        ("CSRF_TRUSTED_ORIGINS", "https://A.example:443/", ["https://a.example"]),
        ("CSRF_TRUSTED_ORIGINS", "https://*.a.example", ["https://*.a.example"]),
        ("CSRF_TRUSTED_ORIGINS", "http://[::1]:8000", ["http://[::1]:8000"]),
        ("TROLLEY_URL", "'https://list.example.org:8443/'", "https://list.example.org:8443"),
        ("TROLLEY_HTTPS", " Yes\n", True),
        ("TROLLEY_HTTPS", '"false"', False),
        ("TROLLEY_LOG_LEVEL", "info", "INFO"),
        ("TROLLEY_LOG_LEVEL", "warn", "WARNING"),
        ("TROLLEY_PORT", " 8080 ", 8080),
        ("TROLLEY_WRITES_PER_SECOND", "0.5", 0.5),
        ("TROLLEY_HOST", "[::1]", "::1"),
        ("DJANGO_SUPERUSER_PASSWORD", "$Lampe-Wolke-9-Fenster", "$Lampe-Wolke-9-Fenster"),
        ("DJANGO_SUPERUSER_PASSWORD", ' "spaces and quotes" ', ' "spaces and quotes" '),
        ("SECRET_KEY", f"${KEY}", f"${KEY}"),
        ("REDIS_URL", "redis://:$p%23w@redis_1:6379/3", "redis://:$p%23w@redis_1:6379/3"),
        ("REDIS_URL", "REDISS://[::1]:6379?health_check_interval=2", None),
        ("REDIS_URL", "unix:///run/redis.sock?db=2", "unix:///run/redis.sock?db=2"),
        ("REDIS_URL", "Redis+Sentinel://h,i:7/main", "redis+sentinel://h,i:7/main"),
    ):
        parsed = value(name, text)
        assert parsed == expected or expected is None, (name, text)


def test_nonsense_is_refused_in_one_line_that_names_variable_entry_and_rule():
    """CFG-1, case E1, E2, F1, F2 and more of their kinds"""
    for name, text, line in (
        ("TROLLEY_TRUSTED_PROXIES", "::1 10.0.0.0/33", f'"10.0.0.0/33" {NOT_A_NETWORK}'),
        ("TROLLEY_TRUSTED_PROXIES", "localhost", f'"localhost" {NOT_A_NETWORK}'),
        ("TROLLEY_TRUSTED_PROXIES", "127.0.0.1:8000", f'"127.0.0.1:8000" {NOT_A_NETWORK}'),
        ("TROLLEY_TRUSTED_PROXIES", "http://127.0.0.1", f'"http://127.0.0.1" {NOT_A_NETWORK}'),
        ("CSRF_TRUSTED_ORIGINS", "a.example:8443", f'"a.example:8443" {NOT_AN_ORIGIN}'),
        ("CSRF_TRUSTED_ORIGINS", "https://a/b", f'"https://a/b" {NOT_AN_ORIGIN}'),
        ("CSRF_TRUSTED_ORIGINS", "https://*", f'"https://*" {NOT_AN_ORIGIN}'),
        ("SECRET_KEY", f"{KEY}\udcff", "it is not UTF-8 text"),
        ("CSRF_TRUSTED_ORIGINS", "https://u@a", f'"https://u@a" {NOT_AN_ORIGIN}'),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://a:99999",
            '"https://a:99999" is not a URL with a port from 1 to 65535',
        ),
        (
            "ALLOWED_HOSTS",
            "https://a.example",
            '"https://a.example" is not a host name: '
            "write it without scheme and path, such as list.example.org",
        ),
        (
            "ALLOWED_HOSTS",
            "a.example:80",
            '"a.example:80" is not a host name: write it without the port, which is not compared',
        ),
        (
            "ALLOWED_HOSTS",
            "*.a.example",
            '"*.a.example" is not a host name: for all names below it, write .a.example',
        ),
        ("ALLOWED_HOSTS", "a_b", '"a_b" is not a host name, such as list.example.org'),
        ("TROLLEY_LOG_LEVEL", "loud", '"loud" is not DEBUG, INFO, WARNING, ERROR or CRITICAL'),
        ("TROLLEY_THREADS", "0", '"0" is not a whole number from 1 to 256'),
        ("TROLLEY_THREADS", "-1", '"-1" is not a whole number from 1 to 256'),
        ("TROLLEY_THREADS", "1_0", '"1_0" is not a whole number from 1 to 256'),
        ("TROLLEY_WORKERS", "two", '"two" is not a whole number from 1 to 256'),
        ("TROLLEY_PORT", "http://0.0.0.0:80", None),
        ("TROLLEY_PORT", "70000", '"70000" is not a whole number from 0 to 65535'),
        ("TROLLEY_READS_PER_SECOND", "nan", '"nan" is not a number from 0 to 1000000'),
        ("TROLLEY_HISTORY_DAYS", "29", f'"29" is not {HISTORY_DAYS_RULE}'),
        ("TROLLEY_HISTORY_DAYS", "a year", f'"a year" is not {HISTORY_DAYS_RULE}'),
        ("TROLLEY_TIME_SCALE", "0", '"0" is not a number from 0.001 to 1000'),
        ("TROLLEY_HTTPS", "maybe", '"maybe" is not true or false'),
        ("TROLLEY_LAYER", "rabbit", '"rabbit" is not memory, redis-pubsub or redis-core'),
        ("TROLLEY_HSTS", "all", '"all" is not host, subdomains, preload or off'),
        ("TROLLEY_PROXY_AUTH_HEADER", "Remote User", '"Remote User" is not the name of a header'),
        ("TROLLEY_HOST", "0.0.0.0:80", None),
        ("TROLLEY_URL", "list.example.org", None),
        ("TROLLEY_URL", "https://a/list", None),
        ("TROLLEY_LOG_LEVEL", "a\nb\u2028c", None),
        (
            "SECRET_KEY",
            "changeme" * 8,
            "it must be at least 32 random characters and not a placeholder",
        ),
    ):
        problems = examine({name: text}).problems
        assert problems == [f"{name}: {line}"] or line is None, (name, text)
        assert len(problems) == 1
        assert problems[0].startswith(f"{name}: ")
        assert len(problems[0].splitlines()) == 1


def test_urls_of_services_are_understood_or_refused_without_showing_a_secret():
    """CFG-2"""
    for name, text, line in (
        ("DATABASE_URL", "/srv/trolley.sqlite3", DATABASE_EXAMPLE),
        ("DATABASE_URL", "hunter2", DATABASE_EXAMPLE),
        ("DATABASE_URL", "mysql://u:hunter2@h/db", 'its scheme "mysql" is not postgres or'),
        ("DATABASE_URL", "postgres://u:hunter2#x@h/db", "it has a # before its @: write # as %23"),
        ("DATABASE_URL", "postgres://u:hunter2/x@h/db", "it has a / before its @: write / as %2F"),
        ("DATABASE_URL", "postgres://u:hunter2?x@h/db", "it has a ? before its @: write ? as %3F"),
        ("DATABASE_URL", "postgres://u:hunter2@x@h/db", "it has a @ before its @: write @ as %40"),
        ("DATABASE_URL", "postgres://u:hunter2%x@h/db", "it has a % that is no escape"),
        ("DATABASE_URL", "postgres://u:hunter2@h:port/db", "its port is not a whole number"),
        ("DATABASE_URL", "postgres://u:hunter2@h:0/db", "its port is not a whole number"),
        ("DATABASE_URL", "postgres://u:hunter2@h", "it names no database"),
        ("DATABASE_URL", "postgres://u:hunter2@h/db?color=red", "PostgreSQL says: invalid URI"),
        ("DATABASE_URL", "sqlite://host/x", "it is not sqlite:/// and a path"),
        ("DATABASE_URL", "sqlite:////srv/a#b", "it has a #: write # as %23"),
        ("REDIS_URL", "redis.example:6379", "it is not a URL such as"),
        ("REDIS_URL", "http://redis:6379", 'its scheme "http" is not redis or rediss or unix'),
        ("REDIS_URL", "redis://:hunter2#@h:6379", "it has a # before its @"),
        ("REDIS_URL", "redis://:hunter2@h:6379/one", "its path is not the number of a database"),
        ("REDIS_URL", "redis://:hunter2@h:99999/1", "its port is not a whole number"),
        ("REDIS_URL", "redis://h:abc", "its port is not a whole number"),
        ("REDIS_URL", "redis://:hunter2@h:/1", "its port is not a whole number"),
        ("REDIS_URL", "redis://", "it names no host"),
        ("REDIS_URL", "redis://:6379", "it names no host"),
        ("REDIS_URL", "redis://h?health_check_interval=x", "Invalid value"),
        ("REDIS_URL", "redis+sentinel://:hunter2@h:26379", "it names no master: write"),
        ("REDIS_URL", "redis+sentinel://:hunter2@/main", "it names no Sentinel between commas"),
        ("REDIS_URL", "redis+sentinel://h,,i/main", "it names no Sentinel between commas"),
        ("REDIS_URL", "redis+sentinel://h:99999/main", "its port is not a whole number"),
        ("REDIS_URL", "redis+sentinel://h:1,i:abc/main", "its port is not a whole number"),
        (
            "TROLLEY_URL",
            "https://h.example:abc",
            '"https://h.example:abc" is not a URL with a port',
        ),
        ("TROLLEY_URL", "https://h.example:99999", '"https://h.example:99999" is not a URL with a'),
        ("TROLLEY_ALERT_URL", "https://h.example:abc/hunter2", "its port is not a whole number"),
        ("REDIS_URL", "redis+sentinel://h/main/one", "its path is not the number of a database"),
        ("REDIS_URL", "redis+sentinel://h/main?hunter2=1", "it has an option that is not known"),
    ):
        problems = examine({name: text}).problems
        assert len(problems) == 1, (name, text)
        assert problems[0].startswith(f"{name}: {line}"), problems
        assert "hunter2" not in problems[0]
    expected = {"NAME": "my db", "USER": "ana", "PASSWORD": "$p@#w+", "HOST": "h", "PORT": "5433"}
    database = value("DATABASE_URL", "postgres://ana:$p%40%23w+@h:5433/my%20db?sslmode=require")
    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {"sslmode": "require"},
        **expected,
    }
    assert value("DATABASE_URL", "sqlite:////srv/a+b%23c")["NAME"] == "/srv/a+b#c"


def test_file_of_a_variable_is_read_without_its_last_line_feed(tmp_path):
    """CFG-3, case H1"""
    file = tmp_path / "a #? 1"
    for name, content, expected in (
        ("DJANGO_SUPERUSER_PASSWORD", b"correct-horse-battery-2\n", "correct-horse-battery-2"),
        ("DJANGO_SUPERUSER_PASSWORD", b"correct-horse-battery-2\r\n", "correct-horse-battery-2"),
        ("DJANGO_SUPERUSER_PASSWORD", b" inside \n\n", " inside \n"),
        ("DJANGO_SUPERUSER_PASSWORD", b"\xef\xbb\xbf$horse", "$horse"),
        ("SECRET_KEY", f"{KEY}\n".encode(), KEY),
        ("TROLLEY_THREADS", b" 4 \n", 4),
        ("ALLOWED_HOSTS", b"a.example\nb.example\n", ["a.example", "b.example"]),
    ):
        file.write_bytes(content)
        environment = examine({f"{name}_FILE": str(file)})
        assert (environment.problems, environment.values[name]) == ([], expected)


def test_file_of_a_variable_is_refused_when_it_cannot_be_meant(tmp_path):
    """CFG-3"""
    file = tmp_path / "value"
    for content, line in (
        (b"\n", " is empty"),
        (b"\xff\xfe", " is not UTF-8 text"),
        (b"x" * 70_000, " is longer than 65536 bytes"),
    ):
        file.write_bytes(content)
        (problem,) = examine({"SECRET_KEY_FILE": str(file)}).problems
        assert problem.startswith("SECRET_KEY: ")
        assert line in problem
    assert examine({"SECRET_KEY_FILE": str(tmp_path / "none")}).problems == [
        f'SECRET_KEY: cannot read the file "{tmp_path}/none": No such file or directory'
    ]
    assert examine({"SECRET_KEY": KEY, "SECRET_KEY_FILE": str(file)}).problems == [
        "SECRET_KEY: SECRET_KEY_FILE is set too: set one of them"
    ]


def test_all_problems_are_reported_at_once():
    """CFG-1"""
    wrong = {"TROLLEY_THREADS": "0", "TROLLEY_TRUSTED_PROXIES": "a b", "REDIS_URL": "x"}
    with pytest.raises(ImproperlyConfigured) as raised:
        read(wrong)
    names = [line.partition(":")[0] for line in str(raised.value).split("\n")]
    assert names == ["TROLLEY_TRUSTED_PROXIES"] * 2 + ["TROLLEY_THREADS", "REDIS_URL"]


def test_values_that_contradict_each_other_are_refused():
    """CFG-1"""
    for environ, name in (
        ({"TROLLEY_LAYER": "redis-core"}, "TROLLEY_LAYER"),
        (
            {"TROLLEY_LAYER": "redis-pubsub", "REDIS_URL": "redis+sentinel://h:26379/mymaster/0"},
            "TROLLEY_LAYER",
        ),
        ({"TROLLEY_WORKERS": "2"}, "TROLLEY_WORKERS"),
        (
            {"TROLLEY_WORKERS": "2", "TROLLEY_LAYER": "memory", "REDIS_URL": "redis://h"},
            "TROLLEY_WORKERS",
        ),
        ({"TROLLEY_PROXY_AUTH_HEADER": "Remote-User"}, "TROLLEY_PROXY_AUTH_HEADER"),
    ):
        (problem,) = examine(environ).problems
        assert problem.startswith(name)


def test_variables_of_a_kubernetes_service_are_ignored_and_named():
    """CFG-4, case G1"""
    service = {
        "TROLLEY_PORT": "tcp://10.43.1.5:8000",
        "TROLLEY_PORT_8000_TCP": "tcp://10.43.1.5:8000",
        "TROLLEY_PORT_8000_TCP_ADDR": "10.43.1.5",
        "TROLLEY_SERVICE_HOST": "10.43.1.5",
        "TROLLEY_SERVICE_PORT_HTTP": "8000",
        "TROLLEY_REDIS_PORT": "tcp://10.43.1.6:6379",
        "TROLLEY_REDIS_SERVICE_HOST": "10.43.1.6",
    }
    environment = examine({**service, "OTHER_SERVICE_HOST": "10.43.1.7"})
    assert environment[variables.PORT] == 8000
    assert (environment.problems, environment.warnings) == ([], [])
    names = ", ".join(sorted(service))
    assert environment.notes == [f"ignored, because a Kubernetes service sets them: {names}"]


def test_unknown_variable_is_named_with_the_nearest_known():
    """CFG-4"""
    for name, suggestion in (
        ("TROLLEY_HTPS", "; did you mean TROLLEY_HTTPS?"),
        ("TROLLEY_TRUSTED_PROXY", "; did you mean TROLLEY_TRUSTED_PROXIES?"),
        ("TROLLEY_ALLOWED_HOSTS", "; did you mean ALLOWED_HOSTS?"),
        ("TROLLEY_SECRET_KEY_FILE", "; did you mean SECRET_KEY_FILE?"),
        ("trolley_https", "; did you mean TROLLEY_HTTPS?"),
        ("TROLLEY_XYZZY", ""),
    ):
        assert examine({name: "1"}).warnings == [f"{name}: there is no such variable{suggestion}"]
    assert examine({"TROLLEY_TEST_REDIS": "x", "TROLLEY_HTTPS_FILE": ""}).warnings == []


def test_values_that_are_probably_not_meant_are_doubtful():
    """CFG-5"""
    https = {"TROLLEY_HTTPS": "1"}
    for environ, hosts, is_doubtful in (
        ({}, ["*"], False),
        (https, ["*"], True),
        ({**https, "ALLOWED_HOSTS": "a.example *"}, ["a.example", "*"], True),
        ({**https, "ALLOWED_HOSTS": "a.example"}, ["a.example"], False),
        ({**https, "TROLLEY_URL": "https://a.example:8443"}, ["a.example"], False),
        ({**https, "TROLLEY_URL": "https://[::1]"}, ["[::1]"], False),
        ({"TROLLEY_URL": "http://a.example"}, ["*"], False),
        ({"TROLLEY_URL": "https://a.example"}, ["*"], True),
        ({**https, "TROLLEY_URL": "http://a.example"}, ["a.example"], True),
        ({"TROLLEY_URL": "http://a.example", "ALLOWED_HOSTS": ".b"}, [".b"], True),
        ({"TROLLEY_URL": "http://a.b", "ALLOWED_HOSTS": ".b"}, [".b"], False),
        ({"TROLLEY_TRUSTED_PROXIES": "*"}, ["*"], True),
        ({"TROLLEY_TRUSTED_PROXIES": "10.0.0.1 ::/0"}, ["*"], True),
        ({"TROLLEY_PROXY_AUTH_CREATE": "1"}, ["*"], True),
    ):
        environment = examine(environ)
        assert combinations.allowed_hosts(environment) == hosts
        assert len(environment.warnings) == int(is_doubtful), environ


def test_half_of_an_owner_is_doubtful():
    """CFG-5"""
    for name in ("DJANGO_SUPERUSER_USERNAME", "DJANGO_SUPERUSER_PASSWORD"):
        (warning,) = examine({name: "x"}).warnings
        assert "only one of them is set" in warning


def test_data_directory_may_have_any_name():
    """CFG-2, case J1"""
    for name in ("/srv/a#b", "/srv/a?b", "/srv/a%20b", "/srv/a b", "/srv/$a", "/srv/a;b:c@d"):
        assert value("TROLLEY_DATA", name) == Path(name)


def test_empty_variable_counts_as_not_set():
    """CFG-1"""
    for variable in variables.ALL:
        for text in ("", "  ", '""') if not variable.kind.is_secret else ("", "\n"):
            environment = examine({variable.name: text})
            assert environment.problems == []
            assert environment[variable] == variable.default


def test_name_of_an_installation_depends_on_its_key_and_does_not_contain_it():
    """CFG-6"""
    name = secret_key.public_name(KEY)
    assert name != secret_key.public_name(KEY + "x")
    assert name == secret_key.public_name(KEY)
    assert KEY[:4] not in name
