"""api: one process of our API beside bare FastAPI and asyncpg, case by case."""

from contextlib import ExitStack

from bench import cores, targets
from bench.cases import API, CEILINGS, Case
from bench.load import GENERATOR
from bench.measure import Measurements, Pass, interleave, noise, ratio
from bench.people import add_pages
from bench.result import Figure, Result, Table
from bench.stage import Stage
from bench.verify import check_written, verify, written


def run(stage: Stage) -> Result:
    """Measure every case, ours and limit in turn, and the ceilings."""
    with ExitStack() as running:
        ours = running.enter_context(targets.ours(stage.stack))
        limit = running.enter_context(targets.limit(stage.stack))
        hello = running.enter_context(targets.limit(stage.stack, "hello", name="hello"))
        readers = stage.people(stage.readers)
        add_pages(ours.port, readers)
        verify(stage, ours, limit, readers)
        writers = stage.people(stage.writers)
        passes = []
        for case in API:
            requests = stage.write(case, writers if case.writes else readers)
            passes.append(Pass(case.key, case.name, [(ours, requests), (limit, requests)]))
        for case in CEILINGS:
            passes.append(Pass(case.key, case.name, [(hello, stage.write(case, readers))]))
        before = written(stage)
        found = interleave(passes, stage.options, between=stage.vacuum)
        check_written(before, written(stage), found)
    return Result(
        "One API process beside bare FastAPI",
        [_rates(found), _costs(found), _ceilings(found)],
        [_figure(case, found) for case in API],
        [*_notes(stage), noise(found)],
    )


def _figure(case: Case, found: Measurements) -> Figure:
    value = ratio(found[case.key, "Taskbell"], found[case.key, "limit"])
    return Figure(case.name, value, at_least=case.at_least, share=True)


def _rates(found: Measurements) -> Table:
    rows = []
    for case in API:
        a, b = found[case.key, "Taskbell"], found[case.key, "limit"]
        rows.append([
            case.name, f"{a.rate:,.0f}", f"{a.spread:.0%}", f"{b.rate:,.0f}", f"{b.spread:.0%}",
            f"{ratio(a, b):.2f}", "" if case.at_least is None else f"{case.at_least:.2f}",
        ])  # fmt: skip
    columns = ["case", "Taskbell req/s", "±", "limit req/s", "±", "ratio", "at least"]
    return Table(columns, rows)


def _costs(found: Measurements) -> Table:
    rows = []
    for case in API:
        a, b = found[case.key, "Taskbell"], found[case.key, "limit"]
        rows.append([
            case.name, f"{a.p50_ms:.1f}", f"{a.p99_ms:.1f}", f"{b.p50_ms:.1f}", f"{b.p99_ms:.1f}",
            f"{a.cpu_us:.0f}", f"{b.cpu_us:.0f}", f"{b.cpu_us / a.cpu_us:.2f}", f"{a.busy:.0%}",
            f"{b.busy:.0%}",
        ])  # fmt: skip
    columns = ["case", "p50 ms", "p99 ms", "limit p50 ms", "limit p99 ms"]
    cost = ["CPU µs", "limit CPU µs", "ratio by CPU", "busy", "limit busy"]
    return Table(columns + cost, rows)


def _ceilings(found: Measurements) -> Table:
    rows = []
    for case in CEILINGS:
        one = found[case.key, "hello"]
        rows.append([
            case.name, f"{one.rate:,.0f}", f"{one.spread:.0%}", f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.1f}", f"{one.cpu_us:.0f}", f"{one.busy:.0%}",
        ])  # fmt: skip
    columns = ["ceiling", "req/s", "±", "p50 ms", "p99 ms", "CPU µs", "busy"]
    return Table(columns, rows)


def _notes(stage: Stage) -> list[str]:
    options = stage.options
    return [
        f"Load by {GENERATOR}: {options.connections} kept connections, {options.rounds} interleaved"
        f" rounds of {options.seconds} s a case and target, {options.warm} s of warm-up before the"
        " first. *ratio* is the median of the rounds' ratios, ± half of slowest to fastest.",
        cores.PINNED,
        "The limit is `bench/limits/app.py`: FastAPI, PyJWT, an asyncpg pool of the same size,"
        " Pydantic response models, one hand-written statement a request, the same uvicorn options,"
        " no middleware and no logs. Answers and rows of both are compared before the load.",
        f"{options.users} users of 1,000 tasks are read, {options.users} others written, all in one"
        " table on one Postgres that waits for the disk. The table is vacuumed before each round.",
        "*CPU µs*: CPU time of the measured process for each request; *busy*: its share of its"
        " core. Where the limit is clearly less busy than 100 %, it waits for Postgres or the load"
        " generator; then *ratio by CPU*, the limit's CPU time by ours, says more about the API"
        " alone.",
    ]
