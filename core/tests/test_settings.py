"""Settings: what is read from where, and that each bad value is named and never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from taskbell.settings import (
    LOCAL_JWT_SECRET,
    DatabaseSettings,
    MailSettings,
    PublicSettings,
    RedisSettings,
    Settings,
    TokenSettings,
    load,
    split_list,
)

LONG = "a-secret-of-more-than-32-bytes-for-tests"


class Everything(DatabaseSettings, RedisSettings, TokenSettings, MailSettings):
    """All groups at once, as a service composes them."""


GOOD = {
    "TASKBELL_ENV": "production",
    "DATABASE_URL": "postgresql://app:hunter2@db:5432/taskbell",
    "REDIS_URL": "redis://:hunter2@redis:6379/0",
    "JWT_SECRET": LONG,
    "SMTP_URL": "smtp://user:hunter2@mail:587",
    "PUBLIC_URL": "https://tasks.example.com/",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*GOOD, "MAIL_FROM", "JWT_PREVIOUS_SECRETS", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def refusal(settings: type[Settings] = Everything) -> str:
    with pytest.raises(SystemExit) as refused:
        load(settings)
    return str(refused.value)


def test_good_values_are_taken() -> None:
    settings = load(Everything)
    assert settings.public_url == "https://tasks.example.com"
    assert settings.database_url.get_secret_value() == GOOD["DATABASE_URL"]
    assert settings.log_level == "info"


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SMTP_URL", "JWT_SECRET"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_value_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    assert name in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TASKBELL_ENV", "staging"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("DATABASE_URL", "mysql://app:hunter2@db/taskbell"),
        ("DATABASE_URL", "app:hunter2"),
        ("DATABASE_URL", "postgresql://app:hunter2@db:54321000/taskbell"),
        ("DATABASE_POOL_SIZE", "0"),
        ("REDIS_URL", "http://:hunter2@redis"),
        ("REDIS_URL", "redis://:hunter2@redis:port/0"),
        ("SMTP_URL", "http://user:hunter2@mail"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://user:hunter2@mail:port"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "@example.com"),
        ("MAIL_FROM", "bell@"),
        ("PUBLIC_URL", "tasks.example.com"),
        ("PUBLIC_URL", "ftp://tasks.example.com"),
        ("JWT_SECRET", "hunter2"),
        ("JWT_PREVIOUS_SECRETS", "hunter2"),
        ("JWT_PREVIOUS_SECRETS", "[hunter2"),
    ],
)
def test_a_bad_value_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    message = refusal()
    assert f"{name}:" in message
    assert "hunter2" not in message


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("REDIS_URL", "nonsense")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    message = refusal()
    assert all(name in message for name in ("DATABASE_URL", "REDIS_URL", "LOG_LEVEL"))


@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_PREVIOUS_SECRETS"])
def test_the_known_secret_is_refused_in_production(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, LOCAL_JWT_SECRET)
    assert f"{name}:" in refusal()


def test_only_local_goes_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET")
    assert "JWT_SECRET" in refusal()
    monkeypatch.setenv("TASKBELL_ENV", "local")
    assert load(Everything).jwt_secret.get_secret_value() == LOCAL_JWT_SECRET


def test_production_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKBELL_ENV")
    assert load(Everything).taskbell_env == "production"


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{LONG}-from-a-file\n")
    monkeypatch.delenv("JWT_SECRET")
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "secret"))
    assert load(Everything).jwt_secret.get_secret_value() == f"{LONG}-from-a-file"


def test_the_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{LONG}-from-a-file")
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "secret"))
    assert load(Everything).jwt_secret.get_secret_value() == LONG


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_an_unreadable_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "secret"))
    assert "JWT_SECRET_FILE:" in refusal()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("a,b", ["a", "b"]),
        (" a , ,b ", ["a", "b"]),
        ('["a", "b,c"]', ["a", "b,c"]),
        ("", []),
        ("[]", []),
    ],
)
def test_lists(written: str, words: list[str]) -> None:
    assert split_list(written) == words


def test_older_secrets_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_PREVIOUS_SECRETS", f"{LONG}-1,{LONG}-2")
    assert load(Everything).jwt_previous_secrets == (SecretStr(f"{LONG}-1"), SecretStr(f"{LONG}-2"))


def test_secrets_are_not_shown_by_repr() -> None:
    assert "hunter2" not in repr(load(Everything))


def test_groups_ask_only_for_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert load(PublicSettings).taskbell_env == "production"
