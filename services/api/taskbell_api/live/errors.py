"""Why a stream is refused."""

from taskbell.errors import TaskbellError, UnavailableError


class TooManyStreamsError(TaskbellError):
    status = 429
    code = "too_many_streams"
    title = "Too many live streams are open for this account"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "30"})


class StreamsFullError(UnavailableError):
    code = "streams_full"
    title = "No more live streams can be opened right now"

    def __init__(self) -> None:
        super().__init__(retry_after=10)
