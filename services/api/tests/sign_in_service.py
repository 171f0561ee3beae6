"""A sign-in service as Better Auth is one: a server on this machine with keys, and their tokens."""

import base64
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Answer = Callable[[BaseHTTPRequestHandler], None]


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Pair:
    """A key pair, and its public half as Better Auth shows it."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = Ed25519PrivateKey.generate()
        self.public_bytes = self.private.public_key().public_bytes_raw()

    @property
    def jwk(self) -> dict[str, Any]:
        x = base64url(self.public_bytes)
        return {"alg": "EdDSA", "crv": "Ed25519", "x": x, "kty": "OKP", "kid": self.kid}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Return a token; with any header and claims, also such as no library would write."""
        text = unsigned({"alg": "EdDSA", "kid": self.kid} | header, claims)
        return f"{text}.{base64url(self.private.sign(text.encode()))}"


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))


class SignInService:
    """A server whose keys can be exchanged, and which can be stopped and started again."""

    def __init__(self) -> None:
        self.pairs = [Pair("k1")]
        self.paths: list[str] = []
        self.answer: Answer = self.key_set
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def fetches(self) -> int:
        return len(self.paths)

    def start(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.paths.append(self.path)
                service.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """Who asked went away, as a test wants it."""

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def key_set(self, request: BaseHTTPRequestHandler) -> None:
        send(request, json.dumps({"keys": [pair.jwk for pair in self.pairs]}).encode())

    def rotate(self, *, keep: bool = True) -> Pair:
        """Sign with a new pair from now on; the older ones are shown if they are to be kept."""
        self.pairs = [*(self.pairs if keep else []), Pair(f"k{len(self.pairs) + 1}")]
        return self.pairs[-1]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return what Better Auth writes into a token by default; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iat": now,
            "name": "Ada",
            "email": "ada@example.com",
            "emailVerified": True,
            "image": None,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
            "id": "u1",
            "sub": "u1",
            "exp": now + 900,
            "iss": self.url,
            "aud": self.url,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **changes: Any) -> str:
        return self.pairs[-1].sign(self.claims(**changes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def send(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds
