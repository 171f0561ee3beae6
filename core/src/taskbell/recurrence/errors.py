"""What can go wrong with repeats."""

from taskbell.errors import InvalidError


class InvalidRecurrenceError(InvalidError):
    """The detail says in plain words what is wrong with the rule, or with it and its start."""

    code = "invalid_recurrence"
    title = "That repeat is not possible"
