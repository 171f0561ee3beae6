"""Small questions to servers on the loopback interface: do you answer?"""

from __future__ import annotations

import asyncio

PATIENCE = 2.0
_FAILURES = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError)


async def tcp(port: int) -> bool:
    """Whether somebody listens on this port."""
    try:
        await _ask(port, b"", 0)
    except _FAILURES:
        return False
    return True


async def http(port: int, path: str) -> int | None:
    """The status with which this path is answered; None when it is not."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    try:
        answer = await _ask(port, request.encode(), len("HTTP/1.1 200"))
        return int(answer.split()[1])
    except (*_FAILURES, IndexError):
        return None


async def redis(port: int, password: str) -> bool:
    """Whether Redis takes the password and has loaded its data."""
    try:
        answer = await _ask(port, f"AUTH {password}\r\nPING\r\n".encode(), len("+OK\r\n+PONG"))
    except _FAILURES:
        return False
    return answer == b"+OK\r\n+PONG"


async def _ask(port: int, question: bytes, length: int) -> bytes:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(question)
            return await reader.readexactly(length)
        finally:
            writer.close()
