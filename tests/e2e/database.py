"""The database of the stack, for what no client of the API can bring about."""

import subprocess

from taskbell_local import paths
from tests.e2e.stacks import Compose, Embedded, RunningStack


def sql(stack: RunningStack, statement: str) -> str:
    """Run a statement and return what psql prints of its rows, without headings."""
    quiet = ("--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--command", statement)
    if isinstance(stack, Compose):
        who = ("--username=postgres", "--dbname=taskbell")
        return stack.run("exec", "-T", "db", "psql", *who, *quiet).strip()
    assert isinstance(stack, Embedded)
    command = [str(paths.postgres("psql")), stack._stack.database_url, *quiet]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def make_admin(stack: RunningStack, email: str) -> None:
    """Give an account the role `admin`."""
    sql(stack, f"UPDATE user_account SET role = 'admin' WHERE email = '{email}'")  # noqa: S608
