"""`python -m taskbell_api.make_admin ADDRESS`: make somebody an administrator.

For the first one, whom nobody else can appoint. Needs `DATABASE_URL` and `PUBLIC_URL`. Without an
account of that address one is made, and a link to choose its password is printed.
"""

import argparse
import asyncio
import sys

from pydantic import TypeAdapter, ValidationError

from taskbell import logs
from taskbell import models as _models  # noqa: F401 (tables of accounts refer to others)
from taskbell.accounts import administration, links
from taskbell.accounts import service as accounts
from taskbell.accounts.schemas import EmailAddress
from taskbell.db import Database, is_unreachable
from taskbell.lists.service import create_inbox
from taskbell.schema import SchemaMismatchError, check_schema
from taskbell.settings import DatabaseSettings, PublicSettings, load


class AdminSettings(DatabaseSettings, PublicSettings):
    """What the command needs."""


async def make_admin(settings: AdminSettings, email: str) -> str:
    """Make the user of an address an administrator; return what to tell whoever asked."""
    url = settings.database_url.get_secret_value()
    database = Database(url, application_name="taskbell-make-admin", pool_size=1)
    try:
        async with database.connection() as connection:
            await check_schema(connection)
        async with database.transaction() as session:
            user = await accounts.find_by_email(session, email=email)
            if user is None:
                user = await accounts.add_user(session, email=email)
                await create_inbox(session, owner_id=user.id)
                link = links.NewLink.make("reset_password", user_id=user.id, email=user.email)
                await links.keep(session, link)
                said = (
                    f"There was no account, so one was made: {user.email} is an administrator.\n"
                    f"Choose its password within an hour: {link.url(settings.public_url)}"
                )
            elif user.email_verified:
                said = f"{user.email} is an administrator from the next request on."
            else:
                said = (
                    f"{user.email} is an administrator from the next request on.\n"
                    "But nobody has confirmed that address: make sure that the account is theirs."
                )
            await administration.make_admin(session, user=user)
    finally:
        await database.close()
    return said


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="make_admin", description="Make an administrator.")
    parser.add_argument("email", help="the e-mail address of their account")
    given = parser.parse_args().email.strip()
    try:
        email = TypeAdapter(EmailAddress).validate_python(given)
    except ValidationError:
        raise SystemExit(f"{given!r} is not an e-mail address") from None
    settings = load(AdminSettings)
    logs.configure("make_admin", level="warning", form="console")
    try:
        said = asyncio.run(make_admin(settings, email))
    except SchemaMismatchError as error:
        raise SystemExit(str(error)) from None
    except Exception as error:
        if not is_unreachable(error):
            raise
        raise SystemExit("The database cannot be reached: is Taskbell running?") from None
    sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main()
