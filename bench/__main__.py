"""`make bench`: load on a real embedded stack, as ratios against limits measured in the same run.

One command, one run: every comparison is interleaved in rounds, so that drift of the machine hits
both sides; figures are medians. Each part can run alone:

  api        one API process beside bare FastAPI + PyJWT + asyncpg, the same rows and statements
  gateway    the same requests through nginx and directly
  pgbench    the same statements by pgbench: what the database alone does
  layers     what each layer of a request costs, beside what it replaced or could be
  replicas   one API process and two
  scale      users with 10,000 tasks, and a table of a million rows
  jobs       the job engine beside plain arq
  reminders  10,000 reminders due in one second, until every mail is accepted
  processes  memory of api and worker, and how long they take to start

A whole run writes bench/results.json, bench/RESULTS.md and docs/bench.svg; `--only` and `--quick`
write nothing unless `--write` is given, and then only their parts.
"""

import argparse
import importlib
import signal
import sys
import time
from collections.abc import Iterator

from bench import chart, report
from bench.options import QUICK, Options
from bench.result import Result
from bench.stage import Stage, stage

ON_STAGE = ("api", "gateway", "pgbench", "layers", "replicas", "scale")
BY_ITSELF = ("jobs", "reminders", "processes")
PARTS = ON_STAGE + BY_ITSELF


def parts(words: str) -> tuple[str, ...]:
    """Parse `api,jobs` into names of parts, in the order they run."""
    wanted = {word.strip() for word in words.split(",")}
    if unknown := wanted - set(PARTS):
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return tuple(part for part in PARTS if part in wanted)


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", type=parts, default=PARTS, metavar="PART[,PART…]", help="run these parts only"
    )
    parser.add_argument(
        "--quick", action="store_true", help="about three minutes, to see that it works: too noisy"
    )
    parser.add_argument("--write", action="store_true", help="record also a partial or quick run")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is not met")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=int, help="length of one measurement (3)")
    return parser.parse_args()


def run(wanted: tuple[str, ...], options: Options) -> Iterator[tuple[str, Result, float]]:
    """Run parts; yield each one's name, result and seconds. Some share one stack and its users."""
    on_stage = [part for part in wanted if part in ON_STAGE]
    if on_stage:
        print("seeding", flush=True)
        with stage(options) as ready:
            for part in on_stage:
                yield part, *_timed(part, ready)
    for part in wanted:
        if part in BY_ITSELF:
            yield part, *_timed(part, options)


def _timed(part: str, on: Stage | Options) -> tuple[Result, float]:
    print(f"\n{part}", flush=True)
    began = time.monotonic()
    # imported only now: a part that cannot be must not stop the others
    result: Result = importlib.import_module(f"bench.{part}").run(on)
    return result, time.monotonic() - began


def main() -> int:
    """Run the parts, print and record what they found; return the exit code."""
    asked = arguments()
    options = QUICK if asked.quick else Options()
    options = options.changed(rounds=asked.rounds, seconds=asked.seconds)
    last = report.read()
    recorded = dict(last)
    results: dict[str, Result] = {}
    for part, result, took in run(asked.only, options):
        results[part] = result
        report.record(recorded, part, result, took)
        for table in result.tables:
            print("\n" + report.plain(table))
    print("\nFigures, beside the last recorded ones and their targets:")
    for part, result in results.items():
        print(f"\n{part}")
        for figure in result.figures:
            print(report.figure_line(part, figure, last))
    if asked.write or (asked.only == PARTS and not asked.quick):
        report.write(recorded, PARTS)
        chart.write(recorded)
    unmet = [f.name for result in results.values() for f in result.figures if not f.met]
    return 1 if unmet and asked.strict else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every block is left
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
