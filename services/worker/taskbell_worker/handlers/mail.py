"""Sending a mail, and what its failure means for the job."""

from collections.abc import Awaitable, Callable

from taskbell.mail.errors import AmbiguousMailError, MailError, PermanentMailError
from taskbell.mail.message import Mail
from taskbell_worker.run import Run


async def send(
    run: Run, message: Mail, *, before_data: Callable[[], Awaitable[None]]
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
