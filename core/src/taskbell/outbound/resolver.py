"""From names to addresses, without letting slow name servers hold up the rest of the process."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from taskbell.outbound.errors import UnreachableError

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From host and port to addresses, the best first. Raises `UnreachableError` if there are none."""

MOST_LOOKUPS = 32
"""At once. One whose name server never answers takes its thread for up to half a minute."""

_slots = threading.BoundedSemaphore(MOST_LOOKUPS)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the machine knows them. Raises `UnreachableError`.

    In threads of its own: the loop's few are also asked for the address of the database, and
    somebody's name server that never answers must not be in the way of that.
    """
    if not _slots.acquire(blocking=False):
        raise UnreachableError("Too many names are being looked up just now")
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str]) -> None:
        if not found.done():
            found.set_result(addresses)

    def look_up() -> None:
        try:
            addresses = _look_up(host, port)
        finally:
            _slots.release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, addresses)

    # daemon: the end of the process does not wait for a name server either
    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    addresses = await found
    if not addresses:
        raise UnreachableError("The host was not found")
    return addresses


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
