"""The command line of the embedded stack."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from taskbell_local import paths, toolchain
from taskbell_local.console import Console
from taskbell_local.plan import base_environment
from taskbell_local.running import Sink
from taskbell_local.stack import Stack
from taskbell_local.state import State
from taskbell_local.supervisor import Wish, run

DESCRIPTION = """Taskbell on real servers without Docker: Postgres, Valkey, nginx and MailDev
from Python and npm packages, and the API, worker and page of this checkout."""
EPILOG = """Each option also comes as the variable named behind it, which is how make passes it:
make run PORT=9000. The services' own variables (LOG_LEVEL, SIGNUP_ENABLED, AUTH_RATE, SMTP_URL,
PUBLIC_URL, … see deploy/.env.example) pass through."""


def main(arguments: Sequence[str] | None = None) -> int:
    words, passed = _split(list(sys.argv[1:] if arguments is None else arguments))
    parser = _parser(os.environ)
    options = parser.parse_args(words)
    if options.command is None:
        options = parser.parse_args([*words, "run"])
    command: str = options.command
    state = State(options.state)
    if command == "run":
        return run(
            Wish(
                state=options.state,
                port=options.port,
                mail_port=options.mail_port,
                workers=options.workers,
                api_replicas=options.api_replicas,
                verbose=options.verbose,
            )
        )
    if command == "status":
        return _status(state)
    if command == "psql":
        with _database(state) as url:
            return _call([paths.postgres("psql"), url, *passed], base_environment())
    if command == "migrate":
        return _migrate(state)
    if command == "admin":
        return _admin(state, options.email)
    if command == "web":
        return _build(toolchain.ensure_page, Console())
    if command == "npm":
        return _build(partial(toolchain.run_npm, tuple(passed)), Console(sys.stderr))
    return _with_postgres(options.migrated, options.program)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what comes behind `psql` or `npm`: argparse would take it for ours."""
    for at, word in enumerate(words):
        if word in ("psql", "npm"):
            return words[: at + 1], words[at + 1 :]
    return words, []


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m taskbell_local", description=DESCRIPTION, epilog=EPILOG
    )
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        type=Path,
        default=Path(environment.get("STATE") or paths.DEFAULT_STATE),
        help="where data, logs and secrets are kept (STATE, default .taskbell)",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_run(
        commands.add_parser("run", help="run the stack until Ctrl-C (the default)"), environment
    )
    commands.add_parser("status", help="say what runs from the state folder, and where")
    commands.add_parser("psql", help="open the state folder's database; options go to psql")
    commands.add_parser(
        "migrate",
        help="bring DATABASE_URL, or else the state folder's database, to the newest schema",
    )
    admin = commands.add_parser(
        "admin", help="make somebody an administrator, in DATABASE_URL or the state folder"
    )
    admin.add_argument("email", help="the address of their account; one is made if there is none")
    commands.add_parser("web", help="build the page if its sources changed")
    commands.add_parser("npm", help="run npm in services/web, with a Node new enough for it")
    throwaway = commands.add_parser(
        "with-postgres",
        help="run a program with DATABASE_URL of an empty Postgres that is then deleted",
    )
    throwaway.add_argument("--migrated", action="store_true", help="with the schema in it")
    throwaway.add_argument("program", nargs=argparse.REMAINDER, metavar="-- PROGRAM …")
    return parser


def _add_run(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    def number(option: str, default: int, text: str) -> None:
        variable = option.removeprefix("--").replace("-", "_").upper()
        parser.add_argument(
            option,
            type=int,
            metavar="N",
            default=environment.get(variable) or default,
            help=f"{text} ({variable}, default {default})",
        )

    number("--port", 8080, "port of the page and the API; 0 takes a free one")
    number("--mail-port", 1080, "port of the mailbox")
    number("--workers", 1, "how many workers")
    number("--api-replicas", 1, "how many API processes")
    parser.add_argument(
        "--verbose", action="store_true", help="show the servers' routine lines too"
    )


def _status(state: State) -> int:
    running, holder = state.running(), state.holder()
    if running is None:
        print("starting or stopping" if holder else "not running", f"({state.folder})")
        return 1
    print(f"running, process {holder} ({state.folder})")
    print(f"  page     {running['gateway']}\n  mailbox  {running['mail']}")
    for name, pids in running["processes"].items():
        print(f"  {name:<8} {pids}")
    return 0


def _migrate(state: State) -> int:
    target = os.environ.get("DATABASE_URL")
    database: AbstractContextManager[str] = nullcontext(target) if target else _database(state)
    with database as url:
        command = [sys.executable, "-m", "taskbell_migrate", "upgrade"]
        return _call(command, {**os.environ, "DATABASE_URL": url})


def _admin(state: State, email: str) -> int:
    target, running = os.environ.get("DATABASE_URL"), state.running()
    if not target and not state.folder.exists():
        print(f"Nothing was ever run in {state.folder}: start it with make run.", file=sys.stderr)
        return 1
    public = {"PUBLIC_URL": running["gateway"]} if running else {}
    database: AbstractContextManager[str] = nullcontext(target) if target else _database(state)
    with database as url:
        command = [sys.executable, "-m", "taskbell_api.make_admin", email]
        return _call(command, {**public, **os.environ, "DATABASE_URL": url})


def _with_postgres(migrated: bool, program: list[str]) -> int:
    program = program[1:] if program[:1] == ["--"] else program
    if not program:
        print("with-postgres needs a program to run, behind `--`.", file=sys.stderr)
        return 2
    services = ("postgres", "migrate") if migrated else ("postgres",)
    with Stack(services=services, durable=False) as stack:
        return _call(program, {**os.environ, "DATABASE_URL": stack.owner_url})


def _build(
    work: Callable[[Path, Sink, toolchain.Report], Awaitable[int | None]], to: Console
) -> int:
    logs = toolchain.TOOLS / "logs"
    logs.mkdir(exist_ok=True)

    async def build() -> int:
        return await work(logs, to.service_line, to.step) or 0

    try:
        return asyncio.run(build())
    except toolchain.BuildError as error:
        to.trouble(str(error))
        return 1


@contextmanager
def _database(state: State) -> Iterator[str]:
    """The owner's URL of a state folder's database; started for this when it does not run."""
    running = state.running()
    if running:
        port = running["database_url"].rpartition(":")[2].partition("/")[0]
        yield f"postgresql://taskbell_owner:{state.secrets().owner}@127.0.0.1:{port}/taskbell"
    else:
        with Stack(state=state.folder, services=("postgres",)) as stack:
            yield stack.owner_url


def _call(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    return subprocess.run(command, env=environment, check=False).returncode
