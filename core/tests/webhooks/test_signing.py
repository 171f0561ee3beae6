"""Signatures are those of Standard Webhooks."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from taskbell.clock import now
from taskbell.webhooks.signing import headers, make_secret, sign, wire_id

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = UUID("01890000-0000-7000-8000-000000000000")


def test_the_published_example_comes_out_the_same() -> None:
    signature = sign(
        SECRET,
        message="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_32_random_bytes() -> None:
    made = {make_secret() for _ in range(10)}
    assert len(made) == 10
    for secret in made:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_each_valid_secret_signs() -> None:
    moment = datetime(2030, 1, 31, 9, tzinfo=UTC)
    other = make_secret()
    sent = headers([other, SECRET], message_id=MESSAGE, moment=moment, body=b"{}")
    timestamp = int(moment.timestamp())
    assert sent["webhook-id"] == wire_id(MESSAGE) == "msg_01890000000070008000000000000000"
    assert sent["webhook-timestamp"] == str(timestamp)
    assert sent["webhook-signature"].split(" ") == [
        sign(secret, message=wire_id(MESSAGE), timestamp=timestamp, body=b"{}")
        for secret in (other, SECRET)
    ]


def test_the_documented_check_works() -> None:
    text = (Path(__file__).parents[3] / "docs/webhooks.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    is_genuine = names["is_genuine"]
    body, other = "{“a”: 1}".encode(), make_secret()
    sent = headers([other, SECRET], message_id=MESSAGE, moment=now(), body=body)
    assert is_genuine(SECRET, sent, body)
    assert is_genuine(other, sent, body)
    assert not is_genuine(make_secret(), sent, body)
    assert not is_genuine(SECRET, sent, body + b" ")
    old = headers([SECRET], message_id=MESSAGE, moment=now() - timedelta(minutes=6), body=body)
    assert not is_genuine(SECRET, old, body)
