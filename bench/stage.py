"""The stage of the parts that put load on the API: servers, two databases, users."""

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from bench import cores
from bench.cases import Case, Person
from bench.load import write_requests
from bench.options import Options
from bench.people import look_up
from bench.seed import Owner, make_owners, seed, vacuum
from taskbell_local.stack import Stack

LARGE = "taskbell_large"
"""A second database of the same server, for the table of a million rows."""

TASKS_EACH = 1000
HEAVY_USERS, HEAVY_TASKS = 5, 10_000


@dataclass
class Stage:
    """Servers on the other cores, and who uses them. Writers are others than readers: lists keep
    their 1,000 tasks."""

    stack: Stack
    options: Options
    readers: list[Owner]
    writers: list[Owner]
    chance: random.Random
    heavy: list[Owner] = field(default_factory=list)
    """Users of the large database with `HEAVY_TASKS` each, once it is filled."""

    def people(self, owners: Sequence[Owner], database_url: str = "") -> list[Person]:
        """Return these users with tokens for the next 15 minutes."""
        return asyncio.run(look_up(self.stack, owners, database_url))

    def write(self, case: Case, people: Sequence[Person], label: str = "") -> Path:
        """Write a case's requests for the load generator."""
        path = self.stack.state / f"bench-{case.key}{label}.requests"
        return write_requests(path, case.build(people, self.chance))

    def url_of(self, database: str, role: str = "app") -> str:
        """Return the address of another database of this server."""
        url = self.stack.database_url if role == "app" else self.stack.admin_url
        return urlsplit(url)._replace(path=f"/{database}").geturl()

    def fill_large(self) -> list[Owner]:
        """Fill the large database, unless it is; return its users with `HEAVY_TASKS` each.

        The readers have as many tasks there as in the small one.
        """
        if not self.heavy:
            began = time.monotonic()
            chance = random.Random(10)
            heavy = make_owners(HEAVY_USERS, HEAVY_TASKS, name="heavy", chance=chance)
            rest = self.options.large_rows - HEAVY_USERS * HEAVY_TASKS
            count = rest // TASKS_EACH - len(self.readers)
            others = make_owners(count, TASKS_EACH, name="other", chance=chance)
            asyncio.run(
                seed(self.url_of(LARGE, "postgres"), [*self.readers, *heavy, *others], chance)
            )
            self.heavy = heavy
            print(f"  filled in {time.monotonic() - began:.0f} s", flush=True)
        return self.heavy

    def vacuum(self, database: str = "taskbell") -> None:
        """Make a database as autovacuum would leave it."""
        asyncio.run(vacuum(self.url_of(database, "postgres")))


@contextlib.contextmanager
def stage(options: Options) -> Iterator[Stage]:
    """Start Postgres, Valkey and nginx, and seed the users; our API is not among them."""
    page = Path(tempfile.mkdtemp(prefix="taskbell-bench-"))
    try:
        page.chmod(0o755)
        (page / "index.html").write_text("no page is needed here")
        with (
            cores.born_on(cores.OTHERS),
            Stack(services=("postgres", "redis", "migrate", "nginx"), web_root=page) as stack,
        ):
            chance = random.Random(20)
            readers = make_owners(options.users, TASKS_EACH, name="reader", chance=chance)
            writers = make_owners(options.users, TASKS_EACH, name="writer", chance=chance)
            ready = Stage(stack, options, readers, writers, chance)
            asyncio.run(_copy_schema(ready))
            asyncio.run(seed(stack.admin_url, readers + writers, chance))
            yield ready
    finally:
        shutil.rmtree(page, ignore_errors=True)


async def _copy_schema(ready: Stage) -> None:
    """Make the large database, empty still, with the settings the first one has."""
    connection = await asyncpg.connect(ready.url_of("postgres", "postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {LARGE} OWNER taskbell_owner TEMPLATE taskbell")
        rows = await connection.fetch(
            "SELECT setrole::regrole::text AS role, unnest(setconfig) AS setting"
            " FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase"
            " WHERE datname = 'taskbell' AND setrole <> 0"
        )
        for row in rows:
            name, _, value = row["setting"].partition("=")
            await connection.execute(
                f"ALTER ROLE {row['role']} IN DATABASE {LARGE} SET {name} TO '{value}'"
            )
    finally:
        await connection.close()
