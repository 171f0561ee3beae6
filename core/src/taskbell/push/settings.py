"""The setting of push messages."""

import re
from email.utils import parseaddr

from pydantic import field_validator

from taskbell.settings import Settings

_SUBJECT = re.compile(r"mailto:[^\s@<>]+@[^\s@<>]+|https://[^\s/]+(/\S*)?")


class PushSettings(Settings):
    """`VAPID_SUBJECT`: a `mailto:` or `https:` URI by which push services reach the operator.

    By default the address of `MAIL_FROM`.
    """

    vapid_subject: str = ""

    @field_validator("vapid_subject")
    @classmethod
    def _uri(cls, value: str) -> str:
        if value and not _SUBJECT.fullmatch(value):
            raise ValueError("must be a URI such as mailto:admin@example.com")
        return value


def subject_of(vapid_subject: str, *, mail_from: str) -> str:
    """Return whom a push service may write to: the setting, or else who mails come from."""
    return vapid_subject or f"mailto:{parseaddr(mail_from)[1]}"
