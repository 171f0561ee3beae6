"""The two stacks these tests run on: the embedded one, and Docker Compose.

What a test may use of them is `RunningStack`. Services have the names of `SERVICES` on both.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from testcontainers.compose import DockerCompose

from taskbell_local.ports import free_port
from taskbell_local.stack import Stack

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = ("gateway", "api", "worker", "migrate", "postgres", "redis", "mailbox")

# One address signs up and in far more often here than a person would.
AUTH_RATE = "1000r/s"
RATE_LIMIT_FACTOR = "1000"


class RunningStack(Protocol):
    """A whole Taskbell that answers."""

    kind: Literal["embedded", "compose"]
    gateway: str
    """Address of the page and the API, as a browser has it, without a slash at the end."""
    mailbox: str
    """Address of MailDev's REST interface."""

    def stop(self, service: str) -> None:
        """End a service the orderly way."""

    def kill(self, service: str) -> None:
        """End a service as a power cut would."""

    def start(self, service: str) -> None:
        """Start a stopped service again, with its data; wait for what it does."""

    def log(self, service: str) -> str:
        """All that a service has written so far."""

    def accidents(self) -> list[str]:
        """Processes that ended although no test stopped them."""


def json_lines(log: str) -> list[dict[str, Any]]:
    """The JSON lines of a log, with or without a prefix."""
    found = []
    for line in log.splitlines():
        start = line.find("{")
        if start >= 0 and line.endswith("}"):
            try:
                found.append(json.loads(line[start:]))
            except ValueError:
                continue
    return found


class Embedded:
    """The stack of `make run`."""

    kind: Literal["embedded", "compose"] = "embedded"
    _names: ClassVar[dict[str, str]] = {"gateway": "nginx", "mailbox": "mail"}

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.gateway = stack.gateway
        self.mailbox = stack.mail

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Embedded"]:
        limits = {"AUTH_RATE": AUTH_RATE, "RATE_LIMIT_FACTOR": RATE_LIMIT_FACTOR}
        # webhooks and push services of the tests are here
        reach = {"OUTBOUND_ALLOW": "127.0.0.0/8"}
        with Stack(env={**limits, **reach, "LOG_FORMAT": "json"}) as stack:
            yield cls(stack)

    def stop(self, service: str) -> None:
        self._stack.stop(self._name(service))

    def kill(self, service: str) -> None:
        self._stack.kill(self._name(service))

    def start(self, service: str) -> None:
        self._stack.start(self._name(service))

    def log(self, service: str) -> str:
        return self._stack.log(self._name(service))

    def accidents(self) -> list[str]:
        return [str(failure) for failure in self._stack.failures]

    def _name(self, service: str) -> str:
        return self._names.get(service, service)


class Compose:
    """The stack of `docker compose up`: a project, volumes and ports of its own."""

    kind: Literal["embedded", "compose"] = "compose"
    _names: ClassVar[dict[str, str]] = {"postgres": "db"}

    def __init__(self, compose: DockerCompose, *, project: str, port: int, mail_port: int) -> None:
        self._compose = compose
        self.project = project
        self.gateway = f"http://localhost:{port}"
        self.mailbox = f"http://localhost:{mail_port}"

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Compose"]:
        project, port, mail_port = f"taskbell-e2e-{os.getpid()}", free_port(), free_port()
        settings = {
            "COMPOSE_PROJECT_NAME": project,
            "PORT": str(port),
            "MAIL_PORT": str(mail_port),
            "BIND_ADDRESS": "127.0.0.1",
            "AUTH_RATE": AUTH_RATE,
            "RATE_LIMIT_FACTOR": RATE_LIMIT_FACTOR,
        }
        compose = DockerCompose(
            DEPLOY,
            compose_file_name="docker-compose.yml",
            build=True,
            env_file=os.devnull,  # not the settings somebody has in deploy/.env
        )
        made = cls(compose, project=project, port=port, mail_port=mail_port)
        with _environment(settings):
            try:
                compose.start()
                yield made
            except subprocess.CalledProcessError as error:
                print((error.stderr or b"").decode(errors="replace")[-5000:])
                made.print_logs()
                raise
            finally:
                # the images too: the next run has them from the build cache
                made.run("down", "--volumes", "--remove-orphans", "--rmi", "local")

    def stop(self, service: str) -> None:
        docker("stop", *self.containers(service))

    def kill(self, service: str) -> None:
        docker("kill", *self.containers(service))

    def start(self, service: str) -> None:
        docker("start", *self.containers(service))

    def log(self, service: str) -> str:
        return self.run("logs", "--no-color", "--no-log-prefix", self._name(service))

    def accidents(self) -> list[str]:
        asked = "{{.Name}}: {{.RestartCount}} restarts, killed for memory: {{.State.OOMKilled}}"
        told = docker("inspect", "--format", asked, *self.all_containers()).splitlines()
        return [line for line in told if ": 0 restarts, killed for memory: false" not in line]

    def run(self, *arguments: str) -> str:
        """`docker compose …` in this project."""
        return _output(*self._compose.compose_command_property, *arguments)

    def scale(self, **replicas: int) -> None:
        """Run so many containers of each service; those that run stay as they are."""
        scales = [f"--scale={service}={count}" for service, count in replicas.items()]
        options = ("--detach", "--no-build", "--no-recreate", "--wait")
        self.run("up", *options, *scales, *replicas)

    def containers(self, service: str) -> list[str]:
        """Ids of a service's containers, also of stopped ones."""
        return self.run("ps", "--all", "--quiet", self._name(service)).split()

    def all_containers(self) -> list[str]:
        return self.run("ps", "--all", "--quiet").split()

    def print_logs(self) -> None:
        print(self.run("logs", "--no-color", "--tail", "40"))

    def _name(self, service: str) -> str:
        return self._names.get(service, service)


def docker(*arguments: str) -> str:
    """The output of a docker command."""
    return _output("docker", *arguments)


def _output(*command: str) -> str:
    # docker compose logs writes what containers wrote to stderr to stderr
    done = subprocess.run(
        command, cwd=DEPLOY, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout + (done.stderr if "logs" in command else "")


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Compose reads them, also where testcontainers calls it."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


STACKS: dict[str, Callable[[], Any]] = {"embedded": Embedded.running, "compose": Compose.running}
