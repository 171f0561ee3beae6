"""When two names are the same."""

import unicodedata


def name_key(name: str) -> str:
    """Return what two spellings of the same name have in common.

    The differences of case, of form (a letter with its accent, or both after one another) and of
    width are taken out (NFKC, case folded), and each white space is one blank.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
