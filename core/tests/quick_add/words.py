"""Texts made up of the words that mean something, and of some that do not."""

from hypothesis import strategies as st

_WORDS = """
    a an the my of on by at @ for in due due: before after starting start from until ending every
    ev each every! other and or to , . ! - ( ) : ; day days week weeks month months year quarter
    hour hours weekday weekend morning evening night noon midnight today tomorrow tonight tom tod
    tmr monday tue wed sat sun mondays weekends next this last first second 1st 3rd 15th 27th 31st
    jan january feb may march mar dec 1 2 3 9 15 27 29 30 31 2027 2028-02-29 1/2 27/1 1/27/28
    27.1. 9am 9:30 21:00 5pm 24/7 9:30pm a.m. +5 3d 30m 1h30m !30m !1d !9am !tomorrow !at daily
    weekly monthly yearly biweekly mid end eom half times 5k p1 p2 p4 #Home #Work #nothing @label
    @🏠 @a@b https://x.y/#Home " “ ” call mom pay rent [ ] Januar 'tomorrow' ﬁnd İstanbul ß 27.jan
    except but not without weekends completion 2h later yesterday
    12 12am 12pm in-time forever from now 999 9999
"""
WORDS = _WORDS.split()

TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.lists(
    st.sampled_from(WORDS) | st.text(max_size=3), max_size=40
).map("".join)
