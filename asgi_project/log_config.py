"""Structured logs: one line for each event, as JSON or as text."""

from __future__ import annotations

import logging.config
import re
from typing import Any

import structlog

# Clients choose names and user agents; these must not be able to forge log lines.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPES |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


def escape_control_characters(
    _: Any, __: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Escape control characters in all values; a traceback keeps its line breaks."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"exception", "stack"}:
            event[key] = value.translate(_ESCAPES)
    return event


_NOT_LOGGED = re.compile(r"(?:\?|#|%23|%2523).*", re.DOTALL)


class StripQueryFilter(logging.Filter):
    """Removes the query string and a fragment from the URLs of uvicorn's access log.

    They contain what users search for, and the secret of a link whose `#` was encoded.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Accept every record, after reducing its URL to the path."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, url, *rest = record.args
            record.args = (client, method, _NOT_LOGGED.sub("", str(url)), *rest)
        return True


class DropDecodeErrorFilter(logging.Filter):
    """Drops uvicorn's traceback for a message that is not UTF-8: any client can send one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for records about a UnicodeDecodeError."""
        return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


class DropDatabaseTroubleFilter(logging.Filter):
    """Drops Django's second line, or traceback, for a database that cannot work now.

    rest/problems.py has logged it in one line.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for records about such a request."""
        return not hasattr(getattr(record, "request", None), "database_trouble")


def logging_config(*, as_json: bool, level: str) -> None:
    """Configure structlog and the standard library to write to stderr in one format."""
    shared_processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared_processors,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        escape_control_characters,
                        renderer,
                    ],
                }
            },
            "filters": {
                "strip_query": {"()": StripQueryFilter},
                "drop_decode_errors": {"()": DropDecodeErrorFilter},
                "drop_database_trouble": {"()": DropDatabaseTroubleFilter},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "loggers": {
                # It logs a banner at every start; only its warnings matter.
                "axes": {"level": "WARNING"},
                # 4xx responses are errors of the client, not of the server.
                "django.request": {"level": "ERROR", "filters": ["drop_database_trouble"]},
                # Both log every WebSocket; TROLLEY_ACCESS_LOG is for that.
                "uvicorn.error": {"level": "WARNING", "filters": ["drop_decode_errors"]},
                "uvicorn.access": {"filters": ["strip_query"]},
                "daphne": {"level": "WARNING"},
            },
            "root": {"handlers": ["stderr"], "level": level},
        }
    )
