"""`make run` from its start to its end, whichever way it ends."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from taskbell_local import paths

Launch = Callable[..., Any]
Get = Callable[[str], bytes]
Eventually = Callable[[Callable[[], object]], None]


async def execute(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def owner_of(state: Path, run: dict[str, Any]) -> str:
    """The database URL of the owner, who may create tables."""
    import json

    secrets = json.loads((state / "secrets.json").read_text())
    address = run["database_url"].rpartition("@")[2]
    return f"postgresql://taskbell_owner:{secrets['owner']}@{address}"


def send_mail(smtp_url: str, subject: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@example.org", "b@example.org"
    message.set_content("hello")
    address = urlsplit(smtp_url)
    with smtplib.SMTP(address.hostname or "", address.port or 0, timeout=10) as server:
        server.send_message(message)


async def test_answers_refuses_a_second_run_and_keeps_its_state(launch: Launch, get: Get) -> None:
    first = launch(WORKERS="2")
    run = first.wait_ready()

    assert set(run) == {
        "gateway",
        "mail",
        "database_url",
        "redis_url",
        "smtp_url",
        "processes",
    }
    assert set(run["processes"]) == {"postgres", "redis", "mail", "api", "worker", "nginx"}
    assert len(run["processes"]["worker"]) == 2
    assert len(run["processes"]["api"]) == 1
    nice = {
        os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0)
        for pid in run["processes"]["worker"]
    }
    assert nice == {5}, "who waits for an answer goes first"
    assert (first.state / "run.json").stat().st_mode & 0o777 == 0o600
    assert b"<html" in get(run["gateway"])
    assert get(f"{run['gateway']}/api/v1/health")
    for address in (run["gateway"], f"{run['gateway']}/docs", run["mail"]):
        assert address in first.said

    # The same folder, or the same port: refused, with the way out.
    second = launch()
    assert second.process.wait(30) == 1
    assert run["gateway"] in second.said
    assert "STATE=" in second.said
    port = str(urlsplit(run["gateway"]).port)
    third = launch("other", PORT=port)
    assert third.process.wait(30) == 1
    assert f"port {port}" in third.said
    assert "make run PORT=" in third.said
    assert get(f"{run['gateway']}/api/v1/health")

    await execute(owner_of(first.state, run), "CREATE TABLE kept AS SELECT 42 AS number")
    send_mail(run["smtp_url"], "kept")
    assert first.end(signal.SIGTERM) == 0
    assert first.left() == []
    assert not (first.state / "run.json").exists()

    again = launch()
    run = again.wait_ready()
    assert await execute(owner_of(again.state, run), "SELECT number FROM kept") == 42
    assert b'"subject":"kept"' in get(f"{run['mail']}/email")
    assert again.end(signal.SIGINT) == 0
    assert again.left() == []


def test_names_the_part_that_dies_and_stops_the_rest(launch: Launch) -> None:
    stack = launch()
    run = stack.wait_ready()
    os.kill(run["processes"]["api"][0], signal.SIGKILL)
    assert stack.process.wait(60) == 1
    assert "api was ended by SIGKILL" in stack.said
    assert stack.left() == []
    assert not (stack.state / "run.json").exists()


def test_names_the_part_that_does_not_start(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "state" / "redis").mkdir(parents=True)
    (tmp_path / "state" / "redis" / "dump.rdb").write_bytes(b"this is no snapshot")
    broken = launch()
    assert broken.process.wait(60) == 1
    assert "redis ended with exit code 1" in broken.said
    assert "Wrong signature" in broken.said
    assert not any("postgres" in line for line in processes_of(broken.state))


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's parent-death signal")
async def test_a_killed_supervisor_leaves_nothing_and_the_next_start_recovers(
    launch: Launch, eventually: Eventually
) -> None:
    stack = launch()
    run = stack.wait_ready()
    await execute(owner_of(stack.state, run), "CREATE TABLE kept AS SELECT 42 AS number")
    stack.end(signal.SIGKILL)
    eventually(lambda: stack.left() == [])

    again = launch()
    run = again.wait_ready()
    assert await execute(owner_of(again.state, run), "SELECT number FROM kept") == 42


def test_a_signal_to_make_alone_ends_everything(tmp_path: Path, eventually: Eventually) -> None:
    state = tmp_path / "state"
    make = subprocess.Popen(
        ["make", "-s", "-f", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PORT": "0", "MAIL_PORT": "0", "STATE": str(state)},
        # where the tests run in the background of a shell, SIGINT is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with make:
        assert make.stdin is not None
        make.stdin.write(f"run:\n\t@exec {sys.executable} -m taskbell_local run\n".encode())
        make.stdin.close()
        eventually((state / "run.json").exists)
        make.send_signal(signal.SIGINT)
        make.wait(30)
    assert processes_of(state) == []


def test_status_says_what_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "taskbell_local", "--state", str(tmp_path), "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "not running" in done.stdout


def test_a_taken_mail_port_names_its_own_variable(launch: Launch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        stack = launch(MAIL_PORT=port)
        assert stack.process.wait(30) == 1
    assert f"The mailbox cannot have port {port}" in stack.said
    assert "make run MAIL_PORT=" in stack.said


def test_other_programs_of_the_command_line_get_a_database() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "taskbell_local", "with-postgres", "--"),
            *("sh", "-c", f'"{paths.postgres("psql")}" "$DATABASE_URL" -Atc "SELECT current_user"'),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "taskbell_owner\n"


def processes_of(state: Path) -> list[str]:
    """Command lines that mention this state folder."""
    import psutil

    lines = (" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(state) in line]
