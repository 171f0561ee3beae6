"""A real SMTP server that says, at each step of the dialogue, what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG, DROP = "hang", "drop"
ANSWERS = {
    "greeting": "220 ready",
    "EHLO": "250-here\r\n250-SMTPUTF8\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go ahead",
    "RSET": "250 forgotten",
    "dot": "250 taken",
    "QUIT": "221 bye",
}


@dataclass
class Server:
    """`script` overrides ANSWERS by step; HANG says nothing, DROP closes the connection.

    `script_of_connection` does so for single connections, by their number from 0.
    """

    script: dict[str, str] = field(default_factory=dict)
    script_of_connection: dict[int, dict[str, str]] = field(default_factory=dict)
    port: int = 0
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    connections: list[asyncio.StreamWriter] = field(default_factory=list)
    has_mail: asyncio.Event = field(default_factory=asyncio.Event)
    has_goodbye: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._dialogue(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def hang_up(self) -> None:
        """Close all connections, as a server does that restarts or has waited for long."""
        for writer in self.connections:
            writer.close()

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        going = await self._answer(writer, "greeting")
        while going and (line := await reader.readline()):
            command = line.decode().rstrip("\r\n")
            self.commands.append(command)
            step = command.split(" ")[0].split(":")[0].upper()
            if step == "QUIT":
                self.has_goodbye.set()
            going = await self._answer(writer, step)
            if step == "DATA" and going and self.script.get("DATA", "354").startswith("354"):
                mail = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(mail.removesuffix(b".\r\n"))
                self.has_mail.set()
                going = await self._answer(writer, "dot")

    async def _answer(self, writer: asyncio.StreamWriter, step: str) -> bool:
        own = self.script_of_connection.get(self.connections.index(writer), {})
        answer = {**ANSWERS, **self.script, **own}.get(step, "500 what?")
        if answer == DROP:
            return False
        if answer == HANG:
            await asyncio.Event().wait()
        writer.write(answer.encode("latin-1") + b"\r\n")
        await writer.drain()
        return step != "QUIT" and not answer.startswith("421")


@asynccontextmanager
async def smtp_server(
    script: dict[str, str] | None = None,
) -> AsyncIterator[Server]:
    """Serve on a free port until the end of the block."""
    server = Server(script or {})
    dialogues: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialogues.add(asyncio.create_task(server.serve(reader, writer)))

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**20)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for dialogue in dialogues:
            dialogue.cancel()
        await asyncio.gather(*dialogues, return_exceptions=True)
