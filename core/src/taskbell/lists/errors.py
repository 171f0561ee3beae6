"""What can go wrong with lists."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, PreconditionFailedError


class ListNotFoundError(NotFoundError):
    code = "list_not_found"
    title = "There is no such list"


class ListIdTakenError(ConflictError):
    code = "id_taken"
    title = "There is something with this id already"


class ListChangedError(PreconditionFailedError):
    title = "The list was changed in the meantime: read it again"


class ListArchivedError(ConflictError):
    code = "list_archived"
    title = "The list is archived: take it out of the archive first"


class InboxProtectedError(ConflictError):
    code = "inbox_protected"
    title = "The inbox cannot be archived, moved or deleted"


class TooManyListsError(InvalidError):
    code = "too_many_lists"
    title = "There can be at most 500 lists, those in the trash included"


class NotASiblingError(InvalidError):
    code = "not_a_sibling"
    title = "There is no such list to put this one next to"
