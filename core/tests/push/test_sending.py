"""Sending to a real push service, and what its answers mean."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.tests.push.push_service import DROP, HANG, Answer, Device, PushService, push_service
from taskbell.ids import new_id
from taskbell.outbound.client import Outbound
from taskbell.outbound.networks import parse_networks
from taskbell.push.message import Message
from taskbell.push.models import PushSubscription
from taskbell.push.sending import Result, Verdict, send
from taskbell.push.vapid import Signer, new_key

LOOPBACK = parse_networks(["127.0.0.0/8"])
MESSAGE = Message(
    {"title": "Pay the rent", "body": "Due 09:30"}, timedelta(days=1), "high", "topic"
)


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(new_key(), subject="mailto:admin@example.com")


def stored(device: Device, name: str = "Phone") -> PushSubscription:
    return PushSubscription(
        owner_id=new_id(),
        name=name,
        endpoint=device.endpoint,
        p256dh=device.keys["p256dh"],
        auth=device.keys["auth"],
    )


async def send_one(
    signer: Signer, device: Device, *, message: Message = MESSAGE, seconds: float = 5
) -> Result:
    outbound = Outbound(LOOPBACK, seconds=seconds)
    (result,) = await send(outbound, signer, [stored(device)], message)
    return result


async def test_a_device_gets_the_message(service: PushService, signer: Signer) -> None:
    device, service.key = service.device(), signer.public_key
    result = await send_one(signer, device)
    assert (result.verdict, result.words) == ("accepted", "127.0.0.1 answered 201 Created")
    (got,) = device.got
    assert got.payload == MESSAGE.payload
    assert (got.headers["ttl"], got.headers["urgency"]) == ("86400", "high")
    assert got.headers["topic"] == "topic"
    assert got.claims["sub"] == "mailto:admin@example.com"


async def test_a_service_takes_only_the_key_it_was_subscribed_with(
    service: PushService, signer: Signer
) -> None:
    service.key = Signer(new_key(), subject="mailto:a@example.com").public_key
    result = await send_one(signer, service.device())
    assert result.verdict == "refused"
    assert "not the key" in result.words


ANSWERS: list[tuple[int, Verdict]] = [
    (200, "accepted"),
    (201, "accepted"),
    (202, "accepted"),
    (204, "accepted"),
    (301, "refused"),
    (400, "refused"),
    (401, "refused"),
    (403, "refused"),
    (404, "gone"),
    (410, "gone"),
    (429, "temporary"),
    (500, "temporary"),
    (503, "temporary"),
    (DROP, "temporary"),
]


@pytest.mark.parametrize(("status", "verdict"), ANSWERS)
async def test_what_an_answer_means(
    service: PushService, signer: Signer, status: int, verdict: Verdict
) -> None:
    result = await send_one(signer, service.device(status))
    assert result.verdict == verdict
    assert result.words.startswith("127.0.0.1")
    assert result.ambiguous == (status == DROP), "it had left"
    if status >= 400:
        assert "because" in result.words


async def test_a_message_that_is_too_large_is_sent_shorter(
    service: PushService, signer: Signer
) -> None:
    device = service.device(413, 201)
    long = Message({**MESSAGE.payload, "title": "é" * 800}, timedelta(days=1), "high", "topic")
    assert (await send_one(signer, device, message=long)).verdict == "accepted"
    assert len(device.got[0].payload["title"]) < 500
    assert service.requests == 2


async def test_one_that_is_still_too_large_is_refused(service: PushService, signer: Signer) -> None:
    assert (await send_one(signer, service.device(413))).verdict == "refused"


async def test_a_device_that_hangs_holds_up_no_other(service: PushService, signer: Signer) -> None:
    devices = [service.device(HANG), service.device(), service.device(HANG), service.device()]
    began = time.monotonic()
    results = await send(
        Outbound(LOOPBACK, seconds=1), signer, [stored(one) for one in devices], MESSAGE
    )
    assert time.monotonic() - began < 3, "together, not one after the other"
    assert [one.verdict for one in results] == ["temporary", "accepted"] * 2
    assert results[0].ambiguous


async def test_the_endpoint_is_never_told(service: PushService, signer: Signer) -> None:
    device = service.device()
    secret = device.endpoint.rsplit("/", 1)[1]
    device.answers = [Answer(400, f"no such thing: {device.endpoint} /send/{secret} {secret}")]
    result = await send_one(signer, device)
    assert "no such thing" in result.words
    assert secret not in result.words


async def test_a_private_address_is_refused(service: PushService, signer: Signer) -> None:
    (result,) = await send(Outbound(), signer, [stored(service.device())], MESSAGE)
    assert result.verdict == "refused"
    assert service.requests == 0


async def test_nobody_listens(service: PushService, signer: Signer) -> None:
    device = service.device()
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    device.endpoint = f"http://127.0.0.1:{port}/send/secret"
    result = await send_one(signer, device)
    assert (result.verdict, result.ambiguous) == ("temporary", False)
