"""api: one process of our API beside bare FastAPI and asyncpg, case by case."""

from contextlib import ExitStack

from bench import cores, targets
from bench.cases import API, CEILINGS, NO_MEMORY
from bench.load import GENERATOR
from bench.measure import Measurements, Pass, Series, interleave, noise, ratio, ratio_by_cpu
from bench.people import add_pages
from bench.result import Figure, Ratio, Result, Table, ratio_figure
from bench.stage import Stage
from bench.verify import check_written, verify, written

FORGETFUL = "Taskbell, no token memory"
BUSY = 0.95
"""Where the limit was less busy than this, it waited, and CPU time may be what tells."""


def run(stage: Stage) -> Result:
    """Measure every case, ours and limit in turn, and the ceilings."""
    with ExitStack() as running:
        ours = running.enter_context(targets.ours(stage.stack))
        limit = running.enter_context(targets.limit(stage.stack))
        forgetful = running.enter_context(
            targets.ours(stage.stack, name=FORGETFUL, module="bench.forgetful")
        )
        hello = running.enter_context(targets.limit(stage.stack, "hello", name="hello"))
        readers = stage.people(stage.readers)
        add_pages(ours.port, readers)
        verify(stage, ours, limit, readers)
        writers = stage.people(stage.writers)
        passes = []
        for case in API:
            requests = stage.write(case, writers if case.writes else readers)
            against = [ours, limit, forgetful] if case in NO_MEMORY else [ours, limit]
            passes.append(Pass(case.key, case.name, [(target, requests) for target in against]))
        for case in CEILINGS:
            passes.append(Pass(case.key, case.name, [(hello, stage.write(case, readers))]))
        before = written(stage)
        found = interleave(passes, stage.options, between=stage.vacuum)
        check_written(before, written(stage), found)
    return Result(
        "One API process beside bare FastAPI",
        [_rates(found), _costs(found), _unseen(found), _ceilings(found)],
        _figures(found),
        [*_notes(stage), noise(found)],
    )


def _figures(found: Measurements) -> list[Figure]:
    figures = []
    for case in API:
        share, _ = _judged(found[case.key, "Taskbell"], found[case.key, "limit"])
        figures.append(
            ratio_figure(case.name, share, case.at_least, share=True, unjudged=cores.UNJUDGED)
        )
    for case in NO_MEMORY:
        share, _ = _judged(found[case.key, FORGETFUL], found[case.key, "limit"])
        figures.append(ratio_figure(f"{case.name}, token never seen", share))
    return figures


def _judged(ours: Series, limit: Series) -> tuple[Ratio, str]:
    """Return the ratio that counts, and its kind: a limit that waits must not flatter us."""
    by_rate, by_cpu = ratio(ours, limit), ratio_by_cpu(ours, limit)
    if limit.busy < BUSY and by_cpu.value < by_rate.value:
        return by_cpu, "CPU"
    return by_rate, "rate"


def _rates(found: Measurements) -> Table:
    rows = []
    for case in API:
        a, b = found[case.key, "Taskbell"], found[case.key, "limit"]
        rows.append([
            case.name, f"{a.rate:,.0f}", f"{a.spread:.0%}", f"{b.rate:,.0f}", f"{b.spread:.0%}",
            str(ratio(a, b)), str(ratio_by_cpu(a, b)), _judged(a, b)[1],
            "" if case.at_least is None else f"{case.at_least:.2f}",
        ])  # fmt: skip
    columns = ["case", "Taskbell req/s", "±", "limit req/s", "±", "ratio", "ratio by CPU"]
    columns += ["counts", "at least"]
    return Table(columns, rows)


def _costs(found: Measurements) -> Table:
    rows = []
    for case in API:
        a, b = found[case.key, "Taskbell"], found[case.key, "limit"]
        rows.append([
            case.name, f"{a.p50_ms:.1f}", f"{a.p99_ms:.1f}", f"{b.p50_ms:.1f}", f"{b.p99_ms:.1f}",
            f"{a.cpu_us:.0f}", f"{b.cpu_us:.0f}", f"{a.busy:.0%}", f"{b.busy:.0%}",
        ])  # fmt: skip
    columns = ["case", "p50 ms", "p99 ms", "limit p50 ms", "limit p99 ms"]
    cost = ["CPU µs", "limit CPU µs", "busy", "limit busy"]
    return Table(columns + cost, rows)


def _unseen(found: Measurements) -> Table:
    rows = []
    for case in NO_MEMORY:
        a, b = found[case.key, FORGETFUL], found[case.key, "limit"]
        rows.append([
            case.name, f"{a.rate:,.0f}", f"{a.spread:.0%}", f"{b.rate:,.0f}", f"{b.spread:.0%}",
            str(ratio(a, b)), str(ratio_by_cpu(a, b)), _judged(a, b)[1], f"{a.cpu_us:.0f}",
        ])  # fmt: skip
    columns = ["when no token was seen before", "Taskbell req/s", "±", "limit req/s", "±"]
    return Table([*columns, "ratio", "ratio by CPU", "counts", "CPU µs"], rows)


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
        " first. *ratio*: ours by the limit's, the median of the rounds' and in brackets the lowest"
        " and highest. ± belongs to the req/s before it: half of slowest to fastest round, by the"
        " median.",
        cores.PINNED + (f" Targets are {cores.UNJUDGED}." if cores.UNJUDGED else ""),
        "The limit is `bench/limits/app.py`: FastAPI, PyJWT, an asyncpg pool of the same size,"
        " Pydantic response models, one hand-written statement a request, the same uvicorn options,"
        " no middleware and no logs. Answers and rows of both are compared before the load.",
        f"{options.users} users of 1,000 tasks are read, {options.users} others written, all in one"
        " table on one Postgres that waits for the disk. The table is vacuumed before each round.",
        "*CPU µs*: CPU time of the measured process for each request; *busy*: its share of its"
        " core; *ratio by CPU*: the limit's CPU µs by ours.",
        "*counts*: which ratio is compared with the target. Where the limit is less than"
        f" {BUSY:.0%} busy, it waits for Postgres or the load generator; then the lower of both"
        " ratios counts, so that its waiting does not flatter us. Else the ratio by rate does.",
        "Taskbell remembers the tokens it has verified; the limit verifies with PyJWT each time. In"
        " the other rows every token has been seen before, but for its first request;"
        " *when no token was seen before* is the same API with that memory switched off"
        " (`bench/forgetful.py`), measured in the same rounds. Clients send a token for up to"
        " 15 minutes: real ones lie between.",
    ]
