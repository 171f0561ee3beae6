"""Mails about accounts, their export and their end."""

from typing import Any

from taskbell.accounts import links
from taskbell.accounts.jobs import EXPORT, PURGE, ExportPayload, PurgePayload
from taskbell.accounts.links import NewLink, Purpose
from taskbell.accounts.models import User
from taskbell.exports import service as exports
from taskbell.mail.jobs import (
    NOTICE,
    RESET,
    VERIFY,
    WELCOME,
    NoticePayload,
    ResetPayload,
    VerifyPayload,
    WelcomePayload,
)
from taskbell.mail.message import Recipient, compose
from taskbell.mail.notices import NOTICES
from taskbell.mail.words import in_zone
from taskbell_worker.handlers.mail import send
from taskbell_worker.registry import handles
from taskbell_worker.run import Run

PURGE_BATCH = 2000


@handles(WELCOME)
async def welcome(run: Run, payload: WelcomePayload) -> None:
    """Greet a new account, with the link that confirms its address."""
    user = await _usable(run, payload)
    if user is not None:
        await _send_link(run, user, "verify_email", "welcome", "Welcome to Taskbell")


@handles(VERIFY)
async def verify(run: Run, payload: VerifyPayload) -> None:
    """Mail the link that confirms an address, or changes to it."""
    user = await _usable(run, payload)
    if user is None:
        return
    if not payload.change:
        await _send_link(run, user, "verify_email", "verify", "Confirm your e-mail address")
    elif user.pending_email is not None:
        subject = "Confirm your new e-mail address"
        await _send_link(run, user, "change_email", "verify", subject, to=user.pending_email)


@handles(RESET)
async def reset(run: Run, payload: ResetPayload) -> None:
    """Mail the link to a new password; to nobody when the address was nobody's."""
    async with run.database.transaction() as session:
        user = await session.get(User, payload.user_id)
    if user is not None and user.is_active:  # one who is leaving may come back by it
        await _send_link(run, user, "reset_password", "reset", "Choose a new password")


@handles(EXPORT)
async def export(run: Run, payload: ExportPayload) -> None:
    """Write all data of an account and mail the link to it."""
    user = await _usable(run, payload)
    if user is None:
        return
    async with run.database.transaction() as session:
        # one moment for all tables
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        await exports.make(session, user_id=user.id)
    await _send_link(run, user, "export", "export", "Your data is ready")


@handles(NOTICE)
async def notice(run: Run, payload: NoticePayload) -> None:
    """Tell somebody what happened to their account."""
    async with run.database.transaction() as session:
        user = await session.get(User, payload.user_id)
    words = next((words for name, words in NOTICES.items() if name == payload.notice), None)
    if user is None or words is None:
        return
    moment = in_zone(payload.moment, user.time_zone) if payload.moment else ""
    context = {
        "paragraphs": [one.replace("{moment}", moment) for one in words.paragraphs],
        "public_url": run.resources.public_url,
    }
    # as for links; an address that was theirs before may never have been proven
    known = user.email_verified and payload.email == user.email
    recipient = Recipient(payload.email, user.name if known else "")
    await _send(run, recipient, "notice", words.subject, context)


@handles(PURGE)
async def purge(run: Run, payload: PurgePayload) -> None:
    """Delete an account whose grace is over, unless its owner came back."""
    done = False
    while not done:
        async with run.database.transaction() as session:
            done = await exports.purge_account(session, user_id=payload.user_id, most=PURGE_BATCH)


async def _usable(run: Run, payload: WelcomePayload | VerifyPayload | ExportPayload) -> User | None:
    async with run.database.transaction() as session:
        user = await session.get(User, payload.user_id)
    return user if user is not None and user.is_usable else None


async def _send_link(
    run: Run, user: User, purpose: Purpose, template: str, subject: str, to: str | None = None
) -> None:
    """Send a mail with a link that works from the moment it leaves; each attempt has its own."""
    link = NewLink.make(purpose, user_id=user.id, email=to or user.email)
    context = {
        "public_url": run.resources.public_url,
        "link": link.url(run.resources.public_url),
        "ttl_seconds": int(links.TTL[purpose].total_seconds()),
        "changes": purpose == "change_email",
    }
    # whoever signed up may not be who reads this: nothing of what they wrote goes to strangers
    known = to is None and user.email_verified
    recipient = Recipient(link.email, user.name if known else "")
    await _send(run, recipient, template, subject, context, link=link)


async def _send(
    run: Run,
    recipient: Recipient,
    template: str,
    subject: str,
    context: dict[str, Any],
    *,
    link: NewLink | None = None,
) -> None:
    message = compose(
        template,
        job_id=run.job.id,
        sender=run.resources.mail_from,
        recipient=recipient,
        subject=subject,
        context=context,
    )

    async def before_data() -> None:
        async with run.database.transaction() as session:
            await run.start_effect(session)
            if link is not None:
                await links.keep(session, link)

    await send(run, message, before_data=before_data)
