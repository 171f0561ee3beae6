"""layers: what each layer of a request costs, beside what it replaced or could be."""

import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from uuid import UUID

from bench import cores
from bench.cases import Person
from bench.layers_ways import AT_ONCE, Order
from bench.result import Figure, Result, Table
from bench.stage import Stage
from taskbell_api.routers.tasks import TaskQuery
from taskbell_local.paths import ROOT
from taskbell_local.running import Program

PARAMETERS = len(TaskQuery.model_fields)
PAIRS = 2000
TURNS = 4
"""In each round of the other parts."""

SHARE = 0.03
"""Of one measurement of the other parts: how long a turn is, in CPU time."""

Found = dict[str, list[float]]
"""CPU µs of each turn, by the way's name."""

ROWS = (
    ("look up a task: tasks.fast", "get", [
        ("asyncpg, its connection in hand", "get: in hand"),
        ("asyncpg's pool, as it comes", "get: pool"),
        ("asyncpg's pool, no reset query", "get: pool, no reset"),
        ("SQLAlchemy Core, autocommit", "get: core"),
        ("SQLModel: tasks.service", "get: orm"),
        ("an empty session alone", "get: empty session"),
    ]),
    ("change a title: tasks.fast", "update", [("SQLModel: tasks.service", "update: orm")]),
    ("access token, seen before", "token", [("PyJWT: never seen", "token: unseen")]),
    ("log line of a request", "log", [("through logging", "log: logging")]),
    (f"list's query string, 4 of {PARAMETERS} given", "query", [
        (f"{PARAMETERS} parameters of FastAPI's", "query: fastapi"),
    ]),
    ("list's query string, empty", "no query", [
        (f"{PARAMETERS} parameters of FastAPI's", "no query: fastapi"),
    ]),
    ("JSON of a task", "answer", [("instants by Python", "answer: python")]),
    ("JSON of a page of 20", "page", [("instants by Python", "page: python")]),
    ("hello in our middleware", "hello: wrapped", [("bare FastAPI's hello", "hello")]),
    ("whole application, /health", "app", [("bare FastAPI's hello", "hello")]),
)  # fmt: skip

RATIOS = {
    "look-up, ours by asyncpg in hand": ("get", "get: in hand"),
    "look-up, asyncpg's pool by ours": ("get: pool", "get"),
    "look-up, SQLAlchemy Core by ours": ("get: core", "get"),
    "look-up, SQLModel by ours": ("get: orm", "get"),
    "change, SQLModel by ours": ("update: orm", "update"),
    "log line, through logging by ours": ("log: logging", "log"),
    "query string, FastAPI by ours": ("query: fastapi", "query"),
    "page of 20, instants by Python by ours": ("page: python", "page"),
}


def run(stage: Stage) -> Result:
    """Measure in one process, its logs in a pipe; there is no load generator."""
    found = _measure(stage)
    stage.vacuum()
    figures = [
        Figure(name, _ratio(found[above], found[below])) for name, (above, below) in RATIOS.items()
    ]
    middleware = [a - b for a, b in zip(found["hello: wrapped"], found["hello"], strict=True)]
    figures.append(Figure("middleware and log line", median(middleware), "µs"))
    return Result("What each layer costs", [_table(found)], figures, _notes(stage, found))


def _measure(stage: Stage) -> Found:
    order = Order(
        turns=TURNS * stage.options.rounds,
        seconds=SHARE * stage.options.seconds,
        readers=_pairs(stage, stage.people(stage.readers)),
        writers=_pairs(stage, stage.people(stage.writers)),
    )
    environment = stage.stack.environment()
    program = Program([sys.executable, "-m", "bench.layers_process"], environment)
    with cores.born_on(cores.MEASURED):
        process = subprocess.Popen(
            program.command(), env=environment, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
    try:
        output, _ = process.communicate(order.dump(), timeout=600)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise RuntimeError(f"bench.layers_process failed with {process.returncode}: see above")
    found: Found = json.loads(output.splitlines()[-1])
    return found


def _pairs(stage: Stage, people: Sequence[Person]) -> list[tuple[UUID, UUID]]:
    pairs = [(person.id, task) for person in people for task in person.tasks]
    return stage.chance.sample(pairs, min(PAIRS, len(pairs)))


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return median(a / b for a, b in zip(above, below, strict=True))


def _table(found: Found) -> Table:
    rows = []
    for layer, ours, others in ROWS:
        for number, (other, name) in enumerate(others):
            first = [layer, _us(found[ours])] if number == 0 else ["", ""]
            rows.append([*first, other, _us(found[name])])
    return Table(["layer", "µs", "beside", "µs"], rows)


def _us(values: Sequence[float]) -> str:
    value = median(values)
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _where() -> str:
    if not cores.CAN_PIN:
        return "nothing was pinned to cores"
    return "the process had one core to itself; Postgres shared the rest with what was idle"


def _notes(stage: Stage, found: Found) -> list[str]:
    spreads = [(max(values) - min(values)) / 2 / median(values) for values in found.values()]
    return [
        "µs of CPU time (user and kernel) of one Python process with uvloop, its collector settled"
        f" as the API's is; medians of {TURNS * stage.options.rounds} interleaved turns, which"
        f" differed by ±{median(spreads):.0%} in the middle. There is no load generator, and"
        f" {_where()}.",
        f"*look up*, *change*: {AT_ONCE} tasks of the loop at once, pools of {AT_ONCE}, so that"
        " nobody waits for a connection; random rows, the same columns. What Postgres does"
        " meanwhile is not counted. asyncpg's pool resets the session after each use by a query of"
        " its own; ours and the second one do not. The statement for SQLAlchemy Core was built"
        " once; the services build theirs each time, as they do, in a transaction. The empty"
        " session takes no connection. A change includes the check of its body.",
        "*access token*: decoded from a header's bytes. Those never seen are so many that each has"
        " been forgotten when its turn comes again: PyJWT and the upkeep of the memory.",
        "*log line*: five fields and two of the request's context, into a pipe that is read;"
        " through logging by structlog's ProcessorFormatter, with the same processors.",
        "*query string*: from the text to checked values; FastAPI's share by its own function that"
        " reads parameters, for an endpoint that declares the same ones.",
        "*JSON*: from a row to bytes. FastAPI also checks a model of ours that is returned; that is"
        " not counted.",
        "*hello*, *whole application*: ASGI calls without a server; the log line belongs to our"
        " middleware. In the whole application /health is tried after the routes of tasks,"
        " users, reminders and log-in, and its answer is a model.",
    ]
