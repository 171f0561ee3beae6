"""The small decisions of the stack."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import socket
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from taskbell_local import paths, processes
from taskbell_local.console import Console
from taskbell_local.plan import Plan, passed_on
from taskbell_local.ports import PortTakenError, demand, free_port
from taskbell_local.processes import Identity
from taskbell_local.state import State, StateInUseError
from taskbell_local.toolchain import _new_enough


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", paths.ROOT / "local/bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_documented_variables_reach_the_services(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = {
        "PORT": "9000",
        "MAIL_PORT": "9001",
        "STATE": "x",
        "WORKERS": "2",
        "MAKEFLAGS": "-s",
        "DATABASE_URL": "postgresql://elsewhere/db",
        "PGHOST": "elsewhere",
        "SECRET": "x",
        "LOG_LEVEL": "debug",
        "RATE_LIMIT_LOGIN": "1/s",
        "SMTP_URL": "smtp://mail.test:25",
    }
    for name, value in outside.items():
        monkeypatch.setenv(name, value)
    state.acquire()
    plan = Plan(state, state.secrets(), overrides=passed_on(os.environ))
    environment = plan.environment("app")
    assert environment["LOG_LEVEL"] == "debug"
    assert environment["RATE_LIMIT_LOGIN"] == "1/s"
    assert environment["SMTP_URL"] == "smtp://mail.test:25"
    assert environment["DATABASE_URL"] == plan.database_url("app")
    assert not {"PORT", "MAIL_PORT", "STATE", "WORKERS", "MAKEFLAGS", "PGHOST", "SECRET"} & set(
        environment
    )
    owner = plan.environment("owner")
    assert owner["DATABASE_URL"] == plan.database_url("owner")
    assert "JWT_SECRET" not in owner
    assert plan.secrets.owner not in json.dumps(environment)
    state.release()


def test_a_detour_is_for_the_services_alone(state: State) -> None:
    state.acquire()
    plan = Plan(state, state.secrets(), detours={"postgres": 5, "redis": 6})
    environment = plan.environment("app")
    assert environment["DATABASE_URL"].endswith(":5/taskbell")
    assert environment["REDIS_URL"].endswith(":6/0")
    assert plan.environment("owner")["DATABASE_URL"] == plan.database_url("owner")
    assert plan.database_url().endswith(f":{plan.postgres_port}/taskbell")
    assert plan.redis_url.endswith(f":{plan.redis_port}/0")
    state.release()


def test_a_value_in_a_file_replaces_the_generated_one(state: State) -> None:
    state.acquire()
    plan = Plan(state, state.secrets(), overrides={"JWT_SECRET_FILE": "/run/secret"})
    assert "JWT_SECRET" not in plan.environment("app")
    assert plan.environment("app")["JWT_SECRET_FILE"] == "/run/secret"
    state.release()


def test_secrets_are_made_once_and_are_private(state: State) -> None:
    state.acquire()
    first = state.secrets()
    assert len(first.jwt) >= 32
    assert state.secrets() == first
    assert (state.folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    state.release()


def test_a_state_folder_has_one_holder(state: State) -> None:
    state.acquire()
    with pytest.raises(StateInUseError, match=str(os.getpid())):
        State(state.folder).acquire()
    state.release()
    second = State(state.folder)
    second.acquire()
    assert state.holder() == os.getpid()
    second.release()
    assert state.holder() is None


def test_leftovers_end_only_when_they_are_provably_ours(state: State) -> None:
    state.acquire()
    with subprocess.Popen(["sleep", "60"]) as ours, subprocess.Popen(["sleep", "60"]) as strange:
        identity = processes.identify(ours.pid)
        assert identity is not None
        state.remember([("api", identity), ("worker", Identity(strange.pid, "another start"))])
        state.release()
        state.acquire()
        assert ours.wait(10) != 0
        assert strange.poll() is None
        strange.kill()
    state.release()


def test_a_taken_port_is_said_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"gateway.*{port}.*in use.*make run PORT="):
            demand(port, what="gateway", option="PORT")
    assert demand(port, what="gateway", option="PORT") == port
    with pytest.raises(PortTakenError, match="PORT=70000 is not a port number"):
        demand(70000, what="gateway", option="PORT")
    given = [free_port() for _ in range(300)]
    assert all(20_000 <= port < 32_000 for port in given)
    assert len(set(given)) == 300, "each is given out once: it may not be in use yet"


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("", False),
    ],
)
def test_node_versions_that_vite_runs_on(version: str, enough: bool) -> None:
    assert _new_enough(version) is enough


def test_the_console_leaves_out_what_the_servers_say_all_day() -> None:
    out = io.StringIO()
    console = Console(out)
    console.service_line("postgres", "LOG:  checkpoint complete")
    console.service_line("postgres", "FATAL:  password authentication failed")
    console.service_line("api-2", "\x1b[32minfo\x1b[0m started")
    assert out.getvalue() == (
        "postgres | FATAL:  password authentication failed\napi-2    | info started\n"
    )


def test_uv_comes_with_the_hash_that_the_index_names(bootstrap: ModuleType) -> None:
    digest = "0" * 64
    names = [
        f"uv-{bootstrap.UV_VERSION}-py3-none-{tag}.whl"
        for tag in (
            *("manylinux_2_17_x86_64.manylinux2014_x86_64", "musllinux_1_1_x86_64"),
            *("manylinux_2_28_aarch64", "macosx_11_0_arm64", "macosx_10_12_x86_64", "win_amd64"),
        )
    ]
    links = bootstrap.Links("https://index.test/simple/uv/")
    links.feed("".join(f'<a href="../../{name}#sha256={digest}">{name}</a>' for name in names))
    links.feed(f'<a href="/uv-{bootstrap.UV_VERSION}-py3-none-any.whl">without a hash</a>')
    assert len(links.wheels) == len(names)
    url, expected = links.pick()
    assert url.startswith("https://index.test/uv-")
    assert expected == digest
