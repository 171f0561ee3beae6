"""Key sets: which keys of a document are taken, and a file in place of a server."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from taskbell_api.jwks import FileKeys, Key, read_keys

from .sign_in_service import Pair, base64url


def jwk_of(algorithm: Any, key: Any) -> dict[str, Any]:
    made: dict[str, Any] = algorithm.to_jwk(key, as_dict=True)
    return made


GOOD = Pair("k1")
OTHERS = {
    "private": GOOD.jwk | {"d": base64url(GOOD.private.private_bytes_raw())},
    "secret": {"kty": "oct", "k": base64url(b"x" * 32), "alg": "HS256"},
    "secret called EdDSA": GOOD.jwk | {"kty": "oct", "k": base64url(b"x" * 32)},
    "RSA": jwk_of(RSAAlgorithm, rsa.generate_private_key(65537, 2048).public_key()),
    "P-256": jwk_of(ECAlgorithm, ec.generate_private_key(ec.SECP256R1()).public_key()),
    "Ed448": jwk_of(OKPAlgorithm, ed448.Ed448PrivateKey.generate().public_key()),
    "X25519": GOOD.jwk
    | {
        "crv": "X25519",
        "x": base64url(x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()),
    },
    "for encryption": GOOD.jwk | {"use": "enc"},
    "another algorithm": GOOD.jwk | {"alg": "HS256"},
    "too short": GOOD.jwk | {"x": base64url(b"x" * 31)},
    "not base64": GOOD.jwk | {"x": "!" * 43},
    "not even text": GOOD.jwk | {"x": 7},
    "an id that is no text": GOOD.jwk | {"kid": 1},
    "an empty id": GOOD.jwk | {"kid": ""},
    "a long id": GOOD.jwk | {"kid": "k" * 256},
    "no id": {name: value for name, value in GOOD.jwk.items() if name != "kid"},
    "no object": "k1",
}


@pytest.mark.parametrize("name", OTHERS)
def test_only_public_ed25519_keys_are_taken(name: str) -> None:
    other = OTHERS[name]
    if isinstance(other, dict) and name not in {"no id"}:
        other = {"kid": "other"} | other
    second = Pair("k2")
    assert list(read_keys(json.dumps({"keys": [other, second.jwk]}).encode())) == ["k2"]


def test_the_first_of_two_keys_with_one_id_counts() -> None:
    found = read_keys(json.dumps({"keys": [GOOD.jwk, Pair("k1").jwk]}).encode())
    assert material(found["k1"]) == GOOD.public_bytes


def material(key: Key) -> bytes:
    assert not isinstance(key.material, bytes)
    return key.material.public_bytes_raw()


def write(path: Path, *pairs: Pair) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"keys": [pair.jwk for pair in pairs]}))
    os.replace(fresh, path)


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    write(path, GOOD)
    keys = FileKeys(path)
    first = await keys.find("k1")
    assert first is not None
    assert await keys.find("k1") is first
    write(path, second := Pair("k2"))
    assert await keys.find("k1") is None
    found = await keys.find("k2")
    assert found is not None
    assert material(found) == second.public_bytes
    path.write_text("{")
    assert await keys.find("k2") is found
    path.unlink()
    assert await keys.find("k2") is found
    write(path, GOOD)
    assert await keys.find("k1") is not None
