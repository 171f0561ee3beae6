"""Logs, as a process of its own writes them: they are configured once a process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from taskbell.logs import REQUEST_ID

PROGRAM = """
import asyncio, logging, sys
import structlog
from taskbell.logs import configure
configure("api", level="info", form=sys.argv[1])
log = structlog.get_logger("x")
structlog.contextvars.bind_contextvars(request_id="request-1")
def fail(password):
    token = "tb_hunter2"
    raise ValueError("it broke")
"""


def lines(program: str, form: str = "json") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program, form], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def logged(program: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(program)]


def test_one_object_a_line() -> None:
    (line,) = logged("log.info('hello', text='two\\nlines ü 💚', number=3)")
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "hello",
        "level": "info",
        "service": "api",
        "request_id": "request-1",
        "text": "two\nlines ü 💚",
        "number": 3,
    }


@pytest.mark.parametrize(
    "key",
    [
        "password", "new_password", "Authorization", "refresh_token", "jwt_secret", "set_cookie",
        "database_url", "dsn", "TOKEN",
    ],
)  # fmt: skip
def test_secrets_are_redacted(key: str) -> None:
    (line,) = logged(f"log.info('hello', **{{{key!r}: 'hunter2', 'other': 1}})")
    assert line[key] == "[redacted]"
    assert line["other"] == 1


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_trace_shows_no_local_variables(form: str) -> None:
    """They hold passwords, tokens and mails."""
    program = "\ntry: fail('hunter2')\nexcept ValueError: log.exception('failed')"
    written = "\n".join(lines(program, form))
    assert "it broke" in written
    assert "hunter2" not in written.replace("fail('hunter2')", "")


def test_logs_of_libraries_look_the_same() -> None:
    program = (
        "\ntry: fail('x')\nexcept ValueError: logging.getLogger('some.library').exception('sad')"
        "\nlogging.getLogger('arq.worker').info('chatter')"
        "\nlogging.getLogger('uvicorn.access').error('chatter')"
    )
    (line,) = logged(program)
    assert (line["event"], line["level"], line["service"]) == ("sad", "error", "api")
    assert "it broke" in json.dumps(line["exception"])
    assert line["request_id"] == "request-1"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_that_cannot_be_written_harms_nobody(form: str) -> None:
    """What is logged goes on: a request is answered, a job's failure is recorded."""
    program = """
class Odd:
    def __repr__(self): raise RuntimeError
circle = []; circle.append(circle)
log.info('half', text='\\udce9')
log.info('odd', value=Odd())
log.info('circle', value=circle)
log.info('keys', value={(1, 2): 3})
try: raise Odd2()
except NameError: log.exception('failed', value=Odd())
log.info('still here')
"""
    written = lines(program, form)
    for number, event in enumerate(["half", "odd", "circle", "keys", "failed"]):
        assert event in "".join(written), written[number]
    assert "still here" in written[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_harms_nobody() -> None:
    program = PROGRAM + "\nlog.info('lost')\nsys.stderr.write('went on')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, "json"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert "went on" in done.stderr


def test_the_level_is_kept() -> None:
    assert [line["event"] for line in logged("log.debug('no'); log.warning('yes')")] == ["yes"]


def test_the_console_form_is_for_people() -> None:
    (line,) = lines("log.info('hello', number=3)", "console")
    assert "hello" in line
    assert not line.startswith("{")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("0193-abc._X", True), ("a" * 8, True), ("a" * 64, True), ("a" * 7, False),
        ("a" * 65, False), ("with space", False), ("newline1\n", False), ("ümlaute-x", False),
    ],
)  # fmt: skip
def test_request_ids(value: str, fits: bool) -> None:
    assert bool(REQUEST_ID.fullmatch(value)) is fits


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("how", ["log.exception('x')", "log.error('x', traceback=str(error))"])
def test_rows_that_postgres_refused_are_left_out(form: str, how: str) -> None:
    """What people wrote is in Postgres' details of what is wrong with it."""
    program = f"""
try:
    try:
        raise ValueError('bad row\\nDETAIL:  Failing row contains (1, hunter2\\nhunter2).')
    except ValueError as error:
        raise RuntimeError(f'<class>: {{error}}\\n[SQL: INSERT INTO task]') from error
except RuntimeError as error:
    {how}
"""
    written = "\n".join(lines(program, form))
    assert "hunter2" not in written
    assert "INSERT INTO task" in written
