"""Connections to the mail server are kept and used again, and no mail ever pays for that."""

import asyncio
import time
from typing import Any

import pytest

from core.tests.mail.scripted import HANG, Server, smtp_server
from core.tests.mail.test_smtp import a_mail
from taskbell.mail import smtp
from taskbell.mail.errors import AmbiguousMailError, PermanentMailError, TemporaryMailError
from taskbell.mail.smtp import Mailer

PIPELINING = "250-here\r\n250-PIPELINING\r\n250 SMTPUTF8"


class Sender:
    """A mailer, and how often a mail's first byte was announced."""

    def __init__(self, server: Server, **more: Any) -> None:
        self.mailer = Mailer(server.url, **{"timeout": 0.5, **more})
        self.announced = 0

    async def __aenter__(self) -> "Sender":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.mailer.close()

    async def send(self, email: str = "ada@example.com") -> str:
        async def before_data() -> None:
            self.announced += 1

        return await self.mailer.send(a_mail(email), before_data=before_data)


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 here"])
async def test_mails_follow_each_other_over_one_connection(ehlo: str) -> None:
    async with smtp_server({"EHLO": ehlo}) as server, Sender(server) as sender:
        for _ in range(5):
            assert await sender.send() == "250 taken"
    assert len(server.connections) == 1
    assert len(server.mails) == sender.announced == 5
    assert [command.split(" ")[0] for command in server.commands] == [
        "EHLO", *["MAIL", "RCPT", "DATA"] * 5, "QUIT",
    ]  # fmt: skip


async def test_sender_and_recipient_go_in_one_piece_to_a_server_that_takes_that() -> None:
    """RCPT comes although MAIL has not been answered."""
    async with smtp_server({"EHLO": PIPELINING, "MAIL": HANG}) as server:
        with pytest.raises(TemporaryMailError):
            async with Sender(server) as sender:
                await sender.send()
    assert sender.announced == 0


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 here"])
@pytest.mark.parametrize("step", ["RCPT", "DATA", "dot"])
async def test_a_refused_mail_leaves_a_connection_for_the_next(step: str, ehlo: str) -> None:
    script = {"EHLO": ehlo, step: "550 not this one"}
    async with smtp_server(script) as server, Sender(server) as sender:
        with pytest.raises(PermanentMailError):
            await sender.send("bob@example.com")
        del server.script[step]
        assert await sender.send() == "250 taken"
    assert len(server.connections) == 1
    assert ("RSET" in server.commands) is (step != "dot")


async def test_a_mail_that_was_called_off_leaves_a_connection_for_the_next() -> None:
    async def stop() -> None:
        raise ZeroDivisionError

    async with smtp_server() as server, Sender(server) as sender:
        with pytest.raises(ZeroDivisionError):
            await sender.mailer.send(a_mail(), before_data=stop)
        await sender.send()
    assert len(server.connections) == 1
    assert server.commands.count("RSET") == 1
    assert len(server.mails) == 1


async def test_a_connection_that_was_closed_meanwhile_costs_no_attempt() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        await server.hang_up()
        await asyncio.sleep(0.05)  # noticed before the next mail
        await sender.send()
        await server.hang_up()
        await sender.send()  # and not noticed
    assert len(server.mails) == sender.announced == 3
    assert len(server.connections) == 3


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 here"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize("answer", ["421 been here for too long", "drop"])
async def test_a_server_that_had_enough_of_a_connection_gets_a_new_one(
    answer: str, step: str, ehlo: str
) -> None:
    async with smtp_server({"EHLO": ehlo}) as server, Sender(server) as sender:
        await sender.send()
        server.script_of_connection = {0: {step: answer}}
        await sender.send()
    assert len(server.mails) == sender.announced == 2
    assert len(server.connections) == 2


async def test_so_many_mails_in_this_session_says_a_server_and_gets_a_new_one() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        server.script_of_connection = {0: {"MAIL": "452 4.5.3 too many mails in this session"}}
        await sender.send()
    assert len(server.mails) == 2


async def test_a_sender_refused_on_a_new_connection_is_refused() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        server.script["MAIL"] = "451 not now"
        with pytest.raises(TemporaryMailError, match="451 not now"):
            await sender.send()
    assert len(server.connections) == 2
    assert sender.announced == 1


async def test_silence_is_not_waited_for_twice() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        server.script["MAIL"] = HANG
        with pytest.raises(TemporaryMailError, match=r"no answer within 0\.5 s"):
            await sender.send()
    assert len(server.connections) == 1


async def test_a_connection_lost_after_the_message_is_ambiguous_and_not_used_again() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        server.script["dot"] = "drop"
        with pytest.raises(AmbiguousMailError):
            await sender.send()
        del server.script["dot"]
        await sender.send()
    assert len(server.connections) == 2
    assert sender.announced == 3


async def test_what_a_server_says_unasked_is_not_taken_for_an_answer() -> None:
    async with smtp_server() as server, Sender(server) as sender:
        await sender.send()
        server.connections[0].write(b"250 sent\r\n250 whatever\r\n")
        await asyncio.sleep(0.05)
        server.script["RCPT"] = "550 no"
        with pytest.raises(PermanentMailError):
            await sender.send()
    assert len(server.connections) == 2


