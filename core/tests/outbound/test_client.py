"""Requests go where they were checked to go, in bounded time, and nowhere else."""

import asyncio
import gzip
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from taskbell.outbound import client
from taskbell.outbound.client import Outbound
from taskbell.outbound.errors import (
    AddressRefusedError,
    TimedOutError,
    UnreachableError,
)
from taskbell.outbound.networks import parse_networks
from taskbell.outbound.resolver import resolve
from taskbell.outbound.settings import OutboundSettings
from taskbell_local.ports import free_port

from .certificates import Authority
from .receiver import HANG, Receiver, answer, receiver

LOOPBACK = parse_networks(["127.0.0.0/8"])
BOMB = gzip.compress(b"\0" * 50_000_000)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


class Names:
    """A resolver that answers with the next of `answers` each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def outbound(*names: list[str], **options: Any) -> Outbound:
    if names:
        options["resolve"] = Names(*names)
    return Outbound(LOOPBACK, **options)


async def post(using: Outbound, url: str) -> client.Answer:
    return await using.post(url, content=b'{"a":1}', headers={"X-One": "1"})


async def test_a_request_arrives_as_it_was_written(server: Receiver) -> None:
    server.answers = [answer("202 Accepted", "gut: ö".encode(), X_Two="2")]
    got = await post(outbound(), server.url + "?q=1")
    assert (got.status, got.reason, got.text(), got.ok) == (202, "Accepted", "gut: ö", True)
    assert got.headers["x-two"] == "2"
    assert 0 < got.seconds < 5
    (seen,) = server.requests
    assert seen.line == "POST /hook?q=1 HTTP/1.1"
    assert seen.body == b'{"a":1}'
    assert seen.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "Taskbell",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
        "x-one": "1",
        "content-length": "7",
    }


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
        *("100.64.0.1", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost"),
        *("224.0.0.1", "[::]", "255.255.255.255"),
    ],
)
async def test_private_addresses_are_refused(host: str) -> None:
    for scheme in ("https", "http"):
        with pytest.raises(AddressRefusedError):
            await post(Outbound(), f"{scheme}://{host}:4433/")
        with pytest.raises(AddressRefusedError):
            await Outbound().check(f"{scheme}://{host}:4433/")


async def test_a_name_that_means_a_private_address_is_refused_without_a_connection(
    server: Receiver,
) -> None:
    using = Outbound(resolve=Names(["127.0.0.1", "::1", "10.1.2.3"]))
    with pytest.raises(AddressRefusedError) as refused:
        await post(using, f"https://hook.example:{server.port}/")
    assert "10.1.2.3" not in str(refused.value)
    assert server.connections == 0


async def test_http_is_for_allowed_networks_only() -> None:
    with pytest.raises(AddressRefusedError, match="https://"):
        await outbound(["93.184.215.14"]).check("http://example.com/")
    await outbound(["93.184.215.14"]).check("https://example.com/")
    await outbound(["127.0.0.5"]).check("http://example.com/")


async def test_the_mapped_form_of_an_allowed_address_is_not_allowed() -> None:
    with pytest.raises(AddressRefusedError):
        await outbound(["::ffff:127.0.0.1"]).check("http://example.com/")


async def test_only_the_public_ones_of_several_addresses_are_used(server: Receiver) -> None:
    using = outbound(["10.0.0.1", "fe80::1%eth0", "127.0.0.1"])
    assert (await post(using, f"http://hook.example:{server.port}/")).status == 200


async def test_the_connection_goes_where_the_check_was(server: Receiver) -> None:
    """DNS rebinding: the second answer is another address, but nobody asks a second time."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    got = await post(Outbound(LOOPBACK, resolve=names), f"http://hook.example:{server.port}/")
    assert got.status == 200
    assert names.asked == ["hook.example"]
    assert server.requests[0].headers["host"] == f"hook.example:{server.port}"


async def test_a_name_that_turns_private_after_it_was_saved_is_refused(server: Receiver) -> None:
    using = Outbound(resolve=Names(["93.184.215.14"], ["127.0.0.1"]))
    url = f"https://hook.example:{server.port}/"
    await using.check(url)
    with pytest.raises(AddressRefusedError):
        await post(using, url)
    assert server.connections == 0


async def test_the_next_address_is_tried_when_one_does_not_answer(server: Receiver) -> None:
    using = outbound(["127.0.0.77", "127.0.0.1"])  # the server listens on the second one only
    assert (await post(using, f"http://hook.example:{server.port}/")).status == 200


async def test_redirects_are_not_followed(server: Receiver) -> None:
    server.answers = [answer("302 Found", Location="http://169.254.169.254/latest/meta-data/")]
    got = await post(outbound(), server.url)
    assert (got.status, got.ok) == (302, False)
    assert server.connections == 1


