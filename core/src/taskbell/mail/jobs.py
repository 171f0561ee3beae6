"""The kinds of jobs that send mail."""

from datetime import datetime
from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy

# a mail server may be away for a night: 5 s, 10 s, … then each hour for more than a day
MAIL_RETRY = RetryPolicy(max_attempts=36, base_seconds=5, cap_seconds=3600)


class WelcomePayload(Payload):
    user_id: UUID


class ReminderPayload(Payload):
    """Which occurrence of which reminder.

    `planned_at`: what it is late against; later than `fire_at` when it was planned after that.
    """

    reminder_id: UUID
    fire_at: datetime
    planned_at: datetime


WELCOME = Kind("mail.welcome", WelcomePayload, retry=MAIL_RETRY, timeout_seconds=120)
REMINDER = Kind(
    "mail.reminder", ReminderPayload, retry=MAIL_RETRY, priority=10, timeout_seconds=120
)
