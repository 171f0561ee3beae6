"""The kinds of jobs that send mail."""

from datetime import datetime
from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy

# a mail server may be away for a night: 5 s, 10 s, … then each hour for more than a day
MAIL_RETRY = RetryPolicy(max_attempts=36, base_seconds=5, cap_seconds=3600)


class WelcomePayload(Payload):
    user_id: UUID


class VerifyPayload(Payload):
    """`change`: to the address that is to become theirs, not to the one they have."""

    user_id: UUID
    change: bool = False


class ResetPayload(Payload):
    """Names nobody when the address was nobody's: the request must not show that."""

    user_id: UUID


class NoticePayload(Payload):
    """What happened to an account; see `notices`. `email`: to where, which may be an old address.

    `moment`: the time the notice speaks of, if any.
    """

    user_id: UUID
    email: str
    notice: str
    moment: datetime | None = None


class ReminderPayload(Payload):
    """Which occurrence of which reminder.

    `planned_at`: what it is late against; later than `fire_at` when it was planned after that.
    """

    reminder_id: UUID
    fire_at: datetime
    planned_at: datetime


# a person waits for some of them, and no thousands of others come first
WELCOME = Kind("mail.welcome", WelcomePayload, retry=MAIL_RETRY, lane="mail", timeout_seconds=120)
VERIFY = Kind(
    "mail.verify", VerifyPayload, retry=MAIL_RETRY, lane="mail", priority=20, timeout_seconds=120
)
RESET = Kind(
    "mail.reset", ResetPayload, retry=MAIL_RETRY, lane="mail", priority=20, timeout_seconds=120
)
NOTICE = Kind("mail.notice", NoticePayload, retry=MAIL_RETRY, lane="mail", timeout_seconds=120)
REMINDER = Kind(
    "mail.reminder",
    ReminderPayload,
    retry=MAIL_RETRY,
    lane="mail",
    priority=10,
    timeout_seconds=120,
)