async def test_many_at_once_share_a_few_connections() -> None:
    async with smtp_server() as server, Sender(server, pool_size=3, timeout=20) as sender:
        answers = await asyncio.gather(*(sender.send(f"p{n}@example.com") for n in range(60)))
    assert answers == ["250 taken"] * 60
    assert 1 <= len(server.connections) <= 3
    said = [command for command in server.commands if command.startswith("RCPT")]
    assert sorted(said) == sorted(f"RCPT TO:<p{n}@example.com>" for n in range(60))
    assert len(server.mails) == sender.announced == 60


async def test_nobody_waits_for_ever_for_a_connection() -> None:
    began = time.monotonic()
    async with (
        smtp_server({"DATA": HANG}) as server,
        Sender(server, pool_size=1, timeout=0.4) as sender,
    ):
        ends = await asyncio.gather(*(sender.send() for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, TemporaryMailError) for one in ends)
    assert "all connections" in str(ends[-1])
    assert time.monotonic() - began < 5


async def test_a_connection_carries_so_many_mails_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "MOST_MAILS", 3)
    async with smtp_server() as server, Sender(server) as sender:
        for _ in range(7):
            await sender.send()
    assert len(server.connections) == 3
    assert server.commands.count("QUIT") == 3


async def test_an_idle_connection_is_closed_after_a_while() -> None:
    async with smtp_server() as server, Sender(server, idle_seconds=0.1) as sender:
        await sender.send()
        async with asyncio.timeout(20):
            await server.has_goodbye.wait()
        await sender.send()
    assert len(server.connections) == 2


async def test_closing_says_goodbye_and_waits_not_long_for_the_answer() -> None:
    async with smtp_server() as server:
        async with Sender(server) as sender:
            await sender.send()
        assert server.commands[-1] == "QUIT"
    async with smtp_server({"QUIT": HANG}) as server:
        sender = Sender(server)
        await sender.send()
        began = time.monotonic()
        await sender.mailer.close()
        assert time.monotonic() - began < 5


async def test_a_mail_under_way_while_closing_is_sent_and_its_connection_closed() -> None:
    async with smtp_server() as server:
        sender = Sender(server, timeout=20)

        async def close() -> None:
            await sender.mailer.close()

        assert await sender.mailer.send(a_mail(), before_data=close) == "250 taken"
        async with asyncio.timeout(20):
            await server.has_goodbye.wait()


# --- somebody reads along ------------------------------------------------------------------------


async def test_a_transcript_is_the_whole_dialogue_without_the_password() -> None:
    lines: list[str] = []

    async def begin() -> None:
        pass

    async with smtp_server() as server:
        url = f"smtp://bell:s%2Fecret@127.0.0.1:{server.port}"
        mailer = Mailer(url, timeout=2)
        mail = a_mail()
        await mailer.send(mail, before_data=begin, transcript=lines)
        await mailer.send(a_mail(), before_data=begin, transcript=[])
        await mailer.close()
    assert len(server.connections) == 2, "one for each, so that all of it is seen"
    name = lines[1].removeprefix("→ EHLO ")
    assert lines == [
        "← 220 ready", f"→ EHLO {name}", "← 250-here", "← 250-SMTPUTF8", "← 250 AUTH PLAIN",
        "→ AUTH PLAIN ••••", "← 235 welcome", "→ MAIL FROM:<bell@example.org>", "← 250 ok",
        "→ RCPT TO:<ada@example.com>", "← 250 ok", "→ DATA", "← 354 go ahead",
        f"→ … {len(mail.content):,} bytes", "→ .", "← 250 taken",
    ]  # fmt: skip


async def test_a_password_that_a_server_repeats_is_not_shown() -> None:
    lines: list[str] = []

    async def begin() -> None:
        pass

    script = {
        "EHLO": "250-here\r\n250 AUTH LOGIN", "AUTH": "334 UGFzc3dvcmQ6",
        "C2VJCMV0LXDVCMQ=": "535 no, secret-word is wrong",
    }  # fmt: skip
    async with smtp_server(script) as server:
        mailer = Mailer(f"smtp://bell:secret-word@127.0.0.1:{server.port}", timeout=2)
        with pytest.raises(TemporaryMailError, match="535"):
            await mailer.send(a_mail(), before_data=begin, transcript=lines)
    said = "\n".join(lines)
    assert "secret-word" not in said
    assert "c2VjcmV0" not in said
    assert "→ ••••" in lines
    assert lines[-1].startswith("← 535")


async def test_a_dialogue_that_fails_is_shown_as_far_as_it_went() -> None:
    lines: list[str] = []

    async def begin() -> None:
        raise AssertionError

    async with smtp_server({"RCPT": "550 5.1.1 who?"}) as server:
        mailer = Mailer(server.url, timeout=2)
        with pytest.raises(PermanentMailError):
            await mailer.send(a_mail(), before_data=begin, transcript=lines)
    assert lines[-2:] == ["→ RCPT TO:<ada@example.com>", "← 550 5.1.1 who?"]
    assert server.mails == []


async def test_who_reads_along_does_not_wait_for_the_others() -> None:
    async def begin() -> None:
        pass

    async with smtp_server({"dot": HANG}) as server:
        mailer = Mailer(server.url, timeout=2, pool_size=1)
        stuck = asyncio.create_task(mailer.send(a_mail(), before_data=begin))
        async with asyncio.timeout(20):
            await server.has_mail.wait()
        del server.script["dot"]
        assert await mailer.send(a_mail(), before_data=begin, transcript=[]) == "250 taken"
        assert not stuck.done()
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        await mailer.close()
