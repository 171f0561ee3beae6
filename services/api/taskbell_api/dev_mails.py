"""`/dev/mails`: every mail with made-up data, as people see it. Only where TASKBELL_ENV is `local`.

The markup of a mail is shown in a sandboxed frame, light and dark, wide and narrow. A frame cannot
be told which colours its reader prefers, so the media query is answered here.
"""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from taskbell.errors import NotFoundError
from taskbell_api.access import public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskbell.mail.samples import Sample

BASE = "/dev/mails"
Scheme = Literal["light", "dark"]
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_WIDTHS = (("desktop", 680), ("phone", 375))
_DARK = "@media (prefers-color-scheme: dark)"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 24px; max-width: 1120px; overflow-wrap: anywhere; }
a { color: inherit; }
nav { columns: 3 16rem; }
nav a { display: block; padding: 2px 0; }
pre { padding: 16px; border: 1px solid #8885; border-radius: 8px; white-space: pre-wrap; }
.frames { display: flex; flex-wrap: wrap; gap: 16px; }
figure { margin: 0; }
figcaption { color: #888; font-size: 13px; }
iframe { display: block; height: 640px; border: 1px solid #8885; border-radius: 8px; }
.desktop { width: 680px; }
.phone { width: 375px; }
"""


def router(public_url: str) -> APIRouter:
    """Return the routes of the preview; links in the mails lead to `public_url`."""
    from taskbell.mail.samples import SAMPLES  # nothing of it is loaded anywhere else

    made = APIRouter(include_in_schema=False)

    @made.get(BASE)
    @public
    async def index() -> Response:
        return _page("Mails", _links(SAMPLES))

    @made.get(f"{BASE}/preview.css")
    @public
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css")

    @made.get(f"{BASE}/{{name}}")
    @public
    async def one(name: str) -> Response:
        mail = _message(SAMPLES, name, public_url)
        headers = "\n".join(f"{header}: {value}" for header, value in mail.items())
        return _page(
            mail["Subject"],
            f'<p><a href="{BASE}">All mails</a> · <a href="{BASE}/{escape(name)}/source">Source</a>'
            f"</p><pre>{escape(headers)}</pre>{_frames(name)}"
            f"<h2>Text</h2><pre>{escape(_body(mail, 'plain'))}</pre>{_links(SAMPLES)}",
        )

    @made.get(f"{BASE}/{{name}}/source")
    @public
    async def source(name: str) -> Response:
        return PlainTextResponse(_sample(SAMPLES, name).mail(public_url).content)

    @made.get(f"{BASE}/{{name}}/{{scheme}}")
    @public
    async def markup(name: str, scheme: Scheme) -> Response:
        html = _body(_message(SAMPLES, name, public_url), "html")
        answered = html.replace(_DARK, "@media all" if scheme == "dark" else "@media not all")
        return HTMLResponse(
            answered.replace("color-scheme: light dark", f"color-scheme: {scheme}"),
            headers={"Content-Security-Policy": _MAIL_POLICY},
        )

    return made


def _sample(samples: "Mapping[str, Sample]", name: str) -> "Sample":
    if name not in samples:
        raise NotFoundError
    return samples[name]


def _message(samples: "Mapping[str, Sample]", name: str, public_url: str) -> EmailMessage:
    content = _sample(samples, name).mail(public_url).content
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 (what this policy makes)
    return message


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _frames(name: str) -> str:
    frames = [
        f"<figure><figcaption>{width} px, {scheme}</figcaption>"
        f'<iframe class="{kind}" sandbox src="{BASE}/{escape(name)}/{scheme}"></iframe></figure>'
        for scheme in _SCHEMES
        for kind, width in _WIDTHS
    ]
    return f'<div class="frames">{"".join(frames)}</div>'


def _links(samples: "Mapping[str, Sample]") -> str:
    links = [f'<a href="{BASE}/{escape(name)}">{escape(name)}</a>' for name in samples]
    return f"<h2>All</h2><nav>{''.join(links)}</nav>"


def _page(title: str, body: str) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        f'<link rel="stylesheet" href="{BASE}/preview.css"></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>",
        headers={"Content-Security-Policy": _PAGE_POLICY},
    )
