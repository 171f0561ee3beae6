"""All live streams of the process, and what moves them: three loops, however many there are."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any
from uuid import UUID

import structlog

from taskbell.db import Database, is_unreachable
from taskbell.events import service as events
from taskbell.events.bell import Bell
from taskbell.events.positions import Position
from taskbell.events.service import Change, Reader
from taskbell_api.live import sign_ins, writing
from taskbell_api.live.errors import StreamsFullError, TooManyStreamsError
from taskbell_api.live.hearing import Ears
from taskbell_api.live.stream import Stream

MOST_OF_A_USER = 30
MOST_STREAMS = 5000
MOST_AT_ONCE = 500
"""Readers in one statement."""

REST_SECONDS = 0.01
"""After each reading; what changes by then is read together."""

TICK_SECONDS = 1.0
POLL_TICKS = 10
"""Without a bell everybody looks at each tick; with it every so many: it may have been lost."""

HEARTBEAT_TICKS = 15
CHECK_TICKS = 10
UNCHECKED_SECONDS = 28.0
"""Streams end when nobody could tell for so long whether their sign-ins still count."""

log = structlog.get_logger(__name__)


class Hub:
    """The streams of this process. Its loops begin with the first of them."""

    def __init__(self, database: Database, bell: Bell, redis_url: str) -> None:
        self._database = database
        self._streams: dict[UUID, list[Stream]] = {}
        self._count = 0
        self._waiting: set[UUID] = set()
        self._wake = asyncio.Event()
        self._finishing: set[asyncio.Task[None]] = set()
        """What slow readers have not read yet is still on its way to them."""
        self._loops: list[asyncio.Task[None]] = []
        self._ticks = 0
        self._checked_at = time.monotonic()
        self._ears = Ears(redis_url, name=bell.name, heard=self.ring, missed=self._ring_all)
        bell.on_ring(self.ring)

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return self._count

    # --- streams come and go ----------------------------------------------------------------------

    def add(self, stream: Stream) -> None:
        """Take a stream in. Raises `TooManyStreamsError`, `StreamsFullError`."""
        if self._count >= MOST_STREAMS:
            raise StreamsFullError
        mine = self._streams.get(stream.user_id, [])
        if len(mine) >= MOST_OF_A_USER:
            raise TooManyStreamsError
        if not self._loops:
            self._checked_at = time.monotonic()
            work = (self._ears.listen(), _forever(self._deliver), _forever(self._tick))
            self._loops = [asyncio.create_task(one) for one in work]
        self._streams[stream.user_id] = [*mine, stream]
        self._count += 1

    def remove(self, stream: Stream) -> None:
        """Forget a stream that `add` took in."""
        mine = [one for one in self._streams.get(stream.user_id, ()) if one is not stream]
        if mine:
            self._streams[stream.user_id] = mine
        else:
            self._streams.pop(stream.user_id, None)
        self._count -= 1

    def look_for(self, stream: Stream) -> None:
        """Read what a new stream has to be told."""
        self.ring([stream.user_id])

    def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what remains to be sent to a slow reader."""
        task = asyncio.create_task(work)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def close(self) -> None:
        """End all streams and loops."""
        for stream in self._all():
            stream.end()
        tasks = [*self._loops, *self._finishing]
        self._loops = []
        while left := [task for task in tasks if not task.done()]:
            for task in left:
                task.cancel()
            # redis-py may swallow a cancellation before Python 3.12
            await asyncio.wait(left, timeout=1.0)

    def _all(self) -> list[Stream]:
        return [stream for mine in self._streams.values() for stream in mine]

    # --- changes ----------------------------------------------------------------------------------

    def ring(self, user_ids: Iterable[UUID]) -> None:
        """Look soon for what has changed for those of `user_ids` who have a stream here."""
        here = self._streams.keys() & set(user_ids)
        if here:
            self._waiting |= here
            self._wake.set()

    def _ring_all(self) -> None:
        self.ring(self._streams.keys())

    async def _deliver(self) -> float:
        """Read and tell what has changed for everybody who waits."""
        await self._wake.wait()
        self._wake.clear()
        waiting, self._waiting = self._waiting, set()
        try:
            await self._read(waiting)
        except BaseException:
            self._waiting |= waiting
            self._wake.set()
            raise
        return REST_SECONDS

    async def _read(self, user_ids: Iterable[UUID]) -> None:
        groups: dict[Reader, list[Stream]] = {}
        for user_id in user_ids:
            for stream in self._streams.get(user_id, ()):
                groups.setdefault(Reader(user_id, stream.position), []).append(stream)
        readers = list(groups)
        for start in range(0, len(readers), MOST_AT_ONCE):
            some = readers[start : start + MOST_AT_ONCE]
            reading = await events.read(self._database, some)
            for reader, changes in zip(some, reading.changes, strict=True):
                _tell(groups[reader], changes, reading.position)

    # --- time -------------------------------------------------------------------------------------

    async def _tick(self) -> float:
        """Do what is to be done each second, or every so many seconds."""
        self._ticks += 1
        if self._ears.is_deaf or self._ticks % POLL_TICKS == 0:
            self._ring_all()
        if self._ticks % HEARTBEAT_TICKS == 0:
            await self._beat()
        if self._ticks % CHECK_TICKS == 0:
            await self._check()
        return TICK_SECONDS

    async def _beat(self) -> None:
        written: dict[Position | None, bytes] = {}
        for done, stream in enumerate(self._all()):
            position = stream.position
            if position not in written:
                written[position] = writing.heartbeat(position)
            stream.write(written[position])
            if done % 100 == 99:
                await asyncio.sleep(0)  # others want to be served too

    async def _check(self) -> None:
        """End the streams of those whose sign-in has ended."""
        streams = self._all()
        try:
            lasting = await sign_ins.lasting_ones(self._database, {one.sign_in for one in streams})
        except Exception:
            if time.monotonic() - self._checked_at < UNCHECKED_SECONDS - CHECK_TICKS * TICK_SECONDS:
                raise
            log.warning("streams_unchecked", streams=len(streams))
            for stream in streams:
                stream.end()
            raise
        self._checked_at = time.monotonic()
        for stream in streams:
            if stream.sign_in not in lasting:
                stream.end()


async def _forever(step: Callable[[], Awaitable[float]]) -> None:
    """Run `step` again and again; it returns the seconds to wait before the next time."""
    while True:
        try:
            pause = await step()
        except Exception as error:
            if is_unreachable(error):
                log.warning("streams_wait", error=type(error).__name__)
            else:
                log.exception("streams_wait")
            pause = TICK_SECONDS
        await asyncio.sleep(pause)


def _tell(streams: Sequence[Stream], changes: list[Change] | None, position: Position) -> None:
    """Write what is new to streams that have been told the same so far."""
    written: dict[tuple[bool, bool, frozenset[str] | None], bytes] = {}
    for stream in streams:
        sort = (stream.has_begun, stream.is_lost, stream.kinds)
        if sort not in written:
            written[sort] = writing.news(stream, changes, position)
        if written[sort]:
            stream.write(written[sort])
        stream.position, stream.has_begun, stream.is_lost = position, True, False
