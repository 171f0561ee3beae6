"""logins: what others notice while 200 people sign in at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

import asyncpg
import uvloop

from bench import cores, targets
from bench.cases import LIST
from bench.result import Figure, Result, Table
from bench.seed import Owner, copy_users, email_of, make_owners
from bench.stage import Stage
from bench.targets import Target
from taskbell.accounts import passwords

AT_ONCE = 200
READS_A_SECOND = 50
ROUNDS = 3
PATIENCE_SECONDS = 60
MOST_P99_MS = 500
KEPT_SECONDS = 3
"""An idle connection is used again for so long; then the server may be closing it."""

PASSWORD = "a walrus in the belfry"


@dataclass
class Seen:
    """Milliseconds of others' reads, each from the moment it was due; statuses of the sign-ins."""

    reads: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the milliseconds in which this share of the reads was answered."""
        ordered = sorted(self.reads)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Client:
    """HTTP/1.1 on kept connections, as many as are needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> int:
        """Send a request; return the status once its answer is whole."""
        reader, writer = self._kept() or await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:] if line)
        await reader.readexactly(int(lines.get(b"content-length", b"0")))
        self._idle.append((time.monotonic(), reader, writer))
        return int(head[9:12])

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < KEPT_SECONDS:
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """Close what is open."""
        for _, _, writer in self._idle:
            writer.close()


def run(stage: Stage) -> Result:
    """Let them sign in, straight to one API process and through nginx, in turn."""
    members = make_owners(AT_ONCE, 0, name="member", chance=stage.chance)
    asyncio.run(_add(stage, members))
    logins = [_login(email_of(one), number) for number, one in enumerate(members)]
    reads = [request.raw() for request in LIST.build(stage.people(stage.readers), stage.chance)]
    plan = stage.stack.plan
    calm: dict[str, Seen] = {}
    storm: dict[str, Seen] = {}
    # on the port where the stack's nginx expects a replica
    with targets.ours(stage.stack, port=plan.api_ports[0], name="direct") as direct:
        ways = [direct, Target("gateway", plan.gateway_port, direct.pid)]
        for number in range(min(ROUNDS, stage.options.rounds)):
            for way in ways if number % 2 == 0 else reversed(ways):
                with cores.born_on(cores.OTHERS):
                    alone = calm.setdefault(way.name, Seen())
                    uvloop.run(_measure(way.port, reads, [], stage.options.seconds, alone))
                    seen = storm.setdefault(way.name, Seen())
                    uvloop.run(_measure(way.port, reads, logins, stage.options.seconds, seen))
                print(f"  round {number + 1}  {way.name:30}  {seen.took[-1]:.1f} s", flush=True)
    return Result(
        f"{AT_ONCE} sign-ins at once", [_table(calm, storm)], _figures(storm), _notes(stage)
    )


async def _add(stage: Stage, members: Sequence[Owner]) -> None:
    connection = await asyncpg.connect(stage.stack.admin_url)
    try:
        await copy_users(connection, members)
        await connection.execute(
            "UPDATE user_account SET password_hash = $1 WHERE id = ANY($2)",
            await passwords.hash_password(PASSWORD),
            [member.id for member in members],
        )
    finally:
        await connection.close()


def _login(email: str, number: int) -> bytes:
    """Return a sign-in as a proxy hands it on, from an address of its own: limits stay as usual."""
    body = urlencode({"username": email, "password": PASSWORD})
    lines = [
        "POST /api/v1/auth/login HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-Forwarded-For: 192.0.2.{number}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("ascii")


async def _measure(
    port: int, reads: Sequence[bytes], logins: Sequence[bytes], seconds: int, seen: Seen
) -> None:
    """Read steadily, for so long or until all have signed in; note what was seen."""
    client, sign_ins, over = Client(port), Client(port), asyncio.Event()
    reading = asyncio.create_task(_read(client, reads, seen, over))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.sleep(0.5)
            began = time.perf_counter()
            if logins:
                seen.statuses.update(await asyncio.gather(*map(sign_ins.ask, logins)))
                seen.took.append(time.perf_counter() - began)
            else:
                await asyncio.sleep(seconds)
            over.set()
            await reading
    finally:
        client.close()
        sign_ins.close()


async def _read(client: Client, reads: Sequence[bytes], seen: Seen, over: asyncio.Event) -> None:
    """Send a request every so often, whether the one before was answered or not."""

    async def once(request: bytes, due: float) -> None:
        status = await client.ask(request)
        if status != 200:
            raise RuntimeError(f"a list of tasks was answered {status}")
        seen.reads.append((time.perf_counter() - due) * 1000)

    async with asyncio.TaskGroup() as group:
        began, sent = time.perf_counter(), 0
        while not over.is_set():
            due = began + sent / READS_A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(once(reads[sent % len(reads)], due))
            sent += 1


def _figures(storm: dict[str, Seen]) -> list[Figure]:
    figures = []
    for way, seen in storm.items():
        figures += [
            Figure(
                f"p99 of others meanwhile, {way}", seen.percentile(0.99), "ms", at_most=MOST_P99_MS
            ),
            Figure(f"{AT_ONCE} sign-ins, {way}", median(seen.took), "s"),
            Figure(f"refused, {way}", sum(seen.statuses.values()) - seen.statuses[200]),
        ]
    return figures


def _table(calm: dict[str, Seen], storm: dict[str, Seen]) -> Table:
    rows = []
    for way, seen in storm.items():
        alone = calm[way]
        rows.append([
            way, f"{median(seen.took):.1f}", str(seen.statuses[200]), str(seen.statuses[503]),
            str(len(seen.reads)), f"{seen.percentile(0.5):.1f}", f"{seen.percentile(0.99):.1f}",
            f"{max(seen.reads):.1f}", f"{alone.percentile(0.5):.1f}",
            f"{alone.percentile(0.99):.1f}",
        ])  # fmt: skip
    columns = ["way", "s", "200", "503", "reads", "p50 ms", "p99 ms", "most ms", "calm p50 ms"]
    return Table([*columns, "calm p99 ms"], rows)


def _notes(stage: Stage) -> list[str]:
    rounds = min(ROUNDS, stage.options.rounds)
    return [
        f"{AT_ONCE} different people send their right passwords within some milliseconds, each on a"
        f" connection of their own and, as a proxy would tell, from an address of their own,"
        f" {rounds} times; *s* is the median until the last of them has an answer, *200* and *503*"
        " are how they were answered in all. One API process hashes one password at a time, beside"
        " its event loop.",
        f"*reads*: meanwhile, {READS_A_SECOND} times a second, somebody else lists 20 of 1,000"
        " tasks, whether the answer before has come or not; milliseconds count from the moment the"
        " request was due. *calm*: the same while nobody signs in.",
        cores.PINNED + " argon2 runs in a thread of the measured process, on its core.",
    ]
