"""Sending mails; those that are not reminders."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from taskbell.accounts.models import User
from taskbell.mail.errors import AmbiguousMailError, MailError, PermanentMailError
from taskbell.mail.jobs import WELCOME, WelcomePayload
from taskbell.mail.message import Recipient, compose
from taskbell_worker.registry import handles
from taskbell_worker.run import Run


@handles(WELCOME)
async def welcome(run: Run, payload: WelcomePayload) -> None:
    """Greet a new account."""
    async with run.database.transaction() as session:
        user = await session.get(User, payload.user_id)
    if user is None:
        return
    message = compose(
        "welcome",
        job_id=run.job.id,
        sender=run.resources.mail_from,
        recipient=Recipient(user.email, user.name),
        subject="Welcome to Taskbell",
        context={"public_url": run.resources.public_url},
    )

    async def before_data() -> None:
        async with run.database.transaction() as session:
            await run.start_effect(session)

    await send(run, message, before_data=before_data)


async def send(
    run: Run, message: EmailMessage, *, before_data: Callable[[], Awaitable[None]]
) -> str | None:
    """Send a mail and return the server's answer; None when it failed, which ended the run."""
    try:
        return await run.resources.mailer.send(message, before_data=before_data)
    except MailError as error:
        await run.fail(
            str(error),
            permanent=isinstance(error, PermanentMailError),
            ambiguous=isinstance(error, AmbiguousMailError),
        )
        return None
