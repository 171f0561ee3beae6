"""The services of the stack, one class each: how it is prepared, run, and known to answer."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from taskbell_local import paths, probes
from taskbell_local.plan import Plan, base_environment
from taskbell_local.privileges import server_user
from taskbell_local.running import Program
from taskbell_local.state import write_private

RunOnce = Callable[[Program], Awaitable[None]]
"""Runs a helper program to its end under the part's name; raises when it fails."""


class Part:
    """One service. `needs` are the services that must answer before it is started."""

    name: ClassVar[str]
    one_shot: ClassVar[bool] = False

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    @property
    def replicas(self) -> int:
        return self.plan.replicas(self.name)

    async def prepare(self, run: RunOnce) -> None:
        """What has to be there before the program starts."""

    def program(self, index: int) -> Program:
        raise NotImplementedError

    async def answers(self, index: int) -> bool:
        raise NotImplementedError

    async def settle(self, run: RunOnce) -> None:
        """What has to be done once the program answers."""

    def folder(self, name: str) -> Path:
        folder = self.plan.state.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


class Redis(Part):
    """Valkey. It snapshots once a minute: the queue may be lost, Postgres owns the jobs."""

    name = "redis"

    async def prepare(self, run: RunOnce) -> None:
        self.folder("redis")
        # A file, because a command line is there for everybody on the machine to read.
        lines = [
            "bind 127.0.0.1",
            f"port {self.plan.redis_port}",
            f"requirepass {self.plan.secrets.redis}",
            "save 60 1",
            "stop-writes-on-bgsave-error no",
            "appendonly no",
        ]
        write_private(self._configuration, "\n".join(lines) + "\n")

    @property
    def _configuration(self) -> Path:
        return self.plan.state.folder / "redis" / "valkey.conf"

    def program(self, index: int) -> Program:
        return Program(
            # A relative name: a path with a space in it would have to be quoted for Valkey.
            (paths.valkey(), self._configuration.name),
            base_environment(),
            cwd=self._configuration.parent,
            death_signal=signal.SIGTERM,
        )

    async def answers(self, index: int) -> bool:
        return await probes.redis(self.plan.redis_port, self.plan.secrets.redis)


class Mail(Part):
    """MailDev: takes every mail and delivers none; its mails stay in the state folder."""

    name = "mail"

    async def prepare(self, run: RunOnce) -> None:
        self.folder("mail")

    def program(self, index: int) -> Program:
        from taskbell_local.toolchain import find_node  # asks Node for its version: only if used

        options = {
            "--ip": "127.0.0.1",
            "--smtp": self.plan.smtp_port,
            "--web-ip": "127.0.0.1",
            "--web": self.plan.mail_port,
            "--mail-directory": self.plan.state.folder / "mail",
        }
        argv = [str(word) for option in options.items() for word in option]
        return Program(
            (find_node().node, paths.MAILDEV_PROGRAM, *argv),
            base_environment() | {"NODE_ENV": "production"},
            stop=((signal.SIGTERM, 3.0),),
        )

    async def answers(self, index: int) -> bool:
        web = await probes.http(self.plan.mail_port, "/healthz")
        return web == 200 and await probes.tcp(self.plan.smtp_port)


