"""What can go wrong with imports as a whole. What is wrong with one row is said in its row."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError


class ImportNotFoundError(NotFoundError):
    code = "import_not_found"
    title = "There is no such import"


class UnreadableImportError(InvalidError):
    """The file is not what its source writes; the detail says what was expected."""

    code = "unreadable_import"
    title = "This file cannot be read"


class ImportTooLargeError(InvalidError):
    code = "import_too_large"
    title = "This file holds more than can be imported at once"


class ImportRunningError(ConflictError):
    code = "import_running"
    title = "Wait until your other imports are done"
