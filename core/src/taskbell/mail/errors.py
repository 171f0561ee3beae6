"""How sending a mail can fail."""


class MailError(Exception):
    """The mail was not sent (as far as anybody knows)."""


class TemporaryMailError(MailError):
    """The server cannot be reached or says try later (4xx)."""


class BusyMailError(TemporaryMailError):
    """Other mails were under way for too long; this one was not tried."""


class PermanentMailError(MailError):
    """The server refuses this mail for good (5xx)."""


class AmbiguousMailError(MailError):
    """The connection broke after the last byte: the server may have taken the mail, or not."""
