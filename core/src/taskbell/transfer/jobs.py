"""The kinds of jobs that move tasks in."""

from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy


class ImportPayload(Payload):
    import_id: UUID


IMPORT = Kind(
    "task.import",
    ImportPayload,
    retry=RetryPolicy(max_attempts=8, base_seconds=5),
    timeout_seconds=3600,
)
