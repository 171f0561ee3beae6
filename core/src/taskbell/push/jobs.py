"""The kind of job that sends push messages."""

from taskbell.jobs.kinds import Kind, RetryPolicy
from taskbell.mail.jobs import ReminderPayload

REMINDER = Kind(
    "push.reminder",
    ReminderPayload,
    # five attempts within some two minutes; then it goes out by e-mail
    retry=RetryPolicy(max_attempts=5, base_seconds=8.0, cap_seconds=60.0),
    lane="push",
    timeout_seconds=60.0,
)
