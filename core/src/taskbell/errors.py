"""Domain errors that carry their HTTP status, stable code and title.

One handler in the API turns them into `application/problem+json` (RFC 9457).
"""

from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """One wrong field: `field` is its path (`body.title`), `type` a stable snake_case word."""

    field: str
    message: str
    type: str


class TaskbellError(Exception):
    """Base of all errors a caller is told of."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors or []
        self.headers = headers or {}


class UnauthorizedError(TaskbellError):
    status = 401
    code = "unauthorized"
    title = "Sign in first"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class ForbiddenError(TaskbellError):
    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFoundError(TaskbellError):
    """Also for what belongs to somebody else: its existence is nobody's business."""

    status = 404
    code = "not_found"
    title = "Not found"


class ConflictError(TaskbellError):
    status = 409
    code = "conflict"
    title = "That conflicts with what is there"


class PreconditionFailedError(TaskbellError):
    status = 412
    code = "version_mismatch"
    title = "It was changed in the meantime"


class InvalidError(TaskbellError):
    """Well-formed, but not acceptable; names the field where there is one."""

    status = 422
    code = "validation_failed"
    title = "Some of the input is not valid"

    def __init__(self, detail: str | None = None, *, field: str | None = None) -> None:
        message = detail or self.title
        errors: list[FieldError] = (
            [{"field": field, "message": message, "type": self.code}] if field else []
        )
        super().__init__(detail, errors=errors)


class UnavailableError(TaskbellError):
    status = 503
    code = "unavailable"
    title = "Not available right now"

    def __init__(self, detail: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
