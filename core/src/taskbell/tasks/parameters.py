"""What a list of tasks can be asked for, as the API and saved filters know it."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from taskbell.labels.schemas import LabelName
from taskbell.tasks.queries import SortName, TaskFilter
from taskbell.tasks.schemas import Date, PriorityName
from taskbell.text import Text
from taskbell.times import Instant


def _with_plus(value: object) -> object:
    # in a query string a plus is a blank, unless it is written %2B
    return "+" + value[1:] if isinstance(value, str) and value.startswith(" ") else value


RelativeDay = Annotated[
    str,
    BeforeValidator(_with_plus),
    StringConstraints(pattern=r"^(today|tomorrow|yesterday|[+-][0-9]{1,4}d)$", max_length=9),
]


def _any_of(message: str) -> WrapValidator:
    """Return what says one thing of a value that is none of several kinds, not one for each."""

    def checked(value: object, inner: ValidatorFunctionWrapHandler) -> object:
        try:
            return inner(value)
        except ValidationError:
            raise PydanticCustomError("no_such_value", message) from None

    return WrapValidator(checked)


Due = Annotated[
    RelativeDay | Instant | Date | None,
    _any_of("must be an instant, a date, or a day such as today, tomorrow, yesterday, +7d, -3d"),
    Field(
        description="An instant, or a day: a date, `today`, `tomorrow`, `yesterday`, `+7d`, `-3d` "
        "(its midnight in your time zone)."
    ),
]
_NAMED_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}


class TaskParameters(BaseModel):
    """Filters, all of which must match, and the order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "pending", "due_before": "tomorrow"}]},
    )

    status: Literal["all", "pending", "completed"] = "all"
    priority: PriorityName | None = None
    list_id: UUID | None = None
    label: list[LabelName] = Field(
        default=[], max_length=10, description="Has this label; several: has them all."
    )
    parent_id: Annotated[
        UUID | Literal["none"] | None,
        _any_of("must be a UUID, or none"),
        Field(description="Direct subtasks of this task; `none`: of no task."),
    ] = None
    due_before: Due = None
    due_after: Due = None
    overdue: bool | None = None
    has_due: bool | None = Field(None, description="Has a due date or time.")
    repeating: bool | None = None
    archived: bool | None = Field(
        None, description="In an archived list. Default: not, unless `list_id` is given."
    )
    trashed: bool = Field(False, description="What lies in the trash, instead.")
    q: Text | None = Field(
        None,
        max_length=200,
        description="Words in title, labels or description, or their beginnings; case and accents "
        "do not matter.",
    )
    sort: SortName | None = Field(
        None, description="Default: the best match first with `q`, else `-created_at`."
    )

    @property
    def names_days(self) -> bool:
        """Whether what it means depends on the viewer's time zone."""
        given = (self.due_before, self.due_after)
        return any(one is not None and not isinstance(one, datetime) for one in given)

    def filter(self, *, zone: str | None, at: datetime) -> TaskFilter:
        """Return what is to be listed, as of an instant, for somebody in `zone`.

        `zone` may be None unless `names_days`.
        """
        archived = self.archived
        if archived is None and self.list_id is None:
            archived = False
        return TaskFilter(
            status=self.status,
            priority=self.priority,
            list_id=self.list_id,
            labels=tuple(self.label),
            parent_id=self.parent_id,
            due_before=_instant_and_day(self.due_before, zone, at),
            due_after=_instant_and_day(self.due_after, zone, at),
            overdue=self.overdue,
            has_due=self.has_due,
            repeating=self.repeating,
            archived=None if self.trashed else archived,
            trashed=self.trashed,
            q=self.q,
        )


def _instant_and_day(
    value: datetime | date | str | None, zone: str | None, at: datetime
) -> tuple[datetime, date | None] | None:
    """Return what instants and what all-day dates are compared with."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value, None
    place = ZoneInfo(zone or "UTC")
    if isinstance(value, str):
        days = _NAMED_DAYS.get(value)
        value = at.astimezone(place).date() + timedelta(
            days=int(value.rstrip("d")) if days is None else days
        )
    return datetime.combine(value, time(), tzinfo=place), value
