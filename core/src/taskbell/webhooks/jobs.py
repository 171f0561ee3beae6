"""The kind of job that sends a webhook's message."""

from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy


class WebhookPayload(Payload):
    """Which message; to whom it goes is in its row.

    `replay`: its owner asked for it once more, so it goes out whatever became of the reminder.
    """

    message_id: UUID
    replay: bool = False


SEND = Kind(
    "webhook.send",
    WebhookPayload,
    # 5 s, 10 s, 20 s … 11 h, then each 12 hours: for three and a half days
    retry=RetryPolicy(max_attempts=20, base_seconds=5, cap_seconds=43_200),
    priority=10,
    lane="web",
    timeout_seconds=60,
)
