"""Logs: structlog, one JSON object a line on stdout (or aligned text with LOG_FORMAT=console)."""

import io
import json
import logging
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""A well-formed X-Request-ID; another one is replaced."""

_SECRET_KEYS = re.compile(r"password|secret|token|authorization|cookie|dsn|_url$", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    # the last line of defence: no call should pass a secret in the first place
    for key in event:
        if _is_secret(key) and event[key] is not None:
            event[key] = "[redacted]"
    return event


_DETAIL = re.compile(
    r"DETAIL: .*?(?=\n\[SQL|\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL
)


def without_rows(words: str) -> str:
    """Return the words of an error without Postgres' details: a row, with all that people wrote."""
    return _DETAIL.sub("DETAIL: left out", words) if "DETAIL: " in words else words


def _without_rows(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    for key in ("exception", "traceback"):  # all else is of our own wording
        if key in event:
            event[key] = _walk(event[key])
    return event


def _walk(value: Any) -> Any:
    if isinstance(value, str):
        return without_rows(value)
    if isinstance(value, dict):
        return {key: _walk(one) for key, one in value.items()}
    return [_walk(one) for one in value] if isinstance(value, list) else value


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)


def _to_json(event: EventDict, **_options: object) -> str:
    # `json.dumps` would make an encoder each time
    return _ENCODER.encode(event)


class _Stdout(structlog.WriteLogger):
    """Writes lines; a full disk or a closed pipe must not fail what is logged."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            super().msg(message)

    debug = info = warning = error = critical = exception = log = msg


def _rendering(processors: Sequence[Processor]) -> Processor:
    """Return one processor that runs `processors`; a value none can show costs its line only."""

    def render(logger: WrappedLogger, name: str, event: EventDict) -> str:
        words = str(event.get("event"))
        try:
            rendered: Any = event
            for processor in processors:
                rendered = processor(logger, name, rendered)
            return str(rendered)
        except Exception as error:
            return _ENCODER.encode({"event": words, "not_shown": type(error).__name__})

    return render


def configure(service: str, *, level: str, form: Literal["json", "console"]) -> None:
    """Send all logs of this process, also those of libraries, to stdout in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    if form == "json":

        def name_service(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
            event["service"] = service
            return event

        final: list[Processor] = [
            name_service,
            # never with local variables: they hold passwords, tokens and mails
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            _without_rows,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    else:
        final = [
            structlog.processors.format_exc_info,
            _without_rows,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    if isinstance(sys.stdout, io.TextIOWrapper):  # half a character is no reason to lose a line
        sys.stdout.reconfigure(errors="backslashreplace")
    structlog.configure(
        processors=[*shared, _rendering(final)],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        # straight to stdout: on the way through `logging` a line costs twice as much
        logger_factory=lambda *_: _Stdout(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq", "arq.worker", "sqlalchemy"):
        logging.getLogger(noisy).handlers = []
        logging.getLogger(noisy).propagate = True
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger("uvicorn.access").disabled = True
