import taskbell.accounts.errors
import taskbell.lists.service
import taskbell.paging
import taskbell.reminders.errors
import taskbell.tasks.errors  # noqa: F401 (defines errors)
from taskbell.errors import InvalidError, TaskbellError, UnauthorizedError, UnavailableError


def subclasses(of: type[TaskbellError]) -> set[type[TaskbellError]]:
    return {of}.union(*(subclasses(one) for one in of.__subclasses__()))


def test_every_error_has_a_status_a_stable_code_and_a_title() -> None:
    for error in subclasses(TaskbellError):
        assert 400 <= error.status <= 599
        assert error.code.replace("_", "").isalpha()
        assert error.code == error.code.lower()
        assert error.title


def test_the_detail_defaults_to_the_title() -> None:
    assert TaskbellError().detail == TaskbellError.title
    assert TaskbellError("why").detail == str(TaskbellError("why")) == "why"


def test_headers_and_fields() -> None:
    assert UnauthorizedError().headers == {"WWW-Authenticate": "Bearer"}
    assert UnavailableError(retry_after=7).headers == {"Retry-After": "7"}
    assert InvalidError().errors == []
    assert InvalidError("no", field="body.x").errors == [
        {"field": "body.x", "message": "no", "type": "validation_failed"}
    ]
