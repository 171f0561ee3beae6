"""Sending a push message to devices, and what their push services say (RFC 8030)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from taskbell.outbound.client import Answer, Outbound
from taskbell.outbound.errors import AddressRefusedError, OutboundError
from taskbell.outbound.urls import parse
from taskbell.push.encryption import encrypt
from taskbell.push.message import SHORT_BYTES, Message
from taskbell.push.models import PushSubscription
from taskbell.push.vapid import Signer, from_base64

Verdict = Literal["accepted", "gone", "temporary", "refused"]
"""`gone`: the subscription is no more. `refused`: this message, or anything from us."""

MOST_WORDS = 100
SECRET_FROM = 8
"""Characters of a part of an endpoint that may be a secret."""


@dataclass(frozen=True)
class Result:
    """What a device's push service said. `words` are for its owner; they hold no endpoint.

    `origin`: of its push service. `ambiguous`: the message had left, and nobody knows whether it
    was taken. `wait_seconds`: so long its push service wants to be left alone.
    """

    device_id: UUID
    name: str
    origin: str
    verdict: Verdict
    words: str
    ambiguous: bool = False
    wait_seconds: float = 0.0

    def line(self) -> str:
        """Return what became of it in one line."""
        return f"{self.name}: {self.words}"

    def transcript(self, message: Message) -> list[str]:
        """Return what was said on the way, a line for each step."""
        headers = "  ".join(f"{name}: {value}" for name, value in message.headers().items())
        return [f"→ {self.name}: POST {self.origin}/…  {headers}", f"← {self.words}"]


async def send(
    outbound: Outbound, signer: Signer, devices: Sequence[PushSubscription], message: Message
) -> list[Result]:
    """Send a message to all devices at once; one that hangs holds up no other."""
    return list(await asyncio.gather(*(_send(outbound, signer, one, message) for one in devices)))


async def _send(
    outbound: Outbound, signer: Signer, device: PushSubscription, message: Message
) -> Result:
    target = parse(device.endpoint)
    host, origin = target.host, target.origin
    try:
        answer = await _post(outbound, signer, device, message, message.encode())
        if answer.status == 413:
            answer = await _post(outbound, signer, device, message, message.encode(SHORT_BYTES))
    except AddressRefusedError as error:
        return Result(device.id, device.name, origin, "refused", f"{host}: {error}")
    except OutboundError as error:
        return Result(device.id, device.name, origin, "temporary", f"{host}: {error}", error.sent)
    words = f"{host} answered {answer.status} {answer.reason}".rstrip()
    verdict = verdict_of(answer.status)
    if verdict != "accepted" and (said := " ".join(answer.text(MOST_WORDS).split())):
        words += f": {said}"
    words = _without(device.endpoint, words)
    return Result(
        device.id, device.name, origin, verdict, words, wait_seconds=_asked_to_wait(answer)
    )


def _asked_to_wait(answer: Answer) -> float:
    """Return the seconds that an answer asks to wait for. A date is as good as nothing here."""
    asked = answer.headers.get("retry-after", "").strip()
    return float(asked[:9]) if asked.isascii() and asked.isdigit() else 0.0


def _without(endpoint: str, words: str) -> str:
    """Return words without the endpoint, or its secret parts: some services say it back."""
    path = parse(endpoint).path
    for part in [endpoint, path, *sorted(path.split("/"), key=len, reverse=True)]:
        if len(part) >= SECRET_FROM:
            words = words.replace(part, "…")
    return words


async def _post(
    outbound: Outbound,
    signer: Signer,
    device: PushSubscription,
    message: Message,
    content: bytes,
) -> Answer:
    body = encrypt(content, p256dh=from_base64(device.p256dh), auth=from_base64(device.auth))
    headers = {
        **message.headers(),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Authorization": signer.authorization(device.endpoint),
    }
    return await outbound.post(device.endpoint, content=body, headers=headers)


def verdict_of(status: int) -> Verdict:
    """Return what a push service's status means for the subscription."""
    if 200 <= status < 300:
        return "accepted"
    if status in {404, 410}:
        return "gone"
    if status in {408, 425, 429} or status >= 500:
        return "temporary"
    return "refused"
