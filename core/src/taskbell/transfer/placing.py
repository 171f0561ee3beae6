"""Where the tasks of an import go: below which task, in which list, in whose part of the trash."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from taskbell.tasks.tree import MOST_LEVELS
from taskbell.transfer.building import Built, Place, build
from taskbell.transfer.finding import There
from taskbell.transfer.items import ImportedFile, ImportedItem
from taskbell.transfer.places import Lists, Whose


@dataclass
class Outcome:
    """What became of a row."""

    item: ImportedItem
    outcome: str
    task_id: UUID | None = None


@dataclass
class Part:
    """A part while it is written: what is known of the tasks in it and above it."""

    whose: Whose
    file: ImportedFile
    items: Sequence[ImportedItem]
    time_zone: str
    list_id: UUID | None
    ids: Mapping[str, UUID]
    is_first: bool
    there: dict[UUID, There] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    building: list[Built] = field(default_factory=list)


def original_id(part: Part, key: str) -> UUID | None:
    """Return the id a task of a file of our own had where it was exported."""
    if part.whose.source == "taskbell":
        with suppress(ValueError):
            return UUID(key)
    return None


def place(
    part: Part, item: ImportedItem, lists: Lists, names: Mapping[str, str], position: str
) -> None:
    """Build a task where it belongs, below its parent if that can be.

    `names`: how the labels are written here.
    """
    own = part.ids[item.key]
    parent = _parent(part, item, lists)
    list_id = parent.list_id if parent is not None else _list_id(item, lists)
    trash_id = _trash_id(part, item, lists, parent)
    where = Place(
        task_id=own,
        owner_id=part.whose.owner_id,
        list_id=list_id,
        parent_id=parent.id if parent is not None else None,
        trash_id=trash_id,
        position=position,
        labels=tuple(dict.fromkeys(names[name] for name in item.labels)),
        time_zone=part.time_zone,
    )
    part.building.append(build(item, where, at=part.whose.at))
    level = parent.level + 1 if parent is not None else 1
    part.there[own] = There(own, part.whose.owner_id, list_id, level, trash_id)


def _list_id(item: ImportedItem, lists: Lists) -> UUID:
    """Return the list of a task without a parent: nothing that lives may be in a trashed one."""
    found = lists.ids[item.list_key]
    if item.deleted_at is None and found in lists.trashed:
        item.say("Its list is in the trash: it goes to the inbox.")
        return lists.ids[None]
    return found


def _parent(part: Part, item: ImportedItem, lists: Lists) -> There | None:
    if item.parent_key is None:
        return None
    parent_id, owner_id = part.ids[item.parent_key], part.whose.owner_id
    known = part.there.get(parent_id)
    if known is None and part.whose.dry_run:  # it would be there, from a part before this one
        return There(parent_id, owner_id, lists.ids[item.list_key], 1, trash_id=None)
    if known is None or known.owner_id != owner_id:
        known = None
        item.say("The task above it is not there: it stands at the top level.")
    elif known.in_trash and item.deleted_at is None:
        item.say("The task above it is in the trash: it stands at the top level.")
        known = None
    elif known.level >= MOST_LEVELS:
        item.say("The task above it was moved too deep: it stands at the top level.")
        known = None
    return known


def _trash_id(part: Part, item: ImportedItem, lists: Lists, parent: There | None) -> UUID | None:
    """Return whose deletion took a task along: its own, unless the file knows better.

    What takes a task along takes the task above it too, or is that task, or the list of both. So
    only that is believed: whatever is restored later, nothing comes back below what stays away.
    """
    if item.deleted_at is None:
        return None
    own, key = part.ids[item.key], item.trash_key
    if key is None:
        return own
    meant = {part.ids.get(key), original_id(part, key)}
    if key == item.list_key and lists.ids[key] in lists.trashed:
        meant.add(lists.ids[key])
        if parent is None:
            return lists.ids[key]
    if parent is not None and parent.trash_id in meant - {None}:
        return parent.trash_id
    return own
