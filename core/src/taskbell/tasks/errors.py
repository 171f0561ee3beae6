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


class ParentNotFoundError(InvalidError):
    code = "parent_not_found"
    title = "There is no such task to be the parent, or it is in the trash"


class ParentCycleError(InvalidError):
    code = "parent_cycle"
    title = "A task cannot be a subtask of itself, or of one of its own subtasks"


class TooDeepError(InvalidError):
    code = "too_deep"
    title = "Subtasks go five levels deep at most"


class ParentInOtherListError(InvalidError):
    code = "parent_in_other_list"
    title = "A subtask is in the list of its parent"


class NotASiblingError(InvalidError):
    code = "not_a_sibling"
    title = "The task to be put next to is not there: it is elsewhere, or in the trash"


class RecurrenceNeedsDueError(InvalidError):
    code = "recurrence_needs_due"
    title = "A repeating task needs a due date: stop the repetition first"


class NotRepeatingError(ConflictError):
    code = "not_repeating"
    title = "The task does not repeat, or its last occurrence is done"


class OccurrenceGoneError(ConflictError):
    code = "occurrence_gone"
    title = "The task stands for another occurrence now: read it again"


class NothingToUndoError(ConflictError):
    code = "nothing_to_undo"
    title = "There is no change left to take back"


class CannotUndoError(ConflictError):
    code = "cannot_undo"
    title = "This change cannot be taken back any more"
