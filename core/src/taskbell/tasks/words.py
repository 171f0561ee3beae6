"""How text becomes words to search for, whatever its language.

Case, accents and other marks are taken out (NFKD), so that "cafe" finds "Café". Writing without
spaces between words (Chinese, Japanese, Korean) is cut into characters, and what is looked for has
to stand side by side. No dictionary, no stemming: nothing that knows a language.
"""

import re
import string
import unicodedata

MOST_WORDS, LONGEST_WORD = 50, 100
"""Of a search; Postgres refuses words past 2046 bytes."""

_SIGNS = string.punctuation.replace("_", "")
"""Signs are no part of words. Postgres' parser knows addresses and tags, and would keep them whole,
or leave them out: "ada@exam" is to find ada@example.com, "milk" to find <milk>."""

_MARKS = r"[\u0300-\u036f]+"
_UNSPACED = r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3])"


def searchable(text: str) -> str:
    """Return the SQL expression (immutable) for what is searched of a text column or parameter."""
    signs = _SIGNS.replace("'", "''")
    text = f"translate({text}, '{signs}', '{' ' * len(_SIGNS)}')"
    plain = f"regexp_replace(normalize({text}, NFKD), '{_MARKS}', '', 'g')"
    cut = f"regexp_replace(normalize({plain}, NFKC), '{_UNSPACED}', ' \\1 ', 'g')"
    # most text is ASCII, where there is nothing to do
    return f"CASE WHEN octet_length({text}) = char_length({text}) THEN {text} ELSE {cut} END"


def search_query(q: str) -> str:
    """Return what `to_tsquery` looks for: all words of `q`, or what begins with them.

    The last letters of each may still be missing, since it is looked for as it is typed.
    """
    words = [_side_by_side(word[:LONGEST_WORD]) for word in q.split()[:MOST_WORDS]]
    return " & ".join(word for word in words if word)


def _side_by_side(word: str) -> str:
    """Return the query for what was typed without a space in it."""
    bare = re.sub(_MARKS, "", unicodedata.normalize("NFKD", word))
    cut = re.sub(_UNSPACED, r" \1 ", unicodedata.normalize("NFKC", bare))
    parts = cut.translate(dict.fromkeys(map(ord, _SIGNS), " ")).split()
    if not parts:
        return ""
    return "(" + " <-> ".join(f"'{part}'" for part in parts) + ":*)"