async def test_proxies_of_the_environment_are_not_used(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert (await post(outbound(), server.url)).status == 200


async def test_a_long_answer_is_read_in_part_only(server: Receiver) -> None:
    server.answers = [answer("200 OK", b"x" * 20_000_000)]
    got = await post(outbound(), server.url)
    assert got.body == b"x" * client.MOST_ANSWER
    assert got.text() == "x" * 500
    assert server.sent < 15_000_000


async def test_an_endless_head_is_given_up(server: Receiver) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 5_000_000]
    with pytest.raises(UnreachableError, match="not HTTP"):
        await post(outbound(), server.url)


async def test_what_is_packed_stays_packed(server: Receiver) -> None:
    server.answers = [answer("200 OK", BOMB, Content_Encoding="gzip")]
    got = await post(outbound(), server.url)
    assert got.text() == "(gzip, not unpacked)"
    assert len(got.body) <= client.MOST_ANSWER


async def test_an_answer_that_is_no_text_can_be_stored(server: Receiver) -> None:
    server.answers = [answer("500 Oh", b"a\0\xff\xfe" + "ü".encode())]
    assert (await post(outbound(), server.url)).text() == "a���ü"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (HANG, "no answer in time"),
        (b"", "connection broke|not HTTP"),
        (b"SSH-2.0\r\n\r\n", "not HTTP"),
    ],
)
async def test_what_may_have_arrived_says_so(server: Receiver, said: bytes, words: str) -> None:
    server.answers = [said]
    with pytest.raises(UnreachableError, match=words) as failed:
        await post(outbound(seconds=0.5), server.url)
    assert failed.value.sent
    assert isinstance(failed.value, TimedOutError) == (said == HANG)


async def test_an_answer_that_drips_is_given_up_in_time(server: Receiver) -> None:
    server.answers, server.drip = [answer("200 OK", b"x" * 1000)], 0.05
    began = time.monotonic()
    with pytest.raises(TimedOutError):
        await post(outbound(seconds=1.0), server.url)
    assert time.monotonic() - began < 4


async def test_a_closed_port_is_unreachable_and_nothing_was_sent() -> None:
    with pytest.raises(UnreachableError, match="refused") as failed:
        await post(outbound(), f"http://127.0.0.1:{free_port()}/")
    assert not failed.value.sent
    assert not isinstance(failed.value, TimedOutError)


async def test_a_name_server_that_never_answers_is_given_up() -> None:
    async def never(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(TimedOutError, match="too long") as failed:
        await post(Outbound(resolve=never, seconds=0.2), "https://example.com/")
    assert not failed.value.sent
    with pytest.raises(TimedOutError):
        await Outbound(resolve=never).check("https://example.com/", seconds=0.2)


async def test_a_name_that_there_is_not_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="was not found"):
        await resolve("nowhere.invalid", 443)


async def test_the_machine_knows_itself() -> None:
    assert "127.0.0.1" in await resolve("localhost", 443)


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
async def test_many_requests_at_once_leave_no_connection_open(server: Receiver) -> None:
    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = opened()
    server.answers = [answer("200 OK", b"x" * 200_000)]
    using = outbound()
    got = await asyncio.gather(*(post(using, server.url) for _ in range(50)))
    assert {one.status for one in got} == {200}
    for _ in range(100):
        if opened() <= before:
            break
        await asyncio.sleep(0.05)
    assert opened() <= before


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_the_certificate_is_checked_for_the_name(authority: Authority) -> None:
    async with receiver(authority.server("hook.example")) as server:
        using = outbound(["127.0.0.1"], tls=authority.client())
        got = await post(using, f"https://hook.example:{server.port}/a")
        assert got.status == 200
        assert server.requests[0].line == "POST /a HTTP/1.1"
        with pytest.raises(UnreachableError, match="certificate is not valid") as failed:
            await post(using, f"https://other.example:{server.port}/a")
        assert not failed.value.sent
        assert len(server.requests) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(authority: Authority) -> None:
    async with receiver(authority.server("hook.example")) as server:
        with pytest.raises(UnreachableError, match="certificate is not valid"):
            await post(outbound(["127.0.0.1"]), f"https://hook.example:{server.port}/")
        assert not server.requests


async def test_a_server_that_does_not_speak_tls_is_told_nothing(server: Receiver) -> None:
    with pytest.raises(TimedOutError) as failed:
        await post(outbound(seconds=0.5), f"https://127.0.0.1:{server.port}/")
    assert not failed.value.sent
    assert not server.requests


async def test_a_server_that_answers_tls_with_something_else_is_told_nothing() -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError, match="TLS failed") as failed:
            await post(outbound(), f"https://127.0.0.1:{port}/")
    assert not failed.value.sent


def test_the_setting_names_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", "10.0.0.0/8, fd00::/8")
    assert OutboundSettings().outbound_allow == parse_networks(["10.0.0.0/8", "fd00::/8"])
    monkeypatch.setenv("OUTBOUND_ALLOW", "intranet")
    with pytest.raises(ValueError, match="networks such as"):
        OutboundSettings()
    monkeypatch.delenv("OUTBOUND_ALLOW")
    assert OutboundSettings().outbound_allow == ()
