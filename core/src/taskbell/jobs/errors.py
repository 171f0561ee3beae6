"""What the engine and the handlers of jobs tell each other."""


class LeaseLostError(Exception):
    """The job belongs to somebody else now (or to nobody): stop, and change nothing."""


class DeadError(Exception):
    """Raised by a handler: the job can never succeed; its text is the reason."""


class RetryError(Exception):
    """Raised by a handler: the attempt failed in a way worth another one."""
