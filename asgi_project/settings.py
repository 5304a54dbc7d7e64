"""Settings. All of them come from the environment, and none is required.

environment/variables.py declares each variable, and docs/operating.md has the table.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from asgi_project import secret_key
from asgi_project.channel_layer import channel_layer, default_layer
from asgi_project.environment import reader, variables
from asgi_project.environment.combinations import allowed_hosts, hsts, trusted_proxies
from asgi_project.log_config import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = reader.read(os.environ)
ENVIRONMENT_WARNINGS, ENVIRONMENT_NOTES = env.warnings, env.notes

VERSION = "1.0.0"
DEBUG = env[variables.DEBUG]
FAILPOINT = env[variables.FAILPOINT]
DEMO_CONTROL = env[variables.DEMO_CONTROL]
DATA_DIR = env[variables.DATA] or BASE_DIR / "data"
SECRET_KEY = secret_key.secret_key(env[variables.SECRET_KEY], DATA_DIR)
HAS_CONFIGURED_KEY = bool(env[variables.SECRET_KEY])
# This machine itself is always allowed: health checks use no host name.
ALLOWED_HOSTS: list[str] = [*allowed_hosts(env), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env[variables.CSRF_TRUSTED_ORIGINS]
HTTPS = env[variables.HTTPS]
PUBLIC_URL = env[variables.URL]
LISTEN_HOST, LISTEN_PORT = env[variables.HOST], env[variables.PORT]
WORKERS = env[variables.WORKERS]
# The addresses whose X-Forwarded-* headers count.
TRUSTED_PROXIES: list[str] = trusted_proxies(env)
# The header in which such a proxy sends the name of the user that it signed in.
PROXY_AUTH_HEADER = env[variables.PROXY_AUTH_HEADER]
PROXY_AUTH_CREATE = env[variables.PROXY_AUTH_CREATE]
ACCESS_LOG = env[variables.ACCESS_LOG]
OPEN_REGISTRATION = env[variables.OPEN_REGISTRATION]
# The owner whom `serve` creates if there is none.
SUPERUSER_USERNAME = env[variables.SUPERUSER_USERNAME]
SUPERUSER_PASSWORD = env[variables.SUPERUSER_PASSWORD]
SUPERUSER_EMAIL = env[variables.SUPERUSER_EMAIL]

INSTALLED_APPS = [
    "daphne",
    "asgi_project",
    "asgi_project.admin_site.TrolleyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "axes",
    "accounts",
    "shopping_list",
    "live",
]
# A test runs the REST tests with "live" here, to prove that they do not need it.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in env[variables.WITHOUT_APPS]]

# All of them run synchronously, in the thread of the request (serving/threaded_handler.py).
MIDDLEWARE = [
    "asgi_project.middleware.security_headers.SecurityHeadersMiddleware",
    "rest.request_id.RequestIdMiddleware",
    "asgi_project.middleware.health_host.HealthHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "asgi_project.middleware.static_files.StaticFilesMiddleware",
    "accounts.session_middleware.RollingSessionMiddleware",
    "asgi_project.middleware.trailing_slash.SameMethodCommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.proxy_auth.ProxyAuthMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "shopping_list.middleware.ActorMiddleware",
]
if "live" in INSTALLED_APPS:
    MIDDLEWARE.insert(0, "live.metrics.route_middleware.RouteMiddleware")

ROOT_URLCONF = "asgi_project.urls"
ASGI_APPLICATION = "asgi_project.asgi.application"
AUTH_USER_MODEL = "accounts.User"
# knox's only model is replaced by accounts.ApiToken, so there is no table to migrate.
MIGRATION_MODULES = {"knox": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "asgi_project" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

_configured = env[variables.DATABASE_URL]
_default = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "trolley.sqlite3")}
DATABASES: dict[str, dict[str, Any]] = {"default": _configured or _default}
_database = DATABASES["default"]
# Each of these threads keeps its connection (asgi_project/serving/threaded_handler.py).
REQUEST_THREADS = env[variables.THREADS]
_database["CONN_MAX_AGE"] = None
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _synchronous = "FULL" if env[variables.SYNC_EVERY_COMMIT] else "NORMAL"
    _database["ENGINE"] = "asgi_project.sqlite"
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # Less than the time after which the page gives up a request.
        "timeout": 10,
        "init_command": f"PRAGMA journal_mode=WAL;PRAGMA synchronous={_synchronous};",
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["ENGINE"] = "asgi_project.postgresql"
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that was cut off says nothing: then the kernel gives the connection up.
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        **_database.get("OPTIONS", {}),
    }

REDIS_URL = env[variables.REDIS_URL]
REDIS_PREFIX = env[variables.REDIS_PREFIX] or secret_key.public_name(SECRET_KEY)
LAYER = env[variables.LAYER] or default_layer(REDIS_URL)
CHANNEL_LAYERS = {"default": channel_layer(LAYER, REDIS_URL, REDIS_PREFIX)}

PASSWORD_HASHERS = [
    "accounts.hashers.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "rest.client_address.first_address"
AXES_LOCKOUT_CALLABLE = "asgi_project.error_handlers.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
# Wrong passwords from one address, for any user name, before the address is locked.
SIGNIN_FAILURES_PER_ADDRESS = env[variables.SIGNIN_FAILURES]
# New sockets that one process accepts in a second: 100 cost about half of a core.
HANDSHAKES = env[variables.HANDSHAKES]
# HTTP connections from one address at the same time; 0 means no limit.
CONNECTIONS_PER_ADDRESS = env[variables.CONNECTIONS_PER_ADDRESS]
# From which age `prune` deletes changes of the log; 0 for none.
HISTORY_DAYS = env[variables.HISTORY_DAYS]
# Where conditions of the verdict are posted.
ALERT_URL = env[variables.ALERT_URL]
# For tests only: a factor for the waiting times of live/intervals.py and of the servers.
LIVE_TIME_SCALE = env[variables.TIME_SCALE]

KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105  (a model, not a password)
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": None,
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "TOKEN_PREFIX": "trl_",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "rest.negotiation.LenientFormatNegotiation",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest.json_parser.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest.throttles.UserRateThrottle"],
    "EXCEPTION_HANDLER": "rest.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests of one user, with a burst of ten seconds' worth; 0 means no limit.
WRITES_PER_SECOND = env[variables.WRITES_PER_SECOND]
READS_PER_SECOND = env[variables.READS_PER_SECOND]
SPECTACULAR_SETTINGS = {
    "TITLE": "Trolley",
    "DESCRIPTION": "Shared shopping lists, live on every screen.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/",
    # An import has one more outcome and an invite one role less, so these names are set here.
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": ["added", "merged", "put_back"],
        "RoleEnum": "shopping_list.rows.ROLES",
        "InvitedRoleEnum": ["viewer", "ticker", "editor"],
    },
}

STATIC_URL = "/static/"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

SESSION_ENGINE = "accounts.sessions"
# Counted from the last use, to within a day (accounts/sessions.py).
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
# Names of our own: cookies know no ports, and other programs on this host may be Django too.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "trolley_sessionid", "trolley_csrftoken"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "asgi_project.error_handlers.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
        f"__Host-{name}" for name in (SESSION_COOKIE_NAME, CSRF_COOKIE_NAME)
    )
    # The scheme comes from a trusted proxy's header by way of asgi.py.
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^api/live/connection/"]
    SECURE_HSTS_SECONDS, SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = hsts(env)
# They ask for HSTS, also for names below this host; the operator decides about these.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W021"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
LOGGING_CONFIG = None
logging_config(
    as_json=env[variables.LOG_JSON],
    level=env[variables.LOG_LEVEL],
)
