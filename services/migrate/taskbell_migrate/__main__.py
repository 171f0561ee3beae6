"""`python -m taskbell_migrate`: brings the database to the schema of this build."""

import argparse
import asyncio
import logging
import signal
import sys

import structlog
from sqlalchemy.exc import DBAPIError

from taskbell import logs
from taskbell.settings import DatabaseSettings, load
from taskbell_migrate import run, scripts
from taskbell_migrate.check import check
from taskbell_migrate.errors import MigrateError
from taskbell_migrate.revise import revise
from taskbell_migrate.session import Limits, open_connection

log = structlog.get_logger("taskbell_migrate")

EXIT_CODES = """\
exit codes:
  0  done, or there was nothing to do
  1  the migration failed, or the check found differences
  2  the database was migrated by a newer build (or: wrong arguments); nothing was changed
  3  the database does not answer or does not let us in
  4  another migration, or a table in use, blocked this one for too long
  143 stopped by SIGTERM, the revision that was running is rolled back

DATABASE_URL (or DATABASE_URL_FILE) must be the direct address of the database, as its owner: a
connection pooler in transaction mode would lose the lock and the time limits.
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for and return the exit code."""
    options = parse(arguments)
    settings = load(DatabaseSettings)
    logs.configure("migrate", level=settings.log_level, form=settings.log_format)
    # Alembic tells each revision twice and its own set-up each time: env.py logs what matters
    logging.getLogger("alembic").setLevel("WARNING")
    try:
        return asyncio.run(stoppable(options, settings.database_url.get_secret_value()))
    except MigrateError as error:
        log.error(str(error))
        return error.exit_code
    except DBAPIError as error:
        log.error(f"the database refused: {error.orig}")
        return MigrateError.exit_code
    except asyncio.CancelledError:
        log.error("stopped; the revision that was running is rolled back")
        return 128 + signal.SIGTERM


async def stoppable(options: argparse.Namespace, url: str) -> int:
    """Run `perform` until it is done or a SIGTERM comes: as PID 1 we would not even notice it."""
    work = asyncio.ensure_future(perform(options, url))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return await work


async def perform(options: argparse.Namespace, url: str) -> int:
    """Run one command and return its exit code."""
    limits = Limits(
        connect=options.wait, lock=options.lock_timeout, statement=options.statement_timeout
    )
    match options.command:
        case "upgrade":
            await run.upgrade(url, options.revision, limits)
        case "downgrade":
            await run.downgrade(url, options.revision, limits)
        case "current":
            async with open_connection(url, limits) as connection:
                found = await run.current(connection)
            head = scripts.directory().get_current_head()
            say(f"{found or 'nothing'}{' (head)' if found == head else f' (head is {head})'}")
        case "revision":
            say(f"written: {await revise(url, options.message, limits)}")
        case "check":
            if found_wrong := await check(url, limits):
                say(*found_wrong, f"{len(found_wrong)} differences")
                return 1
            say("models, revisions and SCHEMA_REVISION agree")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; no command means `upgrade`."""
    parser = argparse.ArgumentParser(
        prog="python -m taskbell_migrate",
        description="Brings the database to the schema of this build (command `upgrade`).",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    limits = Limits()
    for name, default, meaning in (
        ("wait", limits.connect, "wait so long for the database to answer"),
        ("lock-timeout", limits.lock, "wait so long for a table in use, then try again"),
        ("statement-timeout", limits.statement, "let one statement run so long"),
    ):
        parser.add_argument(
            f"--{name}", type=float, default=default, metavar="S", help=f"{meaning} ({default:g} s)"
        )
    parser.set_defaults(command="upgrade", revision="head")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    upgrade = commands.add_parser("upgrade", help="go to a revision, the newest by default")
    upgrade.add_argument("revision", nargs="?", default="head", metavar="REV")
    downgrade = commands.add_parser("downgrade", help="go back to a revision, or to `base`")
    downgrade.add_argument("revision", metavar="REV")
    commands.add_parser("check", help="compare models, revisions and SCHEMA_REVISION")
    revision = commands.add_parser("revision", help="write a revision for what the models changed")
    revision.add_argument("-m", "--message", required=True)
    commands.add_parser("current", help="show the revision of the database")
    options = parser.parse_args(arguments)
    options.command = options.command or "upgrade"
    return options


def say(*lines: str) -> None:
    """Write the answer of a command: it is no log."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
