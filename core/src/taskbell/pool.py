"""The pool of connections: SQLAlchemy's, with a fair queue and a way in that needs no greenlet."""

from typing import Any

from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only, greenlet_spawn
from sqlalchemy.util.concurrency import in_greenlet

from taskbell.turns import Turns


class NotConnectedError(Exception):
    """The next connection has to be made first, which takes a greenlet."""


class FairPool(AsyncAdaptedQueuePool):
    """Who asks first gets a connection first, be it a session or `borrow()`.

    There is one turn for each connection: `_do_get` takes it and `_do_return_conn` gives it back,
    the two methods that SQLAlchemy has its pools override. Waiting ends with `TimeoutError` after
    `timeout` seconds. A connection that was closed while it lay idle is replaced unseen.
    """

    def __init__(self, creator: Any, pool_size: int, timeout: float, **options: Any) -> None:
        super().__init__(creator, pool_size, **(options | {"max_overflow": 0, "timeout": timeout}))
        self._turns = Turns(pool_size, seconds=timeout)
        self._turn_taken = False

    async def borrow(self) -> PoolProxiedConnection:
        """Check out a connection, which must be closed or invalidated afterwards."""
        await self._turns.take()
        if self.checkedin():
            try:
                return self._connect_in_turn()  # idle and alive: nothing to wait for
            except NotConnectedError:
                pass
        return await greenlet_spawn(self._connect_in_turn)

    def _connect_in_turn(self) -> PoolProxiedConnection:
        self._turn_taken = True  # `_do_get` is the first that is called
        return self.connect()

    def _do_get(self) -> ConnectionPoolEntry:
        taken, self._turn_taken = self._turn_taken, False
        if not taken and not self._turns.take_free():
            await_only(self._turns.take())
        try:
            entry = super()._do_get()
        except BaseException:
            self._turns.give_back()
            raise
        if entry.dbapi_connection is not None and _is_closed(entry):
            entry.invalidate()
        if not in_greenlet() and entry._is_hard_or_soft_invalidated():  # type: ignore[attr-defined]  # noqa: SLF001
            super()._do_return_conn(entry)
            raise NotConnectedError
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            self._turns.give_back()


def _is_closed(entry: ConnectionPoolEntry) -> bool:
    connection: Any = entry.driver_connection
    return bool(connection.is_closed())
