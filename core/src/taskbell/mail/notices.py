"""What people are told by mail when something happened to their account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.jobs.service import enqueue
from taskbell.mail.jobs import NOTICE, NoticePayload

NoticeName = Literal[
    "password_changed",
    "password_reset",
    "email_change_asked",
    "email_changed",
    "api_token_made",
    "feed_made",
    "webhook_made",
    "identity_linked",
    "role_changed",
    "account_disabled",
    "account_enabled",
    "deletion_planned",
    "account_kept",
]


@dataclass(frozen=True)
class Notice:
    """A subject and its paragraphs; `{moment}` stands for the time it speaks of."""

    subject: str
    paragraphs: tuple[str, ...]


_NOT_YOU = (
    "If that was not you, choose a new password at once with “Forgot your password?” on the "
    "sign-in page: it signs out everybody else."
)
_ASK = "If you did not expect this, ask whoever runs this Taskbell."

NOTICES: dict[NoticeName, Notice] = {
    "password_changed": Notice(
        "Your password was changed",
        (
            "the password of your Taskbell account was changed, and all other devices were "
            "signed out. Your API tokens and calendar feeds still work; look at them under "
            "Settings.",
            _NOT_YOU,
        ),
    ),
    "password_reset": Notice(
        "Your password was set anew",
        (
            "the password of your Taskbell account was set by a link in a mail. All devices were "
            "signed out, and all API tokens and calendar feeds revoked.",
            _NOT_YOU,
        ),
    ),
    "email_change_asked": Notice(
        "Somebody wants to change your e-mail address",
        (
            "a new e-mail address was asked for on your Taskbell account. Nothing has changed yet: "
            "a link went to the new address, and this one stays until it is used.",
            _NOT_YOU,
        ),
    ),
    "email_changed": Notice(
        "Your e-mail address was changed",
        (
            "your Taskbell account has a new e-mail address. Nothing more will come to this one, "
            "and links that were sent here no longer work.",
            "If that was not you, ask whoever runs this Taskbell to help.",
        ),
    ),
    "api_token_made": Notice(
        "A new API token",
        (
            "an API token was made for your Taskbell account. Whoever has it can act for you; "
            "you can revoke it under Settings.",
            _NOT_YOU,
        ),
    ),
    "feed_made": Notice(
        "A new calendar feed",
        (
            "a calendar feed was made for your Taskbell account. Whoever has its address can read "
            "your tasks; you can revoke it under Settings.",
            _NOT_YOU,
        ),
    ),
    "webhook_made": Notice(
        "A new webhook",
        (
            "a webhook was made for your Taskbell account, or has a new address. What your "
            "reminders are about is sent there; you can switch it off under Settings.",
            _NOT_YOU,
        ),
    ),
    "identity_linked": Notice(
        "A new way to sign in",
        (
            "your Taskbell account can be used through another sign-in service from now on, which "
            "knows this e-mail address as yours.",
            _NOT_YOU,
        ),
    ),
    "role_changed": Notice(
        "Your role was changed",
        ("an administrator changed the role of your Taskbell account.", _ASK),
    ),
    "account_disabled": Notice(
        "Your account was disabled",
        (
            "an administrator disabled your Taskbell account. No reminders are sent, and nobody "
            "can sign in.",
            _ASK,
        ),
    ),
    "account_enabled": Notice(
        "Your account works again",
        ("an administrator enabled your Taskbell account again: you can sign in.",),
    ),
    "deletion_planned": Notice(
        "Your account will be deleted",
        (
            "as you asked, your Taskbell account and everything in it will be deleted for good on "
            "{moment}. No reminders are sent until then.",
            "Should you think better of it, sign in before that: that keeps your account.",
            _NOT_YOU,
        ),
    ),
    "account_kept": Notice(
        "Your account stays",
        ("you signed in, and so your Taskbell account will not be deleted.", _NOT_YOU),
    ),
}


async def notify(
    session: AsyncSession,
    notice: NoticeName,
    *,
    user_id: UUID,
    email: str,
    moment: datetime | None = None,
) -> None:
    """Mail a notice, in the caller's transaction, to the address that the user has or had."""
    payload = NoticePayload(user_id=user_id, email=email, notice=notice, moment=moment)
    await enqueue(session, NOTICE, payload)
