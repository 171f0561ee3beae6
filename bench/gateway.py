"""gateway: the same requests through nginx and straight to the API."""

from contextlib import ExitStack

from bench import cores, targets
from bench.cases import GET, LIST
from bench.measure import Measurements, Pass, interleave, noise, ratio
from bench.result import Figure, Result, Table, ratio_figure
from bench.stage import Stage
from bench.targets import Target

CASES = (GET, LIST)
AT_LEAST = 0.85
MOST_P99_TO_P50 = 3.0


def run(stage: Stage) -> Result:
    """Measure both ways to one API process, in turn."""
    plan = stage.stack.plan
    with ExitStack() as running:
        # on the port where the stack's nginx expects a replica
        direct = running.enter_context(
            targets.ours(stage.stack, port=plan.api_ports[0], name="direct")
        )
        gateway = Target("gateway", plan.gateway_port, direct.pid)
        readers = stage.people(stage.readers)
        passes = []
        for case in CASES:
            requests = stage.write(case, readers)
            passes.append(Pass(case.key, case.name, [(direct, requests), (gateway, requests)]))
        found = interleave(passes, stage.options)
    return Result(
        "Through nginx, beside direct", [_table(found)], _figures(found), [*_notes(), noise(found)]
    )


def _figures(found: Measurements) -> list[Figure]:
    figures = []
    for case in CASES:
        direct, gateway = found[case.key, "direct"], found[case.key, "gateway"]
        figures.append(ratio_figure(case.name, ratio(gateway, direct), AT_LEAST, share=True))
        figures.append(
            Figure(
                f"{case.name}, p99/p50", gateway.p99_ms / gateway.p50_ms, at_most=MOST_P99_TO_P50
            )
        )
    return figures


def _table(found: Measurements) -> Table:
    rows = []
    for case in CASES:
        for way in ("direct", "gateway"):
            one = found[case.key, way]
            rows.append([
                f"{case.name}, {way}", f"{one.rate:,.0f}", f"{one.spread:.0%}",
                f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.p99_ms / one.p50_ms:.1f}",
                f"{one.busy:.0%}",
            ])  # fmt: skip
    return Table(["case", "req/s", "±", "p50 ms", "p99 ms", "p99/p50", "API busy"], rows)


def _notes() -> list[str]:
    return [
        "nginx with `deploy/nginx.conf`, its request log included; the load as in *api*, no"
        " compression asked for. Latencies are those of a closed loop: 32 requests are always"
        " under way, so the mean is 32 divided by the throughput.",
        cores.PINNED,
    ]
