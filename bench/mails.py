"""A mail server in a process of its own, which takes so many milliseconds for each message.

`python -m bench.mails MILLISECONDS` says its port in a line. Then for each line it gets it answers
with one: to `count` with the number of messages it took, to `times` with when it took each of them
and their Message-IDs. It ends with its input.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvloop

_ID = re.compile(rb"(?im)^message-id:\s*(\S+)")
_ANSWERS = {
    b"EHLO": b"250-bench\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 bye\r\n",
}


class _Session(asyncio.Protocol):
    """One connection. `taken` is shared by all: a time and a Message-ID for each message."""

    def __init__(self, taken: list[tuple[float, str]], seconds: float) -> None:
        self._taken = taken
        self._seconds = seconds
        self._data = b""
        self._in_message = False

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._transport.write(b"220 bench ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            if self._in_message:
                content, dot, rest = self._data.partition(b"\r\n.\r\n")
                if not dot:
                    return
                self._data, self._in_message = rest, False
                loop = asyncio.get_running_loop()
                loop.call_later(self._seconds, self._take, content)
                continue
            line, end, rest = self._data.partition(b"\r\n")
            if not end:
                return
            self._data = rest
            verb = line[:4].upper()
            self._in_message = verb == b"DATA"
            self._transport.write(_ANSWERS.get(verb, b"250 2.0.0 ok\r\n"))
            if verb == b"QUIT":
                self._transport.close()
                return

    def _take(self, content: bytes) -> None:
        found = _ID.search(content)
        self._taken.append((time.time(), found[1].decode() if found else ""))
        self._transport.write(b"250 2.0.0 taken\r\n")


async def _serve(seconds: float) -> None:
    taken: list[tuple[float, str]] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(taken, seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def asked() -> None:
        word = sys.stdin.readline().strip()
        if not word:
            ended.set()
        elif word == "times":
            print(json.dumps(taken), flush=True)
        else:
            print(len(taken), flush=True)

    loop.add_reader(sys.stdin, asked)
    await ended.wait()


@dataclass(frozen=True)
class Mails:
    """The server, as seen from the bench."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        """Where to send mail."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def count(self) -> int:
        """How many messages it took."""
        return int(self._ask("count"))

    def times(self) -> list[tuple[float, str]]:
        """When it took each message, and its Message-ID."""
        return [(moment, name) for moment, name in json.loads(self._ask("times"))]

    def _ask(self, word: str) -> str:
        assert self.process.stdin and self.process.stdout  # noqa: PT018 (they are pipes)
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@contextlib.contextmanager
def mails(milliseconds: float) -> Iterator[Mails]:
    """Run the server until the block ends."""
    command = [sys.executable, "-m", "bench.mails", str(milliseconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield Mails(process, int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]) / 1000))
