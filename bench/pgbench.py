"""pgbench: the limit's statements straight at Postgres, by its own load generator."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import UUID

from bench import cores
from bench.cases import Person
from bench.limits import sql
from bench.result import Result, Table
from bench.stage import Stage
from taskbell_local import paths

CLIENTS = 16
SCRIPTS = 100
"""Of one statement with different ids, picked at random; pgbench takes at most 128."""

ROUNDS = 3
Statement = Callable[[Person, UUID], str]


def fill(statement: str, *values: object) -> str:
    """Return a statement with its parameters filled in."""
    literals = ["NULL" if v is None else str(v) if isinstance(v, int) else f"'{v}'" for v in values]
    return re.sub(r"\$(\d+)", lambda match: literals[int(match[1]) - 1], statement)


def _insert(person: Person, _task: UUID) -> str:
    values = (person.id, "Water the plants on the balcony", "Standing order", 2)
    made = fill(sql.CREATE, "ID", *values, None, None, None, None)
    # the untyped NULLs of an INSERT ... SELECT would be text
    typed = made.replace(
        "NULL, NULL, coalesce(NULL", "NULL::date, NULL::timestamptz, coalesce(NULL"
    )
    return typed.replace("'ID', ", "uuidv7(), ").replace("), NULL,", "), NULL::date,")


def _update(person: Person, task: UUID) -> str:
    made = fill(sql.UPDATE, task, person.id, "TITLE", 3)
    title = "'Water the plants on the balcony ' || :number"
    return "\\set number random(1, 100000000)\n" + made.replace("'TITLE'", title)


STATEMENTS: dict[str, tuple[bool, Statement]] = {
    "get one": (False, lambda person, task: fill(sql.GET, task, person.id)),
    "list 20": (
        False,
        lambda person, _: fill(
            sql.list_by_cursor("all", False), person.id, "infinity", person.id, 21
        ),
    ),
    "list 20, with total": (
        False, lambda person, _: fill(sql.list_by_number("all", False), person.id, 21, 0)
    ),
    "insert": (True, _insert),
    "update title and priority": (True, _update),
}  # fmt: skip


def run(stage: Stage) -> Result:
    """Measure each statement in rounds, with nothing pinned to cores."""
    readers, writers = stage.people(stage.readers), stage.people(stage.writers)
    files = {
        name: _write(stage, name, statement, writers if writes else readers)
        for name, (writes, statement) in STATEMENTS.items()
    }
    found: dict[str, list[float]] = {name: [] for name in files}
    postmaster = stage.stack.pids("postgres")[0]
    cores.move_family(postmaster, cores.ALL)
    try:
        for _ in range(min(ROUNDS, stage.options.rounds)):
            stage.vacuum()
            for name, scripts in files.items():
                found[name].append(_pgbench(stage, scripts))
    finally:
        cores.move_family(postmaster, cores.OTHERS)
    rows = [
        [name, f"{median(rates):,.0f}", f"{(max(rates) - min(rates)) / 2 / median(rates):.0%}"]
        for name, rates in found.items()
    ]
    return Result("What the database alone does", [Table(["statement", "per s", "±"], rows)], [], [
        f"The statements of `bench/limits/sql.py` by pgbench: {CLIENTS} clients, prepared,"
        f" autocommit, random rows of {SCRIPTS}. pgbench and Postgres share all cores.",
    ])  # fmt: skip


def _write(stage: Stage, name: str, statement: Statement, people: Sequence[Person]) -> list[Path]:
    folder = stage.stack.state / "pgbench"
    folder.mkdir(exist_ok=True)
    files = []
    for number in range(SCRIPTS):
        person = people[number % len(people)]
        file = folder / f"{name.replace(' ', '_')}.{number}.sql"
        file.write_text(statement(person, stage.chance.choice(person.tasks)) + ";\n")
        files.append(file)
    return files


def _pgbench(stage: Stage, scripts: Sequence[Path]) -> float:
    """Return transactions a second."""
    url = urlsplit(stage.stack.database_url)
    where = ["-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)]
    how = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1"]
    time = ["-T", str(stage.options.pgbench_seconds)]
    files = [word for script in scripts for word in ("-f", str(script))]
    with cores.born_on(cores.ALL):
        answer = subprocess.run(
            [paths.postgres("pgbench"), *where, *how, *time, *files, url.path[1:]],
            env=os.environ | {"PGPASSWORD": str(url.password)},
            capture_output=True,
            text=True,
            timeout=stage.options.pgbench_seconds + 60,
        )
    found = re.search(r"^tps = ([\d.]+) \(without", answer.stdout, re.MULTILINE)
    if (
        answer.returncode
        or found is None
        or "number of failed transactions: 0 " not in answer.stdout
    ):
        raise RuntimeError(f"pgbench failed:\n{answer.stdout}\n{answer.stderr}")
    return float(found[1])
