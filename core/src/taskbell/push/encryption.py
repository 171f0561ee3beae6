"""Encrypting push messages for one device: RFC 8291, on the `aes128gcm` coding of RFC 8188.

The push service carries the message and cannot read it. Written out here on the primitives of
`cryptography`: docs/decisions/0016-web-push.md says why.
"""

import secrets

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PUBLIC_KEY_BYTES = 65
AUTH_BYTES = 16
RECORD_BYTES = 4096
"""All that a push service must take (RFC 8030 §7.2), and more than we use: there is one record."""

_SALT_BYTES = 16
_TAG_BYTES = 16
_LAST_RECORD = b"\x02"
_HEADER_BYTES = _SALT_BYTES + 4 + 1 + PUBLIC_KEY_BYTES
MOST_BYTES = RECORD_BYTES - _HEADER_BYTES - _TAG_BYTES - len(_LAST_RECORD)
"""The longest message."""


def public_point(key: EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point (65 bytes), as everything here wants it."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def device_key(point: bytes) -> EllipticCurvePublicKey:
    """Return a device's public key. Raises `ValueError` for what is no point of the curve."""
    if len(point) != PUBLIC_KEY_BYTES:
        raise ValueError("must be an uncompressed point of 65 bytes")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


def encrypt(
    message: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    salt: bytes | None = None,
    sender: EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return a message as the body of a push request to the device with these keys.

    `salt` and `sender` are made anew for each message; giving them is for test vectors. Raises
    `ValueError` for keys that are none, and for a message longer than `MOST_BYTES`.
    """
    if len(message) > MOST_BYTES:
        raise ValueError(f"a push message has at most {MOST_BYTES} bytes")
    if len(auth) != AUTH_BYTES:
        raise ValueError(f"must be {AUTH_BYTES} bytes")
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    sender = sender or generate_private_key(SECP256R1())
    receiver = device_key(p256dh)
    own_point = public_point(sender.public_key())
    # first both keys and the device's secret (RFC 8291 §3.3), then the salt (RFC 8188 §2.2)
    pair = _derive(
        sender.exchange(ECDH(), receiver), auth, b"WebPush: info\0" + p256dh + own_point, 32
    )
    key = _derive(pair, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(pair, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([PUBLIC_KEY_BYTES]) + own_point
    # the nonce of the first record is the derived one as it is: there is no second
    return header + AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
