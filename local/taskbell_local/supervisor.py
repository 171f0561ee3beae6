"""`make run`: one stack in the foreground until somebody or something ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from taskbell_local import toolchain
from taskbell_local.console import Console
from taskbell_local.engine import Engine, first_of
from taskbell_local.parent import make_wants_to_end
from taskbell_local.plan import Plan, passed_on
from taskbell_local.ports import demand
from taskbell_local.state import State, StateInUseError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    state: Path
    port: int
    mail_port: int
    workers: int
    api_replicas: int
    verbose: bool = False


class Asked:
    """Whether somebody asked for the end; asking twice is asking for haste."""

    def __init__(self) -> None:
        self.reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.twice = asyncio.Event()

    def __call__(self, reason: str) -> None:
        if self.reason.done():
            self.twice.set()
        else:
            self.reason.set_result(reason)


def run(wish: Wish) -> int:
    """Return the exit code: 0 when it was asked to end, 1 when something failed."""
    console = Console(verbose=wish.verbose)
    state = State(wish.state)
    try:
        state.acquire()
    except (StateInUseError, OSError) as error:
        console.trouble(str(error))
        return 1
    try:
        return asyncio.run(_supervise(wish, state, console))
    finally:
        state.release()


async def _supervise(wish: Wish, state: State, console: Console) -> int:
    asked = Asked()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        # nohup says that a lost terminal is no reason to end.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, asked, signal.Signals(number).name)
    above = asyncio.create_task(make_wants_to_end())
    above.add_done_callback(lambda task: None if task.cancelled() else asked(task.result()))
    try:
        return await _start_and_wait(wish, state, console, asked)
    except (RuntimeError, ValueError) as error:  # a port is taken, WORKERS=0, …
        console.trouble(str(error))
        return 1
    finally:
        above.cancel()


async def _start_and_wait(wish: Wish, state: State, console: Console, asked: Asked) -> int:
    begun = time.monotonic()
    console.say("Starting Taskbell")
    plan = _plan(wish, state)
    engine = Engine(plan, sink=console.service_line, progress=console.progress)
    starting = asyncio.create_task(_start(plan, engine, console))
    try:
        await first_of(starting, asked.reason)
        if starting.done():
            await starting
            _print_addresses(plan, console, time.monotonic() - begun)
            await first_of(engine.failure, asked.reason)
            if not asked.reason.done():
                raise engine.failure.result()
        console.say(f"\nStopping ({asked.reason.result()})")
        return 0
    except (RuntimeError, OSError) as error:
        console.trouble(f"\n{error}")
        console.say("Stopping the rest")
        return 1
    finally:
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await starting
        state.run_file.unlink(missing_ok=True)
        await _stop(engine, asked, console)


async def _start(plan: Plan, engine: Engine, console: Console) -> None:
    await toolchain.ensure(plan.services, plan.state.logs, console.service_line, console.step)
    await engine.start()


async def _stop(engine: Engine, asked: Asked, console: Console) -> None:
    async def listen() -> None:
        await asked.twice.wait()
        engine.hurry.set()

    listening = asyncio.create_task(listen())
    await engine.stop()
    listening.cancel()
    console.say("Everything is stopped")


def _plan(wish: Wish, state: State) -> Plan:
    return Plan(
        state,
        state.secrets(),
        workers=wish.workers,
        api_replicas=wish.api_replicas,
        overrides=passed_on(os.environ),
        gateway_port=demand(wish.port, what="gateway", option="PORT"),
        mail_port=demand(wish.mail_port, what="mailbox", option="MAIL_PORT"),
    )


def _print_addresses(plan: Plan, console: Console, seconds: float) -> None:
    console.say(f"\nTaskbell is running, ready after {seconds:.1f} s\n")
    console.step(f"Page      {plan.gateway}")
    console.step(f"API docs  {plan.gateway}/docs")
    console.step(f"Mailbox   {plan.mail}")
    folder = os.path.relpath(plan.state.folder)
    folder = folder if not folder.startswith("..") else str(plan.state.folder)
    console.say(f"\n  Data and logs are in {folder}; Ctrl-C stops everything.\n")
