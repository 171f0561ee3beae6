"""scale: users with 10,000 tasks, and a table of a million rows beside a small one."""

from contextlib import ExitStack

from bench import cores, targets
from bench.cases import CURSOR, GET, LIST
from bench.measure import Measurements, Pass, interleave, noise, ratio
from bench.people import add_pages
from bench.result import Figure, Result, Table, ratio_figure
from bench.stage import HEAVY_TASKS, LARGE, TASKS_EACH, Stage

HEAVY_CASES = {
    GET: "get one of 10,000",
    LIST: "list 20 of 10,000, with total",
    CURSOR: "list by cursor, filtered, of 10,000",
}
HEAVY_ROUNDS = 3
AT_LEAST = 0.9
SIDES = ("Taskbell", "limit")


def run(stage: Stage) -> Result:
    """Fill the large database, then measure it beside the small one, both up at once."""
    heavy = stage.fill_large()
    url = stage.url_of(LARGE)
    with ExitStack() as running:
        enter, stack = running.enter_context, stage.stack
        small = [enter(targets.ours(stack)), enter(targets.limit(stack))]
        large = [
            enter(targets.ours(stack, name="Taskbell, large", database_url=url)),
            enter(targets.limit(stack, name="limit, large", database_url=url)),
        ]
        people = stage.people(heavy, url)
        add_pages(large[0].port, people)
        files = [(case, stage.write(case, people, "-heavy")) for case in HEAVY_CASES]
        passes = [Pass(c.key, c.name, [(large[0], f), (large[1], f)]) for c, f in files]
        found = interleave(passes, stage.options, rounds=min(HEAVY_ROUNDS, stage.options.rounds))
        stage.people(stage.readers, url)  # their sessions go on there too
        requests = stage.write(LIST, stage.people(stage.readers))
        both = [(target, requests) for target in (small[0], large[0], small[1], large[1])]
        beside = interleave([Pass("list", LIST.name, both)], stage.options)
    rows = stage.options.large_rows
    return Result(
        f"10,000 tasks a user, and {rows:,} rows",
        [_heavy_table(found), _beside_table(beside)],
        _figures(found, beside),
        [*_notes(stage), noise(found, beside)],
    )


def _figures(found: Measurements, beside: Measurements) -> list[Figure]:
    figures: list[Figure] = [
        ratio_figure(
            name,
            ratio(found[case.key, "Taskbell, large"], found[case.key, "limit, large"]),
        )
        for case, name in HEAVY_CASES.items()
    ]
    for side in SIDES:
        value = ratio(beside["list", f"{side}, large"], beside["list", side])
        if side == "Taskbell":
            figures.append(
                ratio_figure("list 20, large by small table", value, AT_LEAST, share=True)
            )
        else:
            figures.append(ratio_figure("list 20, large by small table, the limit", value))
    return figures


def _heavy_table(found: Measurements) -> Table:
    rows = []
    for case, name in HEAVY_CASES.items():
        a, b = (found[case.key, f"{side}, large"] for side in SIDES)
        rows.append([
            name, f"{a.rate:,.0f}", f"{a.spread:.0%}",
            f"{b.rate:,.0f}", f"{b.spread:.0%}", f"{ratio(a, b)}", f"{a.p50_ms:.1f}",
            f"{a.p99_ms:.1f}", f"{a.busy:.0%}", f"{b.busy:.0%}",
        ])  # fmt: skip
    columns = ["user with 10,000 tasks", "Taskbell req/s", "±", "limit req/s", "±", "ratio"]
    return Table([*columns, "p50 ms", "p99 ms", "busy", "limit busy"], rows)


def _beside_table(beside: Measurements) -> Table:
    rows = []
    for side in SIDES:
        small, large = beside["list", side], beside["list", f"{side}, large"]
        rows.append([
            side, f"{small.rate:,.0f}", f"{small.spread:.0%}", f"{large.rate:,.0f}",
            f"{large.spread:.0%}", f"{ratio(large, small)}", f"{small.p99_ms:.1f}",
            f"{large.p99_ms:.1f}",
        ])  # fmt: skip
    columns = [LIST.name, "small table req/s", "±", "large table req/s", "±", "ratio"]
    return Table([*columns, "small p99 ms", "large p99 ms"], rows)


def _notes(stage: Stage) -> list[str]:
    small = (len(stage.readers) + len(stage.writers)) * TASKS_EACH
    return [
        f"Two databases on one Postgres: one with {small:,} tasks, one with"
        f" {stage.options.large_rows:,}. A process of ours and of the limit ran on each at the"
        " same time, all measured in turn, so that drift hits all alike.",
        f"The users with {HEAVY_TASKS:,} tasks are in the large table; the lists compared are of"
        f" the same {len(stage.readers)} users of 1,000 tasks. Each user's rows lie scattered over"
        " the whole table.",
        cores.PINNED,
    ]
