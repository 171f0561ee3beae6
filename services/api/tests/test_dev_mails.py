"""The preview of mails: there for whoever works on them, and nowhere else."""

import re

import pytest

from taskbell.mail.samples import SAMPLES

from .conftest import ORIGIN, MakeApi, assert_problem

URL = f"{ORIGIN}/dev/mails"
PATHS = ("", "/reminder", "/reminder/source", "/reminder/light", "/reminder/dark", "/preview.css")


async def test_production_has_no_preview(make_api: MakeApi) -> None:
    api = make_api(taskbell_env="production", jwt_secret="x" * 32)
    for path in PATHS:
        assert_problem(await api.get(f"{URL}{path}"), 404, "path_not_found")


async def test_every_mail_can_be_looked_at(make_api: MakeApi) -> None:
    api = make_api(taskbell_env="local")
    index = await api.get(URL)
    assert index.status_code == 200
    for name, sample in SAMPLES.items():
        assert f'href="/dev/mails/{name}"' in index.text
        page = await api.get(f"{URL}/{name}")
        assert page.status_code == 200
        assert page.text.count("<iframe") == page.text.count("sandbox src=") == 4
        assert sample.subject.split(" ")[0] in page.text
        assert (await api.get(f"{URL}/{name}/source")).text.startswith("From: ")


async def test_nothing_of_a_mail_can_run_or_load(make_api: MakeApi) -> None:
    api = make_api(taskbell_env="local")
    for scheme in ("light", "dark"):
        answer = await api.get(f"{URL}/reminder/{scheme}")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; sandbox;")
    page = await api.get(f"{URL}/reminder")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text


async def test_light_and_dark_differ(make_api: MakeApi) -> None:
    api = make_api(taskbell_env="local")
    light, dark = [(await api.get(f"{URL}/digest/{scheme}")).text for scheme in ("light", "dark")]
    assert "@media not all" in light
    assert "@media all" in dark
    assert not re.search("prefers-color-scheme", light + dark)


@pytest.mark.parametrize("path", ["/none", "/none/source", "/none/dark", "/reminder/blue"])
async def test_what_is_not_there_is_not_there(make_api: MakeApi, path: str) -> None:
    api = make_api(taskbell_env="local")
    assert (await api.get(f"{URL}{path}")).status_code in {404, 422}


async def test_the_preview_is_no_part_of_the_contract(make_api: MakeApi) -> None:
    api = make_api(taskbell_env="local")
    paths = (await api.get(f"{ORIGIN}/api/openapi.json")).json()["paths"]
    assert not [path for path in paths if "dev" in path]
