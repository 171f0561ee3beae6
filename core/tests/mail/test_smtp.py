"""Sending over SMTP: at whichever step it fails, we know what that means."""

import asyncio
import base64
import socket

import pytest

from core.tests.mail.scripted import DROP, HANG, Server, smtp_server
from taskbell.ids import new_id
from taskbell.mail.errors import (
    AmbiguousMailError,
    MailError,
    PermanentMailError,
    TemporaryMailError,
)
from taskbell.mail.message import Mail, Recipient, compose
from taskbell.mail.smtp import Mailer

PATIENCE = 0.3
BEFORE_DATA = ["greeting", "EHLO", "MAIL", "RCPT"]


def a_mail(email: str = "ada@example.com", subject: str = "Hello") -> Mail:
    return compose(
        "notice", job_id=new_id(), sender="Taskbell <bell@example.org>",
        recipient=Recipient(email, "Ada"), subject=subject,
        context={"paragraphs": ["a mail like any other."], "public_url": "https://x"},
    )  # fmt: skip


async def send(server: Server, mail: Mail | None = None, url: str | None = None) -> str:
    began: list[bool] = []

    async def before_data() -> None:
        began.append(True)
        assert not any(command == "DATA" for command in server.commands)

    mailer = Mailer(url or server.url, timeout=PATIENCE)
    try:
        return await mailer.send(mail or a_mail(), before_data=before_data)
    finally:
        await mailer.close()
        assert bool(began) is any(command == "DATA" for command in server.commands)


async def failure(script: dict[str, str]) -> MailError:
    async with smtp_server(script) as server:
        with pytest.raises(MailError) as raised:
            await send(server)
        return raised.value


async def test_a_mail_is_sent_as_composed() -> None:
    async with smtp_server() as server:
        mail = a_mail()
        assert await send(server, mail) == "250 taken"
    assert server.mails == [mail.content]
    assert "MAIL FROM:<bell@example.org>" in server.commands
    assert "RCPT TO:<ada@example.com>" in server.commands


async def test_lines_that_begin_with_a_dot_arrive() -> None:
    content = b"Subject: x\r\n\r\nfirst\r\n.\r\n..two\r\n.end\r\n"
    mail = Mail("bell@example.org", "ada@example.com", content)
    async with smtp_server() as server:
        await send(server, mail)
    stuffed = server.mails[0].split(b"\r\n\r\n", 1)[1]
    assert stuffed == b"first\r\n..\r\n...two\r\n..end\r\n"


@pytest.mark.parametrize("step", [*BEFORE_DATA, "DATA", "dot"])
async def test_a_4xx_is_temporary(step: str) -> None:
    error = await failure({step: "451 come back later"})
    assert type(error) is TemporaryMailError
    assert "451 come back later" in str(error) or step in {"greeting", "EHLO"}


@pytest.mark.parametrize("step", ["RCPT", "DATA", "dot"])
async def test_a_5xx_is_permanent(step: str) -> None:
    error = await failure({step: "550-no such\r\n550 mailbox"})
    assert type(error) is PermanentMailError
    assert str(error) == "550 no such\nmailbox"


@pytest.mark.parametrize("answer", ["530 5.7.0 authenticate first", "553 5.7.1 not your sender"])
async def test_a_sender_that_is_not_let_in_is_ours_to_mend(answer: str) -> None:
    error = await failure({"MAIL": answer})
    assert type(error) is TemporaryMailError


@pytest.mark.parametrize("step", ["greeting", "EHLO"])
async def test_a_server_that_wants_no_dialogue_is_temporary(step: str) -> None:
    error = await failure({step: "554 go away", "HELO": "554 go away"})
    assert type(error) is TemporaryMailError


@pytest.mark.parametrize("what", [HANG, DROP, "garbage", "999 what"])
@pytest.mark.parametrize("step", [*BEFORE_DATA, "DATA"])
async def test_nothing_was_sent_before_the_message(step: str, what: str) -> None:
    error = await failure({step: what})
    assert type(error) is TemporaryMailError


@pytest.mark.parametrize("what", [HANG, DROP, "garbage"])
async def test_after_the_message_nobody_knows(what: str) -> None:
    error = await failure({"dot": what})
    assert type(error) is AmbiguousMailError


async def test_an_answer_in_any_encoding_is_an_answer() -> None:
    """A server that says "accepté" in Latin-1 has taken the mail; it must not be sent again."""
    async with smtp_server({"dot": "250 accept\xe9 \x00"}) as server:
        answer = await send(server)
    assert answer.startswith("250 accept")
    answer.encode()
    assert "\x00" not in answer


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Server(port=free.getsockname()[1])
        with pytest.raises(TemporaryMailError):
            await send(server)


async def test_an_unknown_host_is_temporary() -> None:
    with pytest.raises(TemporaryMailError):
        await send(Server(), url="smtp://nobody.invalid:25")


async def test_what_stops_before_the_message_stops_the_mail() -> None:
    async def stop() -> None:
        raise ZeroDivisionError

    async with smtp_server() as server:
        mailer = Mailer(server.url, timeout=PATIENCE)
        with pytest.raises(ZeroDivisionError):
            await mailer.send(a_mail(), before_data=stop)
        await mailer.close()
    assert server.mails == []


async def test_cancelling_closes_the_connection() -> None:
    async with smtp_server({"dot": HANG}) as server:
        sending = asyncio.create_task(send(server))
        async with asyncio.timeout(20):
            await server.has_mail.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


# --- who we are ---------------------------------------------------------------------------------


async def test_user_and_password() -> None:
    async with smtp_server() as server:
        await send(server, url=f"smtp://b%40x:s%2Fecret@127.0.0.1:{server.port}")
    (login,) = [command for command in server.commands if command.startswith("AUTH PLAIN")]
    assert base64.b64decode(login.split()[-1]) == b"\0b@x\0s/ecret"


@pytest.mark.parametrize("answer", ["535 wrong", "454 later"])
async def test_a_wrong_password_loses_no_mail(answer: str) -> None:
    async with smtp_server({"AUTH": answer}) as server:
        with pytest.raises(TemporaryMailError):
            await send(server, url=f"smtp://bell:secret@127.0.0.1:{server.port}")


async def test_tls_can_be_required() -> None:
    async with smtp_server() as server:
        with pytest.raises(TemporaryMailError):
            await send(server, url=f"{server.url}?starttls=require")
    assert not any(command.startswith("MAIL") for command in server.commands)


# --- addresses that are not ASCII ----------------------------------------------------------------


async def test_a_domain_travels_in_its_ascii_form() -> None:
    async with smtp_server({"EHLO": "250 here"}) as server:
        await send(server, a_mail("ada@bücher.example.com"))
    assert "RCPT TO:<ada@xn--bcher-kva.example.com>" in server.commands


async def test_a_wide_name_needs_a_server_that_can() -> None:
    async with smtp_server() as server:
        await send(server, a_mail("zoë@example.com"))
    assert "RCPT TO:<zoë@example.com>" in server.commands
    assert any("SMTPUTF8" in command for command in server.commands)
    async with smtp_server({"EHLO": "250 here"}) as server:
        with pytest.raises(PermanentMailError):
            await send(server, a_mail("zoë@example.com"))
