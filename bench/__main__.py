"""`make bench`: measure, print a table of ratios, write bench/RESULTS.md."""

import argparse
import asyncio
import platform
from datetime import UTC, datetime
from pathlib import Path

from bench.jobs import JobBench, rows
from taskbell_local.stack import Stack

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--jobs", type=int, default=3000, help="jobs in bulk, each round")
    parser.add_argument("--singles", type=int, default=150, help="jobs one at a time, each round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, interleaved")
    options = parser.parse_args()
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        figures = asyncio.run(
            JobBench(stack).measure(
                jobs=options.jobs, singles=options.singles, rounds=options.rounds
            )
        )
    lines = ["| case | Taskbell | plain arq | ratio |", "|---|--:|--:|--:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(figures)]
    table = "\n".join(lines)
    print(table)
    RESULTS.write_text(
        f"""# Results

Made by `make bench` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python
{platform.python_version()}: {options.rounds} interleaved rounds of {options.jobs} jobs in bulk
and {options.singles} one at a time. Medians. Compare the ratios, not the figures: machines differ
and are noisy.

{table}

*no-op jobs/s*: from the first claim to the last end, through the whole engine (ticket, claim,
finish, each its own commit), against arq alone, which keeps nothing. *commit to start*: on an idle
stack.
"""
    )


if __name__ == "__main__":
    main()
