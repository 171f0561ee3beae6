"""What a mail looks like: text and HTML from Jinja2 templates, headers by `email`."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from email_validator import validate_email
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from taskbell.clock import now
from taskbell.mail.errors import PermanentMailError

# 7bit: not every server takes 8BITMIME
_POLICY = SMTP.clone(cte_type="7bit")

MOST_TO = 65
_QUOTED = re.compile(r"[()<>@,:;.\[\]\"\\]")
"""Names with these need quotes, which `email` loses when it folds a line, so that one address reads
as two: where they do not fit on one line with the address, they are left out."""

_environment = Environment(
    loader=PackageLoader("taskbell.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def in_zone(value: datetime, zone: str) -> str:
    """Return an instant in words, in the time of a zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({zone})"


def _duration(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"


_environment.filters["local"] = in_zone
_environment.filters["duration"] = _duration


@dataclass(frozen=True)
class Recipient:
    """To whom."""

    email: str
    name: str


def compose(
    template: str,
    *,
    job_id: UUID,
    sender: str,
    recipient: Recipient,
    subject: str,
    context: dict[str, Any],
) -> EmailMessage:
    """Return the message of `templates/<template>.txt` and `.html`.

    `Message-ID` is made of the job's id, so that a second copy of the same mail can be told by
    mail clients and by us (RFC 5322 §3.6.4). Never answered by machines (RFC 3834 §5).
    """
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2] or "localhost"
    # only names before the @ that are not ASCII need SMTPUTF8 (RFC 6532)
    wide = not recipient.email.rpartition("@")[0].isascii()
    message = EmailMessage(policy=_POLICY.clone(utf8=wide))
    message["From"] = _address(name, address)
    message["To"] = _address(recipient.name, recipient.email)
    message["Subject"] = _line(subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{job_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for suffix, subtype in (("txt", "plain"), ("html", "html")):
        body = _environment.get_template(f"{template}.{suffix}").render(
            subject=subject, recipient=recipient, **context
        )
        if subtype == "plain":
            message.set_content(body)
        else:
            message.add_alternative(body, subtype=subtype)
    return message


def _address(name: str, address: str) -> Address:
    local_part, _, domain = address.rpartition("@")
    if "=?" in local_part:  # `email` would decode it, as it does in names
        raise PermanentMailError("the address reads as an encoded word (RFC 2047)")
    if not domain.isascii():  # in mail, domains travel in their ASCII form (RFC 5890)
        domain = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
    shown = _line(name)
    if len(shown) + len(address) > MOST_TO and _QUOTED.search(shown):
        shown = ""
    return Address(shown, username=local_part, domain=domain)


def _line(value: str) -> str:
    # a header is one line; what ends one (U+2028 too) would be refused, and the mail never sent.
    # "=?" would be read as an encoded word (RFC 2047), and decoded: line ends, headers and all.
    return " ".join(value.split()).replace("=?", "=\u200b?")
