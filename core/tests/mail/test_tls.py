"""Encryption: what is offered is used, what is presented is verified, what is required is there."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.tests.mail.test_smtp import a_mail
from taskbell.mail.errors import TemporaryMailError
from taskbell.mail.smtp import Mailer

DAY = timedelta(days=1)


class Authority:
    """A private CA and the certificates it makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Private CA")])
        self.file = folder / "ca.pem"
        certificate = self._certificate(self._name, self._key.public_key(), None, DAY)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *, ip: str = "127.0.0.1", lasts: timedelta = DAY) -> ssl.SSLContext:
        """Return what a server with a certificate for `ip` needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
        certificate = self._certificate(name, key.public_key(), ip, lasts)
        file = self._folder / f"{ip}-{lasts.days}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _certificate(
        self, name: x509.Name, key: Any, ip: str | None, lasts: timedelta
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        own = self._key.public_key()
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * DAY)
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(ca=ip is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )
        if ip is not None:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(ip))])
            made = made.add_extension(names, critical=False)
        else:
            may = dict.fromkeys(
                ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **may)
            made = made.add_extension(usage, critical=True)
        return made.sign(self._key, hashes.SHA256())


@dataclass
class Mailbox:
    """A real SMTP server's mails, each with whether it came encrypted; and who signed in."""

    port: int = 0
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, _session: Any, _envelope: Any) -> str:  # noqa: N802
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 taken"

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        envelope.mail_from = address
        return "250 ok"

    def authenticate(
        self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        right = data.password == b"s/ecret"
        return AuthResult(success=right, handled=right)


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, **more: Any
) -> AsyncIterator[Mailbox]:
    box = Mailbox()
    transports: list[asyncio.BaseTransport] = []

    class Protocol(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.append(transport)
            super().connection_made(transport)

    listening = await asyncio.get_running_loop().create_server(
        lambda: Protocol(
            box, tls_context=starttls, authenticator=box.authenticate, hostname="mail", **more
        ),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    box.port = listening.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        listening.close()
        for transport in transports:
            transport.close()
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The operator's own CA, made known the way OpenSSL is told."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


async def send(url: str, *, mails: int = 1) -> list[str]:
    """Send, and return the transcript of the last."""
    lines: list[str] = []

    async def before_data() -> None:
        pass

    mailer = Mailer(url, timeout=5)
    try:
        for _ in range(mails - 1):
            await mailer.send(a_mail(), before_data=before_data)
        await mailer.send(a_mail(), before_data=before_data, transcript=lines)
    finally:
        await mailer.close()
    return lines


async def test_starttls_is_used_where_it_is_offered(trusted: Authority) -> None:
    async with mail_server(starttls=trusted.context()) as box:
        lines = await send(f"smtp://127.0.0.1:{box.port}", mails=3)
    assert box.encrypted == [True] * 3
    at = lines.index("→ STARTTLS")
    assert lines[at + 1].startswith("← 220")
    assert lines[at + 2].startswith("→ EHLO")


async def test_starttls_can_be_required(trusted: Authority) -> None:
    async with mail_server(starttls=trusted.context()) as box:
        await send(f"smtp://127.0.0.1:{box.port}?starttls=require")
    assert box.encrypted == [True]


async def test_implicit_tls(trusted: Authority) -> None:
    async with mail_server(tls=trusted.context()) as box:
        lines = await send(f"smtps://127.0.0.1:{box.port}", mails=3)
    assert box.encrypted == [True] * 3
    assert "→ STARTTLS" not in lines


async def test_authentication_over_tls(trusted: Authority) -> None:
    async with mail_server(starttls=trusted.context(), auth_require_tls=True) as box:
        url = f"smtp://bell%40x:s%2Fecret@127.0.0.1:{box.port}?starttls=require"
        lines = await send(url, mails=2)
        assert box.logins == [(b"bell@x", b"s/ecret")] * 2
        assert "s/ecret" not in "".join(lines)
        with pytest.raises(TemporaryMailError, match="535"):
            await send(f"smtp://bell:wrong@127.0.0.1:{box.port}")
    assert box.encrypted == [True] * 2


@pytest.mark.parametrize("query", ["", "?starttls=require"])
async def test_a_certificate_of_nobody_is_refused(authority: Authority, query: str) -> None:
    async with mail_server(starttls=authority.context()) as box:
        with pytest.raises(TemporaryMailError, match="certificate of the mail server is not valid"):
            await send(f"smtp://127.0.0.1:{box.port}{query}")
    assert box.encrypted == []
    assert box.commands == []


async def test_a_certificate_of_nobody_is_refused_under_implicit_tls(authority: Authority) -> None:
    async with mail_server(tls=authority.context()) as box:
        with pytest.raises(TemporaryMailError, match="certificate of the mail server is not valid"):
            await send(f"smtps://127.0.0.1:{box.port}")
    assert box.encrypted == []
    assert box.commands == []


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_certificate_of_another_server_is_refused(
    trusted: Authority, implicit: bool
) -> None:
    context = trusted.context(ip="127.0.0.2")
    kind: dict[str, Any] = {"tls": context} if implicit else {"starttls": context}
    async with mail_server(**kind) as box:
        with pytest.raises(TemporaryMailError, match="not valid"):
            await send(f"{'smtps' if implicit else 'smtp'}://127.0.0.1:{box.port}")
    assert box.encrypted == []
    assert box.commands == []


async def test_a_certificate_that_has_expired_is_refused(trusted: Authority) -> None:
    async with mail_server(starttls=trusted.context(lasts=-DAY)) as box:
        with pytest.raises(TemporaryMailError, match="expired"):
            await send(f"smtp://127.0.0.1:{box.port}")
    assert box.encrypted == []
    assert box.commands == []


async def test_an_offer_that_somebody_took_away_ends_it_where_it_is_required() -> None:
    """No sign-in and no sender goes out in the clear."""
    async with mail_server(auth_require_tls=False) as box:
        with pytest.raises(TemporaryMailError, match="no encryption"):
            await send(f"smtp://bell:s%2Fecret@127.0.0.1:{box.port}?starttls=require")
    assert box.logins == []
    assert box.commands == []


async def test_a_server_without_tls_is_no_smtps_server() -> None:
    async with mail_server() as box:
        with pytest.raises(TemporaryMailError, match="cannot connect"):
            await send(f"smtps://127.0.0.1:{box.port}")
    assert box.commands == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_says_nothing_is_not_waited_for_long(scheme: str) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side is tired of it
        writer.close()

    listening = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    mailer = Mailer(f"{scheme}://127.0.0.1:{port}", timeout=0.3)

    async def before_data() -> None:
        raise AssertionError

    async with asyncio.timeout(5):
        with pytest.raises(TemporaryMailError, match="cannot connect"):
            await mailer.send(a_mail(), before_data=before_data)
    listening.close()
