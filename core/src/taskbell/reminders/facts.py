"""What messages need of a reminder's task and owner; less than the whole rows, and read faster."""

from typing import Protocol
from uuid import UUID

from taskbell.reminders.plan import HasDue


class Owner(Protocol):
    """What a message needs of whom it is for; a `User` has it all."""

    @property
    def id(self) -> UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email_verified(self) -> bool: ...


class DueTask(HasDue, Protocol):
    """What a message needs of a task; a `Task` has it all."""

    @property
    def id(self) -> UUID: ...
    @property
    def list_id(self) -> UUID: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def occurrence(self) -> str | None: ...
