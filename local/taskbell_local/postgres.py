"""Postgres of the embedded stack: its data folder, its server, its roles."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from taskbell_local import paths, processes
from taskbell_local.parts import Part, RunOnce
from taskbell_local.plan import base_environment
from taskbell_local.privileges import User, server_user
from taskbell_local.running import Program
from taskbell_local.state import write_private

MAJOR = "18"


class DataError(RuntimeError):
    """The data folder cannot be used as it is."""


class Postgres(Part):
    """A real server on a loopback port. No socket file: its path may be too long for one."""

    name = "postgres"

    @property
    def data(self) -> Path:
        return self.plan.state.folder / "postgres"

    def _user(self) -> User | None:
        return server_user(self.data, paths.postgres("postgres"), owner_of=self.data)

    async def prepare(self, run: RunOnce) -> None:
        if not self.data.exists():
            await self._initialise(run)
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise DataError(
                f"{self.data} holds data of Postgres {version}, this is Postgres {MAJOR}. Dump "
                "it with the version it comes from, or choose another folder with STATE=."
            )
        user = self._user()
        if user and self.data.stat().st_uid != user.uid:
            user.own(self.data)  # a copy made by root
        await self._clear_stale_pid()

    async def _initialise(self, run: RunOnce) -> None:
        # In a folder that takes its name when all is done: an interrupted start leaves nothing
        # that looks like data.
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.plan.state.folder / "postgres.password"
        write_private(password, self.plan.secrets.postgres + "\n")
        user = server_user(fresh, paths.postgres("initdb"))
        if user:
            user.own(fresh)
            user.own_file(password)
        options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [] if self.plan.durable else ["--no-sync"]
        command: list[str | Path] = [paths.postgres("initdb"), "-D", fresh, *options]
        try:
            await run(Program(command, self._environment(), cwd=fresh, user=user))
        finally:
            password.unlink(missing_ok=True)
        fresh.rename(self.data)

    def _environment(self) -> dict[str, str]:
        # The server writes its messages in the language of its environment.
        return base_environment() | {"LC_ALL": "C", "LC_MESSAGES": "C"}

    async def _clear_stale_pid(self) -> None:
        """Remove the lock file of a server that is gone, also when its pid is somebody else's now.

        Postgres itself refuses to start when any process has that pid; in containers pids repeat.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        server = processes.identify(pid)
        if server and str(self.data) in _command_line(pid):
            await asyncio.to_thread(processes.end, [server], patience=30, first=signal.SIGINT)
        lock.unlink(missing_ok=True)

    def program(self, index: int) -> Program:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.plan.postgres_port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if not self.plan.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            (paths.postgres("postgres"), "-D", self.data, *options),
            self._environment(),
            cwd=self.data,
            user=self._user(),
            # Fast, then immediate: the latter costs a recovery at the next start.
            stop=((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)),
            death_signal=signal.SIGINT,
        )

    async def answers(self, index: int) -> bool:
        # The last line of the lock file says whether connections are taken.
        await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready"
        return False

    async def settle(self, run: RunOnce) -> None:
        """Roles and database, each time: passwords follow the secrets of this state folder."""
        secrets = self.plan.secrets
        script = (
            f"\\set owner_password '{secrets.owner}'\n\\set app_password '{secrets.app}'\n"
            + paths.ROLES_SQL.read_text()
        )
        port = str(self.plan.postgres_port)
        command = (paths.postgres("psql"), "-h", "127.0.0.1", "-p", port, "-U", "postgres")
        environment = self._environment() | {
            "PGPASSWORD": secrets.postgres,
            "PGOPTIONS": "-c client_min_messages=warning",
        }
        await run(
            Program((*command, "-d", "postgres", "-X", "-q", "-f", "-"), environment, stdin=script)
        )


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return ""
    answer = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout
