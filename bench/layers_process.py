"""The process that bench.layers measures in: `python -m bench.layers_process`.

Takes an Order as JSON on stdin. Stdout is the pipe that log lines go to, as in production; its last
line is what was found: the µs of each turn, by the name of the way.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

import uvloop

from bench import layers_answers, layers_ways
from bench.layers_ways import AT_ONCE, Order, Way
from bench.limits.tuning import settle
from taskbell.db import Database
from taskbell.tasks import fast
from taskbell_api.deps import COMMAND_SECONDS


async def interleave(ways: Mapping[str, Way], order: Order) -> dict[str, list[float]]:
    """Return CPU µs of each way in each turn; every other time they go backwards."""
    counts = {}
    for name, way in ways.items():
        await way(20 * AT_ONCE)
        once = await _cpu_us(way, 20 * AT_ONCE) / 1e6
        counts[name] = max(2, int(order.seconds / once / AT_ONCE)) * AT_ONCE
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(order.turns):
        for name in ways if number % 2 == 0 else reversed(list(ways)):
            found[name].append(await _cpu_us(ways[name], counts[name]))
    return found


async def _cpu_us(way: Way, count: int) -> float:
    began = time.process_time()
    await way(count)
    return (time.process_time() - began) / count * 1e6


async def main() -> None:
    """Measure everything and print what was found."""
    order = Order.parse(sys.stdin.read())
    database = Database(
        os.environ["DATABASE_URL"], application_name="bench", pool_size=AT_ONCE,
        command_seconds=COMMAND_SECONDS,
    )  # fmt: skip
    async with AsyncExitStack() as opened:
        opened.push_async_callback(database.close)
        rows = [
            await fast.get_task(database, owner_id=owner_id, task_id=task_id)
            for owner_id, task_id in order.readers[:20]
        ]
        ways = await layers_ways.look_ups(database, order.readers, opened)
        ways |= layers_ways.updates(database, order.writers)
        ways |= layers_ways.tokens() | layers_ways.log_lines()
        ways |= layers_answers.query_strings() | layers_answers.answers(rows)
        ways |= layers_answers.applications(opened)
        settle()
        found = await interleave(ways, order)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
