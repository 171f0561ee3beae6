"""When a digest goes out. Pure: a zone, a time of day and an instant in, a plan out.

The day of a digest is the local date on which it goes out. There is one for each day at most, and
days only go forward: who flies to where it is yesterday waits until it is tomorrow there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from taskbell.recurrence.slots import instant_of, today

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Planned:
    """The day of the digest that is to go out now, if any, and when the next one is to."""

    day: date | None
    next_at: datetime


def next_at(*, zone: str, at_time: time, after: datetime, last_day: date | None) -> datetime:
    """Return when the first digest after an instant goes out, whose day is later than `last_day`.

    A time that a change of the zone leaves out moves forward, of one that comes twice it is the
    first.
    """
    day = today(after, zone) - DAY
    if last_day is not None:
        day = max(day, last_day - DAY)  # where a gap ends the day, one of yesterday is of today
    while True:
        moment = instant_of(datetime.combine(day, at_time), zone)
        if moment > after and (last_day is None or today(moment, zone) > last_day):
            return moment
        day += DAY


def plan_due(*, zone: str, at_time: time, at: datetime, last_day: date | None) -> Planned:
    """Return what to do at an instant when a digest is due.

    After an outage the digest of the same day goes out late; those of days that are over do not.
    """
    here = today(at, zone)
    passed = [
        moment
        for day in (here - DAY, here)
        for moment in [instant_of(datetime.combine(day, at_time), zone)]
        if moment <= at and today(moment, zone) == here
    ]
    day = here if passed and (last_day is None or here > last_day) else None
    latest = max((one for one in (day, last_day) if one is not None), default=None)
    return Planned(day, next_at(zone=zone, at_time=at_time, after=at, last_day=latest))


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the instants at which a local day begins and the next one does."""
    return (
        instant_of(datetime.combine(day, time.min), zone),
        instant_of(datetime.combine(day + DAY, time.min), zone),
    )
