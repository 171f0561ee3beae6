"""What can go wrong with saved filters."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, PreconditionFailedError


class FilterNotFoundError(NotFoundError):
    code = "filter_not_found"
    title = "There is no such filter"


class FilterIdTakenError(ConflictError):
    code = "id_taken"
    title = "There is something with this id already"


class FilterExistsError(ConflictError):
    code = "filter_exists"
    title = "There is a filter with this name already"


class FilterChangedError(PreconditionFailedError):
    title = "The filter was changed in the meantime: read it again"


class TooManyFiltersError(InvalidError):
    code = "too_many_filters"
    title = "There can be at most 200 filters"
