"""Our API without its memory of verified tokens: `python -m bench.forgetful`."""

from taskbell.accounts import tokens
from taskbell_api.__main__ import main

if __name__ == "__main__":
    tokens.REMEMBERED = 0
    main()
