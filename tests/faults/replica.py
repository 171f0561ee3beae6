"""A streaming replica of the stack's Postgres, made with the same programs, to be promoted."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskbell_local import paths
from taskbell_local.plan import base_environment
from taskbell_local.ports import free_port
from taskbell_local.privileges import server_user
from taskbell_local.running import Program
from taskbell_local.stack import Stack

PATIENCE_SECONDS = 60.0


class Replica:
    """A second server on a port of its own, with all of the first one's data."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.port = free_port()
        self._primary_port = stack.plan.postgres_port
        self._password = stack.plan.secrets.postgres
        self._data = folder / "replica"
        self._data.mkdir(mode=0o700)
        self._user = server_user(self._data, paths.postgres("postgres"))
        if self._user:
            self._user.own(self._data)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Copy the primary, follow it, and make each of its commits wait for this one's."""
        source = ("-h", "127.0.0.1", "-p", str(self._primary_port), "-U", "postgres")
        copy = (paths.postgres("pg_basebackup"), *source, "-D", str(self._data))
        copying = self._run((*copy, "--write-recovery-conf", "--checkpoint=fast"))
        assert copying.wait(PATIENCE_SECONDS) == 0, "the base backup failed"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._server = self._run((paths.postgres("postgres"), "-D", str(self._data), *options))
        self._ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._ask("SELECT pg_reload_conf()")
        self._wait("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1")

    def promote(self) -> None:
        """Make this the one that takes writes; return when it does."""
        assert self._ask("SELECT pg_promote()", port=self.port) == "t"
        self._wait("SELECT pg_is_in_recovery()", "f", port=self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()

    def _run(self, argv: tuple[str | Path, ...]) -> "subprocess.Popen[bytes]":
        environment = base_environment() | {"PGPASSWORD": self._password, "LC_ALL": "C"}
        program = Program(argv, environment, cwd=self._data, user=self._user)
        return subprocess.Popen(
            program.command(), env=environment, cwd=self._data, stdout=subprocess.DEVNULL
        )

    def _ask(self, query: str, *, port: int | None = None) -> str:
        host = ("-h", "127.0.0.1", "-p", str(port or self._primary_port), "-U", "postgres")
        command = [str(paths.postgres("psql")), *host, "-X", "-q", "-A", "-t", "-c", query]
        environment = base_environment() | {"PGPASSWORD": self._password}
        asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return asked.stdout.strip()

    def _wait(self, query: str, wanted: str, *, port: int | None = None) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._ask(query, port=port) != wanted:
            assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s: {query}"
            time.sleep(0.1)


@contextmanager
def replica(stack: Stack, folder: Path) -> Iterator[Replica]:
    made = Replica(stack, folder)
    try:
        yield made
    finally:
        made.close()
