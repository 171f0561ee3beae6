"""The kind of job that sends a digest."""

from datetime import date
from uuid import UUID

from taskbell.jobs.kinds import Kind, Payload
from taskbell.mail.jobs import MAIL_RETRY


class DigestPayload(Payload):
    """Whose digest, and of which local day."""

    user_id: UUID
    day: date


DIGEST = Kind("mail.digest", DigestPayload, retry=MAIL_RETRY, lane="mail", timeout_seconds=120)
