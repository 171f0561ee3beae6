"""Mails that are not reminders."""

from taskbell.accounts.models import User
from taskbell.mail.errors import AmbiguousMailError, PermanentMailError, TemporaryMailError
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

    try:
        await run.resources.mailer.send(message, before_data=before_data)
    except PermanentMailError as error:
        await run.fail(str(error), permanent=True)
    except AmbiguousMailError as error:
        await run.fail(str(error), ambiguous=True)
    except TemporaryMailError as error:
        await run.fail(str(error))
