"""What became of a delivery, in words for its owner. Pure."""

from typing import Literal

from taskbell.notifications.channels import Channel

DeliveryState = Literal["planned", "sending", "sent", "failed", "unknown", "skipped"]

_TAKER: dict[Channel, str] = {
    "email": "the mail server",
    "in_app": "Taskbell",
    "push": "the push service",
    "webhook": "the webhook",
}


def in_words(
    channel: Channel,
    state: DeliveryState,
    *,
    target: str | None,
    late_seconds: int | None,
    response: str | None,
) -> str:
    """Return one sentence; `late_seconds` under a minute count as on time."""
    taker = _TAKER[channel] + (f" ({target})" if target else "")
    if state == "planned":
        return "Waiting for its moment."
    if state == "sending":
        return f"On its way to {taker}."
    said = f": {response.rstrip('.')}" if response else ""
    if state == "sent":
        when = f", {duration(late_seconds)} late" if late_seconds and late_seconds >= 60 else ""
        if channel == "in_app":
            return f"Shown in Taskbell{when}."
        return f"Accepted by {taker}{when}{said}."
    if state == "failed":
        return f"Not accepted by {taker}{said}."
    if state == "unknown":
        return f"Cut off before {taker} answered: it may have arrived{said}."
    return f"Not sent{said}."


def duration(seconds: int) -> str:
    """Return a time in its largest unit, such as `3 h`; rounded down."""
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
