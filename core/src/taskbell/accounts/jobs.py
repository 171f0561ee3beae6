"""The kinds of jobs that move accounts."""

from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy


class PurgePayload(Payload):
    user_id: UUID


class ExportPayload(Payload):
    user_id: UUID


PURGE = Kind(
    "account.purge",
    PurgePayload,
    retry=RetryPolicy(max_attempts=36, base_seconds=60),
    timeout_seconds=3600,
)
EXPORT = Kind("account.export", ExportPayload, timeout_seconds=3600)
