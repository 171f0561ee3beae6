"""What can go wrong with labels."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, PreconditionFailedError


class LabelNotFoundError(NotFoundError):
    code = "label_not_found"
    title = "There is no such label"


class LabelIdTakenError(ConflictError):
    code = "id_taken"
    title = "There is something with this id already"


class LabelExistsError(ConflictError):
    code = "label_exists"
    title = "There is a label with this name already"


class LabelChangedError(PreconditionFailedError):
    title = "The label was changed in the meantime: read it again"


class TooManyLabelsError(InvalidError):
    code = "too_many_labels"
    title = "There can be at most 500 labels"
