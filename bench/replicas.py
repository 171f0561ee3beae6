"""replicas: one API process and two."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import cores, quota, targets
from bench.cases import GET, LIST
from bench.load import Load
from bench.options import Options
from bench.result import Figure, Result, Table
from bench.stage import Stage
from bench.targets import Target

CASES = (GET, LIST)
HELD = 0.4
"""Of a core, for each replica: so that load generator and database have cores left."""

ROUNDS = 3
AT_LEAST = 1.6


@dataclass(frozen=True)
class Both:
    """One round: requests a second, and CPU µs of the API for each, with one and with two."""

    one: tuple[float, float]
    two: tuple[float, float]

    @property
    def throughput(self) -> float:
        """Two replicas' requests a second by those of one."""
        return self.two[0] / self.one[0]

    @property
    def capacity(self) -> float:
        """What two could do with a core each, by what one can: from the CPU a request takes."""
        return 2 * self.one[1] / self.two[1]


def run(stage: Stage) -> Result:
    """Measure one and two replicas in turn: free, then held to a share of a core each."""
    rounds = min(ROUNDS, stage.options.rounds)
    with ExitStack() as running:
        pair = [running.enter_context(targets.ours(stage.stack, on=cores.ALL)) for _ in range(2)]
        running.enter_context(_unpinned(stage))
        readers = stage.people(stage.readers)
        files = {case.name: stage.write(case, readers) for case in CASES}
        free = {n: _measure(pair, file, stage.options, rounds) for n, file in files.items()}
        held: dict[str, list[Both]] = {}
        if quota.possible():
            for one in pair:
                running.enter_context(quota.held(one.pid, HELD))
            held = {n: _measure(pair, file, stage.options, rounds) for n, file in files.items()}
    return Result("One API process and two", [_table(free, held)], _figures(free, held), _notes())


@contextmanager
def _unpinned(stage: Stage) -> Iterator[None]:
    postmaster = stage.stack.pids("postgres")[0]
    cores.move_family(postmaster, cores.ALL)
    try:
        with cores.born_on(cores.ALL):  # the load generators
            yield
    finally:
        cores.move_family(postmaster, cores.OTHERS)


def _measure(pair: Sequence[Target], file: Path, options: Options, rounds: int) -> list[Both]:
    _together(pair, file, options, options.warm)
    found = []
    for number in range(rounds):
        if number % 2 == 0:
            one = _together(pair[:1], file, options, options.seconds)
            two = _together(pair, file, options, options.seconds)
        else:
            two = _together(pair, file, options, options.seconds)
            one = _together(pair[:1], file, options, options.seconds)
        found.append(Both(one, two))
    return found


def _together(
    replicas: Sequence[Target], file: Path, options: Options, seconds: int
) -> tuple[float, float]:
    """Return requests a second of all these replicas, and their CPU µs a request."""
    before = [cores.cpu_seconds(one.pid) for one in replicas]
    connections = options.connections // 2  # each: what one process has to do stays the same
    loads = [Load(one.port, file, connections=connections, seconds=seconds) for one in replicas]
    try:
        done = [load.finish() for load in loads]
    finally:
        for load in loads:
            load.stop()
    used = sum(cores.cpu_seconds(r.pid) - b for r, b in zip(replicas, before, strict=True))
    return sum(one.rate for one in done), used / sum(one.requests for one in done) * 1e6


def _figures(free: dict[str, list[Both]], held: dict[str, list[Both]]) -> list[Figure]:
    figures = []
    for name, found in free.items():
        figures.append(
            Figure(f"{name}, capacity", median(x.capacity for x in found), at_least=AT_LEAST)
        )
        raw = median(x.throughput for x in found)
        # with fewer there is no core left for whoever asks
        unjudged = "" if len(cores.ALL) >= 4 else f"not judged on {cores.COUNTED}"
        figures.append(Figure(f"{name}, throughput", raw, at_least=AT_LEAST, unjudged=unjudged))
    for name, found in held.items():
        value = median(x.throughput for x in found)
        figures.append(Figure(f"{name}, throughput of held ones", value, at_least=AT_LEAST))
    return figures


def _table(free: dict[str, list[Both]], held: dict[str, list[Both]]) -> Table:
    rows = []
    for how, all_found in (("free", free), ("held", held)):
        for name, found in all_found.items():
            rows.append([
                f"{name}, {how}",
                f"{median(x.one[0] for x in found):,.0f}",
                f"{median(x.two[0] for x in found):,.0f}",
                f"{median(x.throughput for x in found):.2f}",
                f"{median(x.one[1] for x in found):.0f}",
                f"{median(x.two[1] for x in found):.0f}",
                f"{median(x.capacity for x in found):.2f}",
            ])  # fmt: skip
    columns = ["case", "one req/s", "two req/s", "throughput", "one CPU µs", "two CPU µs"]
    return Table([*columns, "capacity"], rows)


def _notes() -> list[str]:
    notes = [
        "Nothing was pinned; each replica had its own port, its own load generator and 16"
        f" connections. On {len(cores.ALL)} cores the load generators and Postgres need CPU"
        " too, so two free replicas cannot reach twice the throughput of one unless there are four"
        " cores or more.",
        "*capacity*: 2 × the API's CPU time for a request with one replica by that with two: what"
        " two could do with a core each, as far as the API goes.",
    ]
    if quota.possible():
        notes.append(
            f"*held*: each replica is held to {HELD:.0%} of a core by a control group's quota, so"
            " that cores are left for load generators and Postgres."
        )
    else:
        notes.append("CPU quotas could not be set here, so held replicas were not measured.")
    return notes
