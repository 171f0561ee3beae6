"""What quick add gives is what the rest takes: its limits are theirs."""

import pytest
from pydantic import TypeAdapter, ValidationError

from taskbell.labels.schemas import LabelName
from taskbell.quick_add import reminders as read
from taskbell.quick_add import sigils
from taskbell.quick_add.calendar import LAST_DAY
from taskbell.reminders import service
from taskbell.reminders.schemas import ReminderCreate
from taskbell.tasks.schemas import TaskCreate

LABEL: TypeAdapter[str] = TypeAdapter(LabelName)


def test_reminders() -> None:
    assert service.MOST_REMINDERS == read.MOST_REMINDERS
    assert ReminderCreate(offset_minutes=read.LONGEST_OFFSET)
    with pytest.raises(ValidationError):
        ReminderCreate(offset_minutes=read.LONGEST_OFFSET + 1)


def test_labels() -> None:
    labels = [f"l{number}" for number in range(sigils.MOST_LABELS + 1)]
    assert TaskCreate(title="Call Ann", labels=labels[1:])
    with pytest.raises(ValidationError):
        TaskCreate(title="Call Ann", labels=labels)
    assert LABEL.validate_python("l" * sigils.LONGEST_LABEL)
    with pytest.raises(ValidationError):
        LABEL.validate_python("l" * (sigils.LONGEST_LABEL + 1))


def test_dates() -> None:
    assert TaskCreate(title="Call Ann", due_date=LAST_DAY, start_date=LAST_DAY)
