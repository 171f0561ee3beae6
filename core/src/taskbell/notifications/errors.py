"""What can go wrong with notifications."""

from taskbell.errors import InvalidError, NotFoundError, PreconditionFailedError


class NotificationNotFoundError(NotFoundError):
    code = "notification_not_found"
    title = "There is no such notification"


class PreferencesChangedError(PreconditionFailedError):
    title = "The preferences were changed in the meantime"


class QuietHoursError(InvalidError):
    code = "quiet_hours"
    title = "Quiet hours need a beginning and an end, which differ"
