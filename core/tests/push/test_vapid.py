"""Who sends: tokens that a push service can check."""

from datetime import datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell import clock
from taskbell.push import vapid
from taskbell.push.settings import PushSettings, subject_of
from taskbell.push.vapid import MOST_ORIGINS, Signer, from_base64, new_key, signer, to_base64

SUBJECT = "mailto:admin@example.com"


def token_of(header: str) -> str:
    return header.removeprefix("vapid t=").split(",")[0]


def test_a_token_names_the_origin_and_the_sender_and_ends() -> None:
    made = Signer(new_key(), subject=SUBJECT)
    header = made.authorization("https://push.example.com/send/secret?x=1")
    assert header == f"vapid t={token_of(header)}, k={made.public_key}"
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64(made.public_key))
    claims = jwt.decode(
        token_of(header), key, algorithms=["ES256"], audience="https://push.example.com"
    )
    assert claims["sub"] == SUBJECT
    assert set(claims) == {"aud", "exp", "sub"}, "nothing of the endpoint"
    left = claims["exp"] - clock.now().timestamp()
    assert 11.9 * 3600 < left <= 12 * 3600


def test_a_token_is_made_once_for_an_origin_and_some_hours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, start = Signer(new_key(), subject=SUBJECT), clock.now()

    def at(hours: float, host: str = "a") -> str:
        moment: datetime = start + timedelta(hours=hours)
        monkeypatch.setattr(vapid, "now", lambda: moment)
        return made.authorization(f"https://{host}.example.com:8443/{hours}")

    first = at(0)
    assert at(5.9) == first
    assert at(0, host="b") != first
    assert at(6.1) != first
    assert at(0) not in {first, at(6.2)}, "the clock was set back"


def test_not_every_origin_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vapid, "MOST_ORIGINS", 3)
    assert MOST_ORIGINS > 3
    made = Signer(new_key(), subject=SUBJECT)
    for number in range(10):
        made.authorization(f"https://{number}.example.com/")
    assert len(made._tokens) <= 3


@pytest.mark.parametrize("text", ["", "AA", "AAA", "AAAA", "_-8", "AA==", "AAA="])
def test_base64url_is_read_with_and_without_padding(text: str) -> None:
    assert to_base64(from_base64(text)) == text.rstrip("=")


@pytest.mark.parametrize("text", ["A", "A A", "Aé", "A$AA", "AA\n"])
def test_what_is_no_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_base64(text)


async def test_an_installation_has_one_key(session: AsyncSession) -> None:
    first = await signer(session, subject=SUBJECT)
    assert await signer(session, subject=SUBJECT) is first, "read once"
    assert (await signer(session)).public_key == first.public_key
    assert len(from_base64(first.public_key)) == 65


@pytest.mark.parametrize("value", ["admin@example.com", "mailto:", "http://x", "mailto:a b@c"])
def test_a_wrong_subject_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VAPID_SUBJECT", value)
    with pytest.raises(ValueError, match="must be a URI"):
        PushSettings()


@pytest.mark.parametrize("value", ["", "mailto:a@example.com", "https://example.com/contact"])
def test_the_subject_is_a_setting_or_who_mails_come_from(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("VAPID_SUBJECT", value)
    subject = subject_of(PushSettings().vapid_subject, mail_from="Taskbell <bell@example.org>")
    assert subject == (value or "mailto:bell@example.org")
