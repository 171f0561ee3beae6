"""Sending a mail, and what its failure means for the job."""

import random
from collections.abc import Awaitable, Callable

from taskbell.mail.errors import AmbiguousMailError, BusyMailError, MailError, PermanentMailError
from taskbell.mail.message import Mail
from taskbell_worker.run import Run

BUSY_SECONDS = 2.0


async def send(
    run: Run, message: Mail, *, before_data: Callable[[], Awaitable[None]]
) -> str | None:
    """Send a mail and return the server's answer; None when it did not go, which ended the run."""
    try:
        return await run.resources.mailer.send(message, before_data=before_data)
    except BusyMailError:
        # a slow mail server must not use up the attempts of mails it has not seen
        await run.postpone(delay=random.uniform(0.5, 1.5) * BUSY_SECONDS)  # noqa: S311
        return None
    except MailError as error:
        await run.fail(
            str(error),
            permanent=isinstance(error, PermanentMailError),
            ambiguous=isinstance(error, AmbiguousMailError),
        )
        return None
