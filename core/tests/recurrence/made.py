"""Rules made up by Hypothesis, as text."""

from hypothesis import strategies as st

from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import WEEKDAYS, Rule

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")


def _signed(high: int) -> st.SearchStrategy[int]:
    return st.integers(1, high) | st.integers(-high, -1)


def _list(values: st.SearchStrategy[object], size: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=size).map(lambda some: ",".join(map(str, some)))


def _possible(text: str) -> bool:
    try:
        Rule.parse(text)
    except InvalidRecurrenceError:
        return False
    return True


@st.composite
def rules(draw: st.DrawFn, *, timed: bool = True, ends: bool = True) -> str:
    """A rule that is not refused; without `timed`, one for all-day tasks."""
    frequency = draw(st.sampled_from(FREQUENCIES if timed else FREQUENCIES[:4]))
    ordinals = st.sampled_from(["", "", "1", "2", "-1", "5"])
    if frequency not in ("YEARLY", "MONTHLY"):
        ordinals = st.just("")
    weekdays = st.builds(lambda n, day: n + day, ordinals, st.sampled_from(WEEKDAYS))
    parts: dict[str, st.SearchStrategy[str]] = {
        "INTERVAL": (st.integers(1, 5) | st.integers(1, 60)).map(str),
        "BYMONTH": _list(st.integers(1, 12)),
        "BYWEEKNO": _list(_signed(53)),
        "BYYEARDAY": _list(_signed(366), 8),
        "BYMONTHDAY": _list(_signed(31), 8),
        "BYDAY": _list(weekdays),
        "BYSETPOS": _list(_signed(4), 2),
        "WKST": st.sampled_from(WEEKDAYS),
        "SKIP": st.sampled_from(["OMIT", "BACKWARD", "FORWARD"]),
    }
    if timed:
        parts |= {"BYHOUR": _list(st.integers(0, 23)), "BYMINUTE": _list(st.integers(0, 59))}
    if ends:
        parts["COUNT"] = st.integers(1, 30).map(str)
        parts["UNTIL"] = st.sampled_from(["20270401", "20270401T093000", "20270401T093000Z"])
    names = draw(st.lists(st.sampled_from(sorted(parts)), unique=True, max_size=4))
    text = ";".join([f"FREQ={frequency}", *(f"{name}={draw(parts[name])}" for name in names)])
    # what the grammar forbids is refused, and drawn anew
    return text if _possible(text) else f"FREQ={frequency}"
