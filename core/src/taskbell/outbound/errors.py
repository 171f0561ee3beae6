"""How a request to an address that somebody gave can fail. The words may be shown to them."""


class OutboundError(Exception):
    """The request has no answer. `sent`: it had left, so that it may have arrived all the same."""

    def __init__(self, words: str, *, sent: bool = False) -> None:
        super().__init__(words)
        self.sent = sent


class AddressRefusedError(OutboundError):
    """The address may not be reached from here: trying again changes nothing."""


class UnreachableError(OutboundError):
    """The host is not found, refuses the connection, breaks it, or cannot prove its name."""


class TimedOutError(UnreachableError):
    """The host takes too long."""
