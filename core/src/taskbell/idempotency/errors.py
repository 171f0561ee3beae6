"""What can be wrong with an `Idempotency-Key`."""

from taskbell.errors import ConflictError, InvalidError, TaskbellError


class MalformedIdempotencyKeyError(TaskbellError):
    status = 400
    code = "malformed_idempotency_key"
    title = "Idempotency-Key must be one word of 1 to 255 visible ASCII characters"


class IdempotencyInFlightError(ConflictError):
    """The first request has not been answered yet; `Retry-After` says when to ask again."""

    code = "idempotency_in_flight"
    title = "The same request is being worked on: ask again in a moment"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class IdempotencyKeyReusedError(InvalidError):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"
