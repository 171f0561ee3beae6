"""Quick add: a line such as `Pay rent every month on the 1st at 9am #Home p1 !30m` as a task.

**Who reads dates.** Our own grammar reads English, dateparser 1.5 the names of months in other
languages (`foreign.py`). Measured on 70 phrases, the library reads many of them well, but

- it finds dates in ordinary words (`search_dates`: "may I come", "sun cream", "march on",
  "read 1984", "the 5th Wave"), so what is a date must be decided before it is asked;
- of phrases that are dates it misreads some without saying so: "1/27" (day first) is 1 November
  of 2027, "at 9" the 9th of this month, "tomorrow at 9" tomorrow at the time it is now, a date of
  today ("nov 18" on 18 November) next year, and "tom", "this weekend", "mid january", "end of
  month", "half an hour" nothing;
- it takes 0.2 s to import and 0.5 ms a phrase, where a whole line takes us less.

Finding the well-formed candidates is most of a grammar; to work out the date is the rest, and then
it goes by the user's week and zone and by the same clock changes as repeats do. What the library
has and we do not is months in two hundred languages: it is asked where a day, a word and perhaps a
year stand together, and only then imported.

**What is understood** is in `docs/quick-add.md`, with its reasons where others decide otherwise.
What could be something else stays text. So that the work is linear: one walk over the tokens,
bounded readers, no regular expression on more than one word.
"""

from taskbell.quick_add.model import Context, Parsed, Span
from taskbell.quick_add.parser import parse

__all__ = ["Context", "Parsed", "Span", "parse"]
