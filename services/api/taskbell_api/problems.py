"""Every error becomes `application/problem+json` (RFC 9457) here, and nowhere else."""

import json
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from taskbell.accounts.errors import EmailTakenError, InvalidTokenError
from taskbell.db import constraint_of, is_unreachable, sqlstate
from taskbell.errors import (
    ConflictError,
    FieldError,
    InvalidError,
    TaskbellError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 100
LONGEST_FIELD = 200

log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str = Field(description="Its path, such as `body.title` or `query.page`.")
    message: str
    type: str = Field(description="A stable snake_case word.")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "There is no such task",
                    "status": 404,
                    "detail": "There is no such task",
                    "code": "task_not_found",
                    "request_id": "0198f2a4c1d37d1b8a55c1c6c1f0a001",
                    "errors": [],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="A stable snake_case word to act upon.")
    request_id: str | None
    errors: list[FieldProblem]


class DatabaseUnavailableError(UnavailableError):
    code = "database_unavailable"
    title = "The database cannot be reached right now"


class BusyError(UnavailableError):
    code = "try_again"
    title = "Two requests got in each other's way: send it again"


class MalformedBodyError(TaskbellError):
    status = 400
    code = "malformed_body"
    title = "The request body is not valid JSON in UTF-8"


class MalformedFormError(MalformedBodyError):
    title = "The request body is not a valid form"


class UnsupportedMediaTypeError(TaskbellError):
    status = 415
    code = "unsupported_media_type"
    title = "Send the body as application/json"


class RequestTooLargeError(TaskbellError):
    status = 413
    code = "request_too_large"
    title = "The request body is larger than this address takes"


class UriTooLongError(TaskbellError):
    """Answered by the gateway; here for the OpenAPI document."""

    status = 414
    code = "uri_too_long"
    title = "The address is too long"


class ValidationFailedError(TaskbellError):
    status = 422
    code = "validation_failed"
    title = "Some of the input is not valid"


class PathNotFoundError(TaskbellError):
    status = 404
    code = "path_not_found"
    title = "There is nothing at this address"


class MethodNotAllowedError(TaskbellError):
    status = 405
    code = "method_not_allowed"
    title = "This address does not take that method"


class UnknownTimeZoneError(InvalidError):
    """Python knows it, an older Postgres does not."""

    code = "time_zone_unknown"
    title = "The database does not know a time zone that this needs"


class InternalError(TaskbellError):
    """Says nothing: the log has it, under the request id."""


# Pydantic's own words for these repeat characters of the input, which may be a secret
_MESSAGES = {
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
    "extra_forbidden": "is not a field of this request",
    "missing": "is required",
    "string_unicode": "must be valid Unicode",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_parsing_size": "is too large",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "json_invalid": "is not valid JSON",
}
# ... and these say "items" of a text that is validated in steps
_LENGTHS = {
    "string_too_short": ("at least", "min_length"),
    "too_short": ("at least", "min_length"),
    "string_too_long": ("at most", "max_length"),
    "too_long": ("at most", "max_length"),
}


def response(error: BaseException, *, request_id: str | None) -> Response:
    """Return the answer for any error; logs those that are our fault."""
    known = as_known(error)
    if known.status >= 500 and not isinstance(known, UnavailableError):
        log.error("request_failed", traceback="".join(traceback.format_exception(error)))
    elif isinstance(known, UnavailableError):
        log.warning("request_unavailable", code=known.code, error=type(error).__name__)
    body = {
        "type": "about:blank",
        "title": known.title,
        "status": known.status,
        "detail": _clean(known.detail),
        "code": known.code,
        "request_id": request_id,
        "errors": [{key: _clean(str(value)) for key, value in one.items()} for one in known.errors],
    }
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        status_code=known.status,
        headers=known.headers,
        media_type=MEDIA_TYPE,
    )


def as_known(error: BaseException) -> TaskbellError:
    """Return `error` as what the caller is told."""
    if isinstance(error, TaskbellError):
        return error
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if is_unreachable(error):
        return DatabaseUnavailableError()
    return _of_database(error)


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Return Pydantic's errors without any part of the input but the names of fields."""
    return [
        {
            "field": _path(one["loc"])[:LONGEST_FIELD],
            "message": _message(one),
            "type": str(one["type"]),
        }
        for one in errors[:MOST_ERRORS]
    ]


def _path(place: Sequence[int | str]) -> str:
    parts = [str(part) for part in place]
    if parts[1:2] == ["operations"]:
        del parts[3:4]  # which kind of operation it is: no part of what was sent
    return ".".join(parts)


def _message(one: Mapping[str, Any]) -> str:
    kind = str(one["type"])
    if kind.startswith("union_tag_"):
        name = one["ctx"]["discriminator"].strip("'")
        known = one["ctx"].get("expected_tags")
        return f"{name} must be one of {known}" if known else f"{name} is required"
    if kind == "value_error" and "email address" in one["msg"]:
        return "must be a valid e-mail address"
    if kind.startswith(("datetime_", "timezone_")) and kind != "datetime_range":
        return "must be an ISO 8601 instant with an offset, such as 2026-11-20T09:30:00Z"
    if kind in _LENGTHS:
        return _length_message(kind, one["ctx"])
    return _MESSAGES.get(kind) or str(one["msg"]).removeprefix("Value error, ")


def _length_message(kind: str, context: Mapping[str, Any]) -> str:
    bound, name = _LENGTHS[kind]
    limit = context[name]
    if (bound, limit) == ("at least", 1):
        return "must not be empty"
    things = "entries" if context.get("field_type") in ("List", "Tuple") else "characters"
    return f"must have {bound} {limit} {things}"


def _of_validation(error: RequestValidationError) -> TaskbellError:
    found = error.errors()
    if any(one["type"] == "json_invalid" and one["loc"][0] == "body" for one in found):
        return MalformedBodyError()
    # FastAPI hands over bytes when the content type is not JSON
    if isinstance(error.body, bytes):
        return UnsupportedMediaTypeError()
    errors = field_errors(found)
    shown = "; ".join(f"{one['field'].rpartition('.')[2]}: {one['message']}" for one in errors[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return ValidationFailedError(shown + more, errors=errors)


def _of_http(error: HTTPException) -> TaskbellError:
    headers = dict(error.headers or {})
    by_status: dict[int, type[TaskbellError]] = {
        400: MalformedBodyError,
        404: PathNotFoundError,
        405: MethodNotAllowedError,
        413: RequestTooLargeError,
    }
    if error.status_code in by_status:
        return by_status[error.status_code](headers=headers)
    phrase = HTTPStatus(error.status_code).phrase

    class OtherHttpError(TaskbellError):
        status = error.status_code
        code = phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")
        title = phrase

    return OtherHttpError(headers=headers)


def _of_database(error: BaseException) -> TaskbellError:
    """A race that a service did not foresee: the other request won."""
    state = sqlstate(error)
    if state in {"40001", "40P01"}:  # serialization failure, deadlock
        return BusyError(retry_after=1)
    if state == "23503":  # foreign key
        if constraint_of(error).endswith(("owner_id", "user_id")):
            return InvalidTokenError("This account does not exist any more")
        return ConflictError("Something this refers to was deleted in the meantime")
    if state == "23505":  # unique
        if constraint_of(error).endswith("email_key"):
            return EmailTakenError()
        return ConflictError()
    if state == "22023" and "time zone" in str(error):  # invalid parameter value
        return UnknownTimeZoneError()
    return InternalError()


def _clean(text: str) -> str:
    # a key may hold lone surrogates, which UTF-8 cannot carry
    return text.encode("utf-8", "backslashreplace").decode()
