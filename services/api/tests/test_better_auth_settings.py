"""Settings of sign-in by Better Auth: what is refused at the start, and that no secret is shown."""

import json
from pathlib import Path

import pytest

from taskbell.settings import load
from taskbell_api.better_auth_settings import PUBLISHED_SECRET, BetterAuthSettings

from .sign_in_service import Pair

SECRET = "a-secret-of-more-than-32-bytes-for-both"
OWN, OLD = "our-own-secret-of-more-than-32-bytes", "an-older-secret-of-more-than-32-bytes"
NAMES = ("URL", "AUDIENCE", "JWKS_FILE", "SECRET", "SECRET_FILE")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"BETTER_AUTH_{name}", raising=False)
    monkeypatch.setenv("TASKBELL_ENV", "production")
    monkeypatch.setenv("JWT_SECRET", OWN)
    monkeypatch.setenv("JWT_PREVIOUS_SECRETS", OLD)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> BetterAuthSettings:
    for name, value in values.items():
        monkeypatch.setenv(f"BETTER_AUTH_{name}", value)
    return load(BetterAuthSettings)


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    with pytest.raises(SystemExit) as refused:
        given(monkeypatch, **values)
    return str(refused.value)


def key_file(folder: Path, *keys: object) -> str:
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return str(path)


def test_nothing_need_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    made = given(monkeypatch, URL="", SECRET="", AUDIENCE="", JWKS_FILE="")
    assert (made.better_auth_url, made.better_auth_secret) == (None, None)


def test_everything_may_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    file = key_file(tmp_path, Pair("k1").jwk)
    made = given(
        monkeypatch,
        URL="https://app.example.com/",
        AUDIENCE="taskbell",
        JWKS_FILE=file,
        SECRET_FILE=str(secret),
    )
    assert made.better_auth_url == "https://app.example.com"
    assert (made.better_auth_audience, str(made.better_auth_jwks_file)) == ("taskbell", file)
    assert made.better_auth_secret is not None
    assert made.better_auth_secret.get_secret_value() == SECRET


@pytest.mark.parametrize(
    "url",
    [
        "app.example.com",
        "ftp://app.example.com",
        "https://",
        "https://u:p@app.example.com",
        "https://app.example.com?x=1",
        "https://app.example.com#x",
        "https://app.example.com:port",
        "https://äpp.example.com",
        "http://app.example.com",
        "http://93.184.216.34",
    ],
)
def test_urls_that_are_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "BETTER_AUTH_URL: must" in refusal(monkeypatch, URL=url)


@pytest.mark.parametrize(
    "host",
    ["localhost:3000", "127.0.0.1", "[::1]:3000", "web:3000", "10.1.2.3", "host.docker.internal"],
)
def test_http_is_for_what_is_near(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert given(monkeypatch, URL=f"http://{host}").better_auth_url == f"http://{host}"


def test_http_is_for_what_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = key_file(tmp_path, Pair("k1").jwk)
    assert given(monkeypatch, URL="http://app.example.com", JWKS_FILE=file).better_auth_url


def test_http_is_for_trying_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKBELL_ENV", "local")
    assert given(monkeypatch, URL="http://app.example.com").better_auth_url


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("too-short", "at least 32 bytes"),
        ("x" * 31, "at least 32 bytes"),
        (OWN, "JWT_SECRET"),
        (OLD, "JWT_SECRET"),
        (PUBLISHED_SECRET, "everybody knows"),
    ],
)
def test_secrets_that_are_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str, reason: str
) -> None:
    said = refusal(monkeypatch, SECRET=secret)
    assert "BETTER_AUTH_SECRET: " in said
    assert reason in said
    assert secret not in said


def test_settings_that_need_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "BETTER_AUTH_AUDIENCE: needs" in refusal(monkeypatch, AUDIENCE="taskbell")
    file = key_file(tmp_path, Pair("k1").jwk)
    assert "BETTER_AUTH_JWKS_FILE: needs" in refusal(monkeypatch, JWKS_FILE=file, SECRET=SECRET)


def test_key_files_that_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = "https://app.example.com"
    for path, reason in (
        (str(tmp_path / "none"), "cannot be read"),
        (str(tmp_path), "cannot be read"),
        (key_file(tmp_path, {"kty": "oct", "kid": "k1", "k": "AAAA"}), "no Ed25519 public key"),
    ):
        said = refusal(monkeypatch, URL=url, JWKS_FILE=path)
        assert "BETTER_AUTH_JWKS_FILE: " in said
        assert reason in said
    (tmp_path / "text").write_text("no set")
    assert "JSON Web Key Set" in refusal(monkeypatch, URL=url, JWKS_FILE=str(tmp_path / "text"))
