"""A real push service on the loopback: it checks who sends, opens what came, and answers what a
test tells it to.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
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

from taskbell.push.encryption import public_point
from taskbell.push.vapid import from_base64, to_base64

DROP = 0
"""An answer: the connection is closed without one."""

HANG = 1
"""An answer: nothing is said until the service is closed."""


@dataclass(frozen=True)
class Answer:
    """What the service says to a request."""

    status: int = 201
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Got:
    """A message that came: what its headers say, what it says, and the claims of its token."""

    headers: dict[str, str]
    payload: dict[str, Any]
    size: int
    claims: dict[str, Any]


@dataclass
class Device:
    """A browser that subscribed: its endpoint, its keys, the answers to come, and what it got.

    The last of `answers` is given again and again.
    """

    endpoint: str
    private: EllipticCurvePrivateKey
    auth: bytes
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    got: list[Got] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, str]:
        p256dh = public_point(self.private.public_key())
        return {"p256dh": to_base64(p256dh), "auth": to_base64(self.auth)}

    @property
    def subscription(self) -> dict[str, Any]:
        """What the page sends to the API."""
        return {"endpoint": self.endpoint, "keys": self.keys}

    def open(self, body: bytes) -> bytes:
        """Decrypt a message as a browser does (RFC 8291 §3, RFC 8188 §2)."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender_point, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "one record"
        sender = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender_point)
        own_point = public_point(self.private.public_key())
        info = b"WebPush: info\0" + own_point + sender_point
        shared = HKDF(SHA256(), 32, self.auth, info).derive(self.private.exchange(ECDH(), sender))
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(shared)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(shared)
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded[-1:] == b"\x02", "the last record"
        return padded[:-1]


class PushService:
    """Devices subscribe here. `key`: the one public key that may send; None while nobody said."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.requests = 0
        self.closing = threading.Event()
        self.key: str | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service.take(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"

    def device(self, *answers: int | Answer) -> Device:
        """Subscribe a browser, to which the service will give these answers, statuses or whole."""
        path = f"/send/{secrets.token_urlsafe(24)}"
        made = Device(
            self.origin + path, generate_private_key(SECP256R1()), secrets.token_bytes(16)
        )
        if answers:
            made.answers = [
                one if isinstance(one, Answer) else Answer(one, "because") for one in answers
            ]
        self.devices[path] = made
        return made

    def take(self, request: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        body = request.rfile.read(int(request.headers["Content-Length"]))
        device = self.devices.get(request.path)
        answer = Answer(404, "never heard of it")
        if device is not None:
            answer = device.answers.pop(0) if len(device.answers) > 1 else device.answers[0]
            problem = self._problem(request, device, body, answer)
            if problem:
                answer = Answer(400, problem)
        if answer.status in {DROP, HANG}:
            if answer.status == HANG:
                self.closing.wait(60)
            request.close_connection = True
            return
        content = answer.body.encode()
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _problem(
        self, request: BaseHTTPRequestHandler, device: Device, body: bytes, answer: Answer
    ) -> str:
        """Return what is wrong with a request; keep the message of one that is taken."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdigit():
            return "wrong headers"
        if len(body) > 4096 or len(headers.get("topic", "")) > 32:
            return "too long"
        try:
            claims = self._claims(headers["authorization"])
            payload = json.loads(device.open(body))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        if 200 <= answer.status < 300:
            device.got.append(Got(headers, payload, len(body), claims))
        return ""

    def _claims(self, authorization: str) -> dict[str, Any]:
        """Return the claims of a VAPID token, checked as RFC 8292 §2 and §4.2 want it."""
        scheme, _, rest = authorization.partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme, set(fields)) == ("vapid", {"t", "k"})
        assert self.key in {None, fields["k"]}, "not the key it was subscribed with"
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64(fields["k"]))
        claims: dict[str, Any] = jwt.decode(
            fields["t"], key, algorithms=["ES256"], audience=self.origin
        )
        assert set(claims) == {"aud", "exp", "sub"}
        assert claims["exp"] <= time.time() + 24 * 3600
        assert claims["sub"].startswith(("mailto:", "https:"))
        return claims


@contextmanager
def push_service() -> Iterator[PushService]:
    """Run a push service until the block ends."""
    service = PushService()
    thread = threading.Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        service.closing.set()
        service.server.shutdown()
        thread.join()
        service.server.server_close()
