"""What can go wrong with tasks."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, PreconditionFailedError


class TaskNotFoundError(NotFoundError):
    code = "task_not_found"
    title = "There is no such task"


class TaskIdTakenError(ConflictError):
    code = "id_taken"
    title = "There is something with this id already"


class TaskChangedError(PreconditionFailedError):
    title = "The task was changed in the meantime: read it again"


class DueInPastError(InvalidError):
    code = "due_in_past"
    title = "The due time is in the past"


class TwoDueTimesError(InvalidError):
    code = "two_due_times"
    title = "A task is due on a date or at an instant, not both"
