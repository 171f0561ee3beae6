"""What a mail looks like: text and HTML from Jinja2 templates, headers and encoding by `wire`."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any
from uuid import UUID

from email_validator import validate_email
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from taskbell.clock import now
from taskbell.mail import wire, words
from taskbell.mail.errors import PermanentMailError

MOST_NAME = 100
MOST_SUBJECT = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_environment = Environment(
    loader=PackageLoader("taskbell.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    cache_size=-1,  # a plain dictionary: there are few, and each mail looks up three
)


_environment.filters |= {
    "local": words.in_zone,
    "day": words.day,
    "duration": words.duration,
    "short": words.short_duration,
    "when": words.when,
}


@dataclass(frozen=True)
class Recipient:
    """To whom."""

    email: str
    name: str


@dataclass(frozen=True)
class Mail:
    """A mail as it travels: the addresses of the envelope and the bytes of the message.

    `content` is ASCII, unless an address is not; each line ends with CRLF.
    """

    sender: str
    recipient: str
    content: bytes


def compose(
    template: str,
    *,
    job_id: UUID,
    sender: str,
    recipient: Recipient,
    subject: str,
    context: dict[str, Any],
    unsubscribe_url: str | None = None,
) -> Mail:
    """Return the mail of `templates/<template>.txt` and `.html`.

    `Message-ID` is made of the job's id, so that a second copy of the same mail can be told by
    mail clients and by us (RFC 5322 §3.6.4). Never answered by machines (RFC 3834 §5).
    `unsubscribe_url` takes a POST (RFC 8058); it belongs into mails that somebody subscribed to.
    Raises `PermanentMailError` when the address cannot be written.
    """
    from_ = _sender(sender)
    to = _address(recipient.name, recipient.email)
    bodies = [
        (
            subtype,
            _environment.get_template(f"{template}.{suffix}").render(
                subject=subject, recipient=recipient, **context
            ),
        )
        for suffix, subtype in (("txt", "plain"), ("html", "html"))
    ]
    try:
        headers = [
            wire.address_header("From", from_),
            wire.address_header("To", to),
            wire.header("Subject", _line(subject, MOST_SUBJECT)),
            f"Date: {format_datetime(now())}\r\n",
            f"Message-ID: <{job_id}@{from_.domain}>\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ]
        if unsubscribe_url is not None:
            headers.append(wire.link_header("List-Unsubscribe", unsubscribe_url))
            headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        text = "".join(headers) + wire.alternatives(*bodies, boundary=f"=_{job_id.hex}")
        content = text.encode()
    except ValueError as error:
        raise PermanentMailError(f"the mail cannot be written: {type(error).__name__}") from None
    return Mail(from_.addr_spec, to.addr_spec, content)


@cache
def _sender(written: str) -> Address:
    name, address = parseaddr(written)
    if "@" not in address:
        address += "@localhost"
    return _address(name, address)


def _address(name: str, address: str) -> Address:
    local_part, _, domain = address.rpartition("@")
    if "=?" in local_part:  # it would be decoded, as in names
        raise PermanentMailError("the address reads as an encoded word (RFC 2047)")
    if not domain.isascii():  # in mail, domains travel in their ASCII form (RFC 5890)
        domain = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
    # what decodes twice must not find addresses in a name (RFC 2047)
    shown = _line(name, MOST_NAME).replace("=?", "=\u200b?")
    return Address(shown, username=local_part, domain=domain)


def _line(value: str, limit: int) -> str:
    # a header is one line; what ends one anywhere (U+2028 too) is a space here
    return " ".join(_CONTROL.sub("", " ".join(value.split())).split())[:limit].rstrip()
