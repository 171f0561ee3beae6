"""What is built once and again when its sources change: MailDev and the web page."""

from __future__ import annotations

import asyncio
import fcntl
import functools
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from taskbell_local import paths
from taskbell_local.plan import base_environment
from taskbell_local.running import Journal, Program, Running, Sink
from taskbell_local.state import write_private

Report = Callable[[str], None]
TOOLS = paths.ROOT / ".uv"
# Not part of the page: what tools leave in its folder.
NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "test-results", "tests"})


class BuildError(RuntimeError):
    """A build step failed."""


@dataclass(frozen=True)
class Node:
    """A Node new enough for Vite 8, and its npm."""

    node: Path
    npm: tuple[str, ...]


@functools.cache
def find_node() -> Node:
    """The machine's Node where it will do, else the one from the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(_version(node)):
        return Node(Path(node), (npm,))
    wheel, script = paths.wheel_node()
    return Node(wheel, (str(wheel), str(script)))


def _version(node: str) -> str:
    try:
        return subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False, timeout=10
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _new_enough(version: str) -> bool:
    found = re.match(r"v(\d+)\.(\d+)", version)
    if not found:
        return False
    numbers = int(found[1]), int(found[2])
    return (20, 19) <= numbers < (21, 0) or numbers >= (22, 12)


async def ensure(services: tuple[str, ...], folder: Path, sink: Sink, report: Report) -> None:
    """Build what these services need, unless it is there already. Logs go to `folder`."""
    async with _only_one():
        try:
            async with asyncio.TaskGroup() as group:
                if "mail" in services:
                    group.create_task(_maildev(folder, sink, report))
                if "nginx" in services:
                    group.create_task(_page(folder, sink, report))
        except* BuildError as errors:
            raise errors.exceptions[0] from None


async def _maildev(folder: Path, sink: Sink, report: Report) -> None:
    await _step(
        "MailDev (npm ci)",
        paths.MAILDEV / "node_modules/.taskbell-stamp",
        _hash([paths.MAILDEV / "package-lock.json"]),
        lambda: _npm("maildev", paths.MAILDEV, folder, sink, "ci", "--ignore-scripts"),
        report,
    )


async def ensure_page(folder: Path, sink: Sink, report: Report) -> None:
    """Build the page alone."""
    async with _only_one():
        await _page(folder, sink, report)


async def run_npm(arguments: tuple[str, ...], folder: Path, sink: Sink, report: Report) -> int:
    """npm in the page's folder, with its packages installed; returns its exit code."""
    async with _only_one():
        await _page_packages(folder, sink, report)
    node = await asyncio.to_thread(find_node)
    process = await asyncio.create_subprocess_exec(
        *_absolute(node.npm), *arguments, cwd=paths.WEB, env=_npm_environment(node)
    )
    return await process.wait()


async def _page(folder: Path, sink: Sink, report: Report) -> None:
    await _page_packages(folder, sink, report)
    built = paths.WEB / "node_modules/.taskbell-built"
    if not _read(paths.WEB_DIST / "index.html"):
        _forget(built)
    await _step(
        "page: build (vite)",
        built,
        _hash(sorted(_web_sources())),
        lambda: _npm("web", paths.WEB, folder, sink, "run", "build"),
        report,
    )


async def _page_packages(folder: Path, sink: Sink, report: Report) -> None:
    await _step(
        "page: packages (npm ci)",
        paths.WEB / "node_modules/.taskbell-stamp",
        _hash([paths.WEB / "package.json", paths.WEB / "package-lock.json"]),
        lambda: _npm("web", paths.WEB, folder, sink, "ci"),
        report,
    )


def _web_sources() -> Iterator[Path]:
    for parent, folders, files in os.walk(paths.WEB):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        yield from (Path(parent, name) for name in files)


def _hash(files: list[Path]) -> str:
    # Some packages bring programs for one system only.
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for path in files:
        digest.update(path.relative_to(paths.ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


async def _step(
    label: str, stamp: Path, wanted: str, build: Callable[[], Awaitable[None]], report: Report
) -> None:
    if _read(stamp) == wanted:
        return
    report(f"{label} …")
    begun = time.monotonic()
    await build()
    write_private(stamp, wanted)
    report(f"{label}: {time.monotonic() - begun:.1f} s")


def _forget(stamp: Path) -> None:
    stamp.unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def _npm(label: str, where: Path, logs: Path, sink: Sink, *arguments: str) -> None:
    node = await asyncio.to_thread(find_node)
    environment = _npm_environment(node)
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier")
    program = Program(
        (*_absolute(node.npm), *arguments, *(quiet if arguments[0] == "ci" else ())),
        environment,
        cwd=where,
        umask=0o022,  # the page is served by another user when root built it
        stop=((signal.SIGTERM, 5.0),),
    )
    running = await Running.spawn(program, Journal(label, logs, sink))
    try:
        await running.wait()
    finally:
        if running.returncode is None:
            await asyncio.shield(running.kill())
    if running.returncode:
        lines = "".join(f"\n    {line}" for line in running.journal.tail)
        command = f"npm {' '.join(arguments)}"
        raise BuildError(f"`{command}` in {where} failed, see {running.journal.path}:{lines}")


def _npm_environment(node: Node) -> dict[str, str]:
    # Like the rest of the machine, trust what the machine trusts: some networks need that.
    environment = base_environment() | {"NODE_USE_SYSTEM_CA": "1"}
    environment["PATH"] = f"{node.node.parent}{os.pathsep}{environment['PATH']}"
    if not os.access(os.path.expanduser("~"), os.W_OK):
        environment["npm_config_cache"] = str(TOOLS / "npm")
    environment |= {name: value for name, value in os.environ.items() if _for_npm(name)}
    return environment


def _absolute(command: tuple[str, ...]) -> tuple[str, ...]:
    return (str(Path(command[0]).absolute()), *command[1:])


def _for_npm(name: str) -> bool:
    return name.lower().startswith("npm_config_") or name == "NODE_EXTRA_CA_CERTS"


@asynccontextmanager
async def _only_one() -> AsyncIterator[None]:
    """Two stacks of one checkout must not build the same thing at the same time."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "build.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.2)
        yield
