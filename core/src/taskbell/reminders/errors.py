"""What can go wrong with reminders."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError


class ReminderNotFoundError(NotFoundError):
    code = "reminder_not_found"
    title = "There is no such reminder"


class ReminderIdTakenError(ConflictError):
    code = "id_taken"
    title = "There is something with this id already"


class DueRequiredError(InvalidError):
    code = "due_required"
    title = "The task has no due time to be reminded before: give one, or use `at`"


class ReminderInPastError(InvalidError):
    code = "reminder_in_past"
    title = "The time of this reminder has passed already"


class TooManyRemindersError(InvalidError):
    code = "too_many_reminders"
    title = "A task can have at most 20 reminders"


class CannotSnoozeError(ConflictError):
    code = "nothing_to_snooze"
    title = "The task is done, deleted or no longer due: there is nothing to be reminded of"


class OccurrencePassedError(ConflictError):
    """What a mail was about is over: a task that repeats has moved on, or was changed."""

    code = "occurrence_passed"
    title = "The task has moved on since this mail: nothing was changed"


class TaskGoneError(ConflictError):
    code = "task_gone"
    title = "The task is in the trash: nothing was changed"


class TaskDoneError(ConflictError):
    code = "task_done"
    title = "The task is done already: there is nothing to be reminded of"
