"""`python -m taskbell_api` as a process: settings, schema, signals, logs."""

import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from taskbell.schema import SCHEMA_REVISION
from taskbell_api.__main__ import OPEN_FILES
from taskbell_api.settings import ApiSettings, origin_of
from taskbell_local.ports import free_port
from taskbell_local.stack import Stack

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(servers: Stack) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(**environment: str) -> "subprocess.Popen[str]":
        given = servers.environment() | {"LOG_FORMAT": "json"} | environment
        process = subprocess.Popen(
            [sys.executable, "-m", "taskbell_api"],
            env={name: value for name, value in given.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its worker processes too
        process.communicate()


def wait_for(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"does not answer: {process.poll()}")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_serves_logs_and_ends(start: Start, processes: str) -> None:
    port = free_port()
    process = start(API_PORT=str(port), WEB_CONCURRENCY=processes)
    base = f"http://127.0.0.1:{port}/api/v1"
    wait_for(f"{base}/health/ready", process)
    secret = "hush-hush-token"
    answer = httpx.get(
        f"{base}/tasks?q={secret}",
        headers={
            "X-Request-ID": "traced-12345",
            "Authorization": f"Bearer {secret}",
            "X-Forwarded-For": "203.0.113.9",
        },
    )
    assert answer.status_code == 401
    assert not {"server", "date"} & set(answer.headers)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=40)
    assert process.returncode in {0, -signal.SIGTERM}, output
    assert secret not in output
    lines = [json.loads(line) for line in output.splitlines()]
    mine = [line for line in lines if line.get("request_id") == "traced-12345"]
    assert len(mine) == 1
    assert mine[0]["event"] == "request"
    assert (mine[0]["method"], mine[0]["path"], mine[0]["status"]) == ("GET", "/api/v1/tasks", 401)
    assert mine[0]["client"] == "203.0.113.9"
    assert {line["service"] for line in lines} == {"api"}


def test_forwarded_addresses_of_strangers_are_ignored(start: Start) -> None:
    port = free_port()
    process = start(API_PORT=str(port), TRUSTED_PROXIES="10.0.0.0/8")
    url = f"http://127.0.0.1:{port}/api/v1/health"
    wait_for(url, process)
    httpx.get(url, headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "traced-12345"})
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=40)
    line = next(line for line in output.splitlines() if "traced-12345" in line)
    assert json.loads(line)["client"] == "127.0.0.1"


def test_finishes_a_request_at_sigterm(start: Start) -> None:
    port = free_port()
    process = start(API_PORT=str(port))
    wait_for(f"http://127.0.0.1:{port}/api/v1/health", process)
    body = b'{"email": "a@example.com", "password": "short"}'
    head = (
        f"POST /api/v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + body[:10])
        wait_for(f"http://127.0.0.1:{port}/api/v1/health", process)
        process.send_signal(signal.SIGTERM)
        connection.sendall(body[10:])
        assert b" 422 " in connection.recv(65_536).split(b"\r\n")[0]
    process.communicate(timeout=40)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_refuses_another_schema(start: Start, servers: Stack, processes: str) -> None:
    never_migrated = servers.admin_url.rpartition("/")[0] + "/postgres"
    process = start(DATABASE_URL=never_migrated, WEB_CONCURRENCY=processes)
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 1
    assert SCHEMA_REVISION in output
    assert "make migrate" in output


def test_starts_without_postgres(start: Start) -> None:
    port = free_port()
    dead = f"postgresql://x:hidden-password@127.0.0.1:{free_port()}/x"
    process = start(API_PORT=str(port), DATABASE_URL=dead)
    wait_for(f"http://127.0.0.1:{port}/api/v1/health", process)
    ready = httpx.get(f"http://127.0.0.1:{port}/api/v1/health/ready")
    assert ready.status_code == 503
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=40)
    assert "database_unreachable_at_start" in output
    assert "hidden-password" not in output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", '["https://*.example.com"]'),
        ("CORS_ORIGINS", "https://example.com/path"),
        ("CORS_ORIGINS", "example.com"),
        ("TRUSTED_PROXIES", "everybody"),
        ("JWT_SECRET", "short"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "many"),
        ("API_PORT", "http"),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "x"),
        ("SIGNUP_ENABLED", "maybe"),
        ("DATABASE_URL", ""),
    ],
)
def test_names_wrong_settings(start: Start, variable: str, value: str) -> None:
    process = start(**{variable: value})
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 1
    assert variable in output
    assert "Traceback" not in output


@pytest.mark.parametrize("processes", ["1", "2"])
def test_ends_without_breaking_off_a_request(start: Start, processes: str) -> None:
    """Whoever holds a connection is answered once more, and asked to close it."""
    port = free_port()
    # no lines of requests: nobody reads them, and a full pipe stops who writes
    process = start(API_PORT=str(port), WEB_CONCURRENCY=processes, LOG_LEVEL="warning")
    wait_for(f"http://127.0.0.1:{port}/api/v1/health", process)
    ends, answered = [], []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.connect()
        while True:
            connection.request("GET", "/api/v1/health")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            answered.append(answer.status)
            if answer.getheader("connection") == "close":
                ends.append("asked to close")
                return

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask) for _ in range(8)]
        while len(answered) < 400 and not any(one.done() for one in asking):
            time.sleep(0.01)  # until all are in the middle of it
        process.send_signal(signal.SIGTERM)
        for one in asking:
            one.result(timeout=20)
    assert len(ends) == 8
    process.communicate(timeout=20)
    assert process.returncode in {0, -signal.SIGTERM}


@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 2), (64, 4)])
def test_as_many_processes_as_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int
) -> None:
    monkeypatch.setattr("taskbell_api.settings.available_cores", lambda: cores)
    settings = ApiSettings(
        taskbell_env="local", database_url="postgres://x@y/z", redis_url="redis://x",
        web_concurrency="auto",
    )  # fmt: skip
    assert settings.web_concurrency == processes


def test_settings() -> None:
    settings = ApiSettings(
        taskbell_env="local",
        database_url="postgres://x@y/z",
        redis_url="redis://x",
        public_url="https://Bell.example.com:443/",
        cors_origins="https://App.Example.com:443/, http://localhost:5173",
    )
    assert settings.cors_origins == ("https://app.example.com", "http://localhost:5173")
    assert "https://bell.example.com" in settings.own_origins
    assert origin_of("http://[::1]:8080/x") == "http://[::1]:8080"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux tells of other processes")
def test_it_may_open_many_files(start: Start) -> None:
    """Live streams are one each, and many systems allow 1,024."""
    port = free_port()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    try:
        process = start(API_PORT=str(port))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wait_for(f"http://127.0.0.1:{port}/api/v1/health", process)
    assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] == min(OPEN_FILES, hard)
