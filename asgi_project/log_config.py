"""Structured logs: one line an event, JSON for machines or text for people."""

from __future__ import annotations

import logging.config
from typing import Any

import structlog

# Names and user agents come from anywhere; they must not write log lines.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROLS |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


def escape_control_characters(
    _: Any, __: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Escape control characters in all that is logged; a traceback keeps its lines."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"exception", "stack"}:
            event[key] = value.translate(_CONTROLS)
    return event


class StripQueryFilter(logging.Filter):
    """Takes the query string out of uvicorn's access log: it is what people searched for."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through, with the bare path."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, target, *rest = record.args
            record.args = (client, method, str(target).partition("?")[0], *rest)
        return True


class DropDecodeErrorFilter(logging.Filter):
    """Drops the traceback that uvicorn logs of a message that is no UTF-8: anybody can send one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is about anything else."""
        return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


def logging_config(*, as_json: bool, level: str) -> None:
    """Send structlog and the standard library through one renderer to stderr."""
    shared: list[structlog.types.Processor] = [
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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
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
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        escape_control_characters,
                        renderer,
                    ],
                }
            },
            "filters": {
                "without query": {"()": StripQueryFilter},
                "without bad text": {"()": DropDecodeErrorFilter},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "loggers": {
                # It greets at every start; its warnings are kept.
                "axes": {"level": "WARNING"},
                # A wrong address or a missing token is the client's business.
                "django.request": {"level": "ERROR"},
                # They tell of every socket; TROLLEY_ACCESS_LOG is for that.
                "uvicorn.error": {"level": "WARNING", "filters": ["without bad text"]},
                "uvicorn.access": {"filters": ["without query"]},
                "daphne": {"level": "WARNING"},
            },
            "root": {"handlers": ["stderr"], "level": level},
        }
    )