class Gateway(Part):
    """nginx with deploy/nginx.conf, the configuration that Compose uses too."""

    name = "nginx"

    async def prepare(self, run: RunOnce) -> None:
        folder = self.folder("nginx")
        (folder / "tmp").mkdir(exist_ok=True)
        # nginx cannot quote a path inside the template, so it gets short ones of its own.
        web = folder / "web"
        web.unlink(missing_ok=True)
        web.symlink_to(self.plan.web_root)
        values = {
            "GATEWAY_LISTEN": f"127.0.0.1:{self.plan.gateway_port}",
            "API_SERVERS": " ".join(
                # asked again a second after a failure; nginx's ten are long after a restart
                f"server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;"
                for port in self.plan.api_ports
            ),
            "GATEWAY_RESOLVER": "127.0.0.1",
            "WEB_ROOT": "web",
            "GATEWAY_TMP": "tmp",
            "GATEWAY_TRUSTED_PROXY": "127.0.0.1/32",
            "AUTH_RATE": self.plan.overrides.get("AUTH_RATE", "10r/s"),
            "GATEWAY_TLS": "",
        }
        text = paths.GATEWAY_TEMPLATE.read_text()
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        write_private(folder / "nginx.conf", text)
        # Its workers may be another user, who passes through to what nginx gives him there.
        for passage in (folder, folder / "tmp"):
            passage.chmod(0o711)

    def program(self, index: int) -> Program:
        folder = self.plan.state.folder / "nginx"
        directives = "daemon off;"
        if user := server_user(folder / "tmp", self.plan.web_root / "index.html"):
            # Started by root, nginx hands its work to this user, if he can reach the page.
            names = ("root", "root") if user.capabilities else user.names
            directives += f" user {names[0]} {names[1]};"
        return Program(
            (paths.nginx(), "-p", f"{folder}/", "-c", "nginx.conf", "-g", directives),
            base_environment(),
            cwd=folder,
            stop=((signal.SIGQUIT, 1.0), (signal.SIGTERM, 3.0)),
            # Killed, it would leave its worker processes behind.
            death_signal=signal.SIGTERM,
        )

    async def answers(self, index: int) -> bool:
        return await probes.tcp(self.plan.gateway_port)


class Own(Part):
    """A program of this checkout."""

    @property
    def module(self) -> str:
        return f"taskbell_{self.name}"

    nice = 0

    def own_program(self, role: str, stop: tuple[tuple[int, float], ...], **extra: str) -> Program:
        command = (sys.executable, "-m", self.module)
        environment = self.plan.environment(role, **extra)
        # Not the servers' closed umask: Python leaves its caches in the source folders.
        return Program(command, environment, umask=0o022, nice=self.nice, stop=stop)


class Migrate(Own):
    """Alembic: brings the schema to its head and ends."""

    name = "migrate"
    one_shot = True

    @property
    def needs(self) -> tuple[str, ...]:
        return ("postgres",)

    def program(self, index: int) -> Program:
        return self.own_program("owner", ((signal.SIGTERM, 10.0),))


class Api(Own):
    """One uvicorn process for each replica."""

    name = "api"

    @property
    def needs(self) -> tuple[str, ...]:
        return ("migrate", "redis")

    async def prepare(self, run: RunOnce) -> None:
        self.folder("files")

    def program(self, index: int) -> Program:
        return self.own_program(
            "app",
            ((signal.SIGTERM, 10.0),),
            API_HOST="127.0.0.1",
            API_PORT=str(self.plan.api_ports[index]),
            WEB_CONCURRENCY="1",
        )

    async def answers(self, index: int) -> bool:
        return await probes.http(self.plan.api_ports[index], "/api/v1/health/ready") == 200


class Worker(Own):
    """arq and the relay; alive as long as it touches its heartbeat file."""

    name = "worker"
    nice = 5  # whoever waits for an answer goes before thousands of mails

    @property
    def module(self) -> str:
        return self.plan.worker_module

    @property
    def needs(self) -> tuple[str, ...]:
        return ("migrate", "redis")

    def _heartbeat(self, index: int) -> Path:
        return self.plan.state.folder / "run" / f"{self.plan.label(self.name, index)}.alive"

    def program(self, index: int) -> Program:
        self.folder("run")
        self._heartbeat(index).unlink(missing_ok=True)
        return self.own_program(
            "app",
            ((signal.SIGTERM, 30.0),),  # it lets running jobs finish for up to 25 s
            WORKER_HEALTH_FILE=str(self._heartbeat(index)),
        )

    async def answers(self, index: int) -> bool:
        await asyncio.sleep(0)
        try:
            return time.time() - self._heartbeat(index).stat().st_mtime < 60
        except FileNotFoundError:
            return False
