"""`make bench`: load on a real embedded stack, as ratios against limits measured in the same run.

One command, one run: every comparison is interleaved in rounds, so that drift of the machine hits
both sides; figures are medians. Each part can run alone:

  api        one API process beside bare FastAPI + PyJWT + asyncpg, the same rows and statements
  gateway    the same requests through nginx and directly
  pgbench    the same statements by pgbench: what the database alone does
  layers     what each layer of a request costs, beside what it replaced or could be
  replicas   one API process and two
  lives      what it costs each request to be told when its session has ended
  logins     200 people sign in at once, and what others notice
  scale      users with 10,000 tasks, and a table of a million rows
  lists      late pages and filters of users with 10,000 tasks in a table of a million rows
  jobs       the job engine beside plain arq
  reminders  10,000 reminders due in one second, until every mail is accepted, with one and two
             workers, and what callers of the API notice; the scan for due ones among a million
  events     2,000 live streams: what each costs, how soon it tells, and how they end
  processes  memory of api and worker, and how long they take to start

A whole run writes bench/results.json, bench/RESULTS.md and docs/bench.svg; `--only` and `--quick`
write nothing unless `--write` is given, and then only their parts.
"""

import argparse
import importlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import asyncpg
import httpx
import redis

from bench import chart, cores, load, report
from bench.cases import API, CEILINGS, NO_MEMORY
from bench.options import QUICK, Options
from bench.result import Result
from bench.stage import Stage, stage

ON_STAGE = ("api", "gateway", "pgbench", "layers", "replicas", "lives", "logins", "scale", "lists")
BY_ITSELF = ("jobs", "reminders", "events", "processes")
PARTS = ON_STAGE + BY_ITSELF
MEASUREMENTS = {
    "api": 2 * len(API) + len(NO_MEMORY) + len(CEILINGS), "gateway": 4, "replicas": 8, "scale": 6,
}  # fmt: skip
"""At most so many in each round, all with the same tokens."""

TOKEN_SECONDS = 14 * 60
"""Access tokens are good for 15 minutes."""

FAILURES = (
    RuntimeError, OSError, subprocess.SubprocessError, asyncpg.PostgresError, httpx.HTTPError,
    redis.RedisError,
)  # fmt: skip
"""What ends a part with a line instead of a traceback; others are mistakes of the bench."""


class FailedError(Exception):
    """A part failed; says which and why."""


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
    parser.add_argument("--rounds", type=positive, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=positive, help="length of one measurement (3)")
    asked = parser.parse_args()
    if refusal := too_long(asked.only, chosen(asked)):
        parser.error(refusal)
    return asked


def positive(word: str) -> int:
    """Parse a number from 1."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"not a number from 1: {word}")
    return int(word)


def chosen(asked: argparse.Namespace) -> Options:
    """Return how long and how often to measure."""
    options = QUICK if asked.quick else Options()
    return options.changed(rounds=asked.rounds, seconds=asked.seconds)


def too_long(wanted: tuple[str, ...], options: Options) -> str:
    """Say why not, if access tokens would end before a part has."""
    for part in wanted:
        count = MEASUREMENTS.get(part, 0)
        seconds = count * options.warm + options.rounds * (count * (options.seconds + 0.2) + 5)
        if count and seconds > TOKEN_SECONDS:
            return (
                f"{options.rounds} rounds of {options.seconds} s would take {part}"
                f" {seconds / 60:.0f} minutes, and access tokens end after 15: ask for fewer"
                " --rounds or --seconds"
            )
    return ""


def run(wanted: tuple[str, ...], options: Options) -> Iterator[tuple[str, Result, float]]:
    """Run parts; yield each one's name, result and seconds. Some share one stack and its users."""
    on_stage = [part for part in wanted if part in ON_STAGE]
    if on_stage:
        print("\nseeding", flush=True)
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
    try:
        result: Result = importlib.import_module(f"bench.{part}").run(on)
    except FAILURES as error:
        raise FailedError(f"{part}: {error or type(error).__name__}") from error
    return result, time.monotonic() - began


def main() -> int:
    """Run the parts, print and record what they found; return the exit code."""
    asked = arguments()
    print(f"Load generator: {load.GENERATOR}; {cores.IN_SHORT}.", flush=True)
    last = report.read()
    recorded = dict(last)
    results: dict[str, Result] = {}
    failure = ""
    try:
        for part, result, took in run(asked.only, chosen(asked)):
            results[part] = result
            report.record(recorded, part, result, took)
            for table in result.tables:
                print("\n" + report.plain(table))
            print("\n" + "\n".join(report.notes(result)), flush=True)
    except (FailedError, *FAILURES) as error:
        failure = " ".join(str(error or type(error).__name__).split())
    _print_figures(results, last)
    if failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    if asked.write or (asked.only == PARTS and not asked.quick):
        report.write(recorded, PARTS)
        chart.write(recorded)
    unmet = [f.name for result in results.values() for f in result.figures if not f.met]
    return 1 if unmet and asked.strict else 0


def _print_figures(results: dict[str, Result], last: report.Recorded) -> None:
    if results:
        print("\nFigures, beside the last recorded ones and their targets:")
    for part, result in results.items():
        print(f"\n{part}")
        for figure in result.figures:
            print(report.figure_line(part, figure, last))
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every block is left
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
