"""Encryption, by the RFC's own example and by opening what we wrote."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from core.tests.push.push_service import Device
from taskbell.push.encryption import AUTH_BYTES, MOST_BYTES, encrypt, public_point
from taskbell.push.vapid import from_base64, to_base64

# RFC 8291 §5 and Appendix A
MESSAGE = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
DEVICE_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
DEVICE_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


@pytest.fixture
def device() -> Device:
    key = derive_private_key(int.from_bytes(from_base64(DEVICE_PRIVATE), "big"), SECP256R1())
    return Device("http://127.0.0.1/", key, from_base64(AUTH))


def test_the_example_of_the_rfc(device: Device) -> None:
    sender = derive_private_key(int.from_bytes(from_base64(SENDER_PRIVATE), "big"), SECP256R1())
    body = encrypt(
        MESSAGE,
        p256dh=from_base64(DEVICE_PUBLIC),
        auth=from_base64(AUTH),
        salt=from_base64(SALT),
        sender=sender,
    )
    assert to_base64(body) == BODY
    assert device.open(body) == MESSAGE


@pytest.mark.parametrize("length", [0, 1, 3000, MOST_BYTES])
def test_what_was_encrypted_can_be_opened(device: Device, length: int) -> None:
    message = b"\x02\0" * (length // 2) + b"x" * (length % 2)
    body = encrypt(message, p256dh=from_base64(DEVICE_PUBLIC), auth=device.auth)
    assert len(body) <= 4096
    assert device.open(body) == message


def test_no_two_messages_look_alike(device: Device) -> None:
    point = public_point(device.private.public_key())
    bodies = [encrypt(MESSAGE, p256dh=point, auth=device.auth) for _ in range(2)]
    assert bodies[0][:16] != bodies[1][:16], "the salt"
    assert bodies[0][21:86] != bodies[1][21:86], "the key"


GOOD = {"message": MESSAGE, "p256dh": from_base64(DEVICE_PUBLIC), "auth": b"a" * AUTH_BYTES}


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": b"x" * (MOST_BYTES + 1)},
        {"auth": b"a" * 15},
        {"p256dh": b"\x04" + b"\1" * 64},  # on no curve
        {"p256dh": b"\0"},
        {"p256dh": b"\x02" + from_base64(DEVICE_PUBLIC)[1:33]},  # compressed
        {"p256dh": b""},
    ],
)
def test_what_cannot_be_encrypted_is_refused(wrong: dict[str, bytes]) -> None:
    sent = GOOD | wrong
    with pytest.raises(ValueError):  # noqa: PT011
        encrypt(sent["message"], p256dh=sent["p256dh"], auth=sent["auth"])
