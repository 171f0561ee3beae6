"""What became of reminders, and what must hold of each: the promises, asserted in one place."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

FINAL = {"sent", "failed", "unknown", "skipped"}
"""States of a delivery that tell its owner how it ended."""

OUTCOMES = """
    SELECT coalesce(json_agg(row_to_json(outcome)), '[]')::text FROM (
        SELECT r.id, r.state, job.id AS job_id, job.state AS job_state, job.attempts, job.ambiguous,
            job.crashes, job.last_error,
            (SELECT count(*) FROM reminder_occurrence o
                WHERE o.reminder_id = r.id AND o.channel = 'email') AS occurrences,
            coalesce((SELECT json_agg(d.state ORDER BY d.attempt) FROM delivery d
                WHERE d.reminder_id = r.id AND d.channel = 'email'), '[]') AS deliveries,
            ('in_app' = ANY(r.channels))::int AS to_be_told,
            (SELECT count(*) FROM notification n WHERE n.reminder_id = r.id) AS told,
            extract(epoch FROM job.finished_at - r.at)::float AS late
        FROM reminder r
        LEFT JOIN reminder_occurrence fired
            ON fired.reminder_id = r.id AND fired.channel = 'email'
        LEFT JOIN job ON job.id = fired.job_id
        WHERE r.owner_id = '{owner}'
    ) outcome
"""
"""One JSON text of all reminders of an owner, for a driver and for psql alike."""

OPEN = """
    SELECT count(*) FROM reminder r WHERE r.owner_id = '{owner}'
        AND r.at <= to_timestamp({moment}) AND NOT EXISTS (
            SELECT 1 FROM reminder_occurrence o JOIN job ON job.id = o.job_id
            WHERE o.reminder_id = r.id AND o.channel = 'email' AND job.state IN ('done', 'dead'))
"""
"""How many reminders due by a moment, in seconds of the epoch, have not come to an end."""

ALL_DUE = """
    SELECT coalesce(max(at) < clock_timestamp(), true) FROM reminder WHERE owner_id = '{owner}'
"""


@dataclass(frozen=True)
class Outcome:
    """One reminder with the job of its mail and its deliveries, the first attempt first."""

    id: UUID
    state: str
    occurrences: int
    deliveries: list[str]
    to_be_told: int
    """1 if it has the channel `in_app`."""

    told: int
    """Notifications inside Taskbell."""

    job_id: UUID | None
    job_state: str | None
    attempts: int | None
    ambiguous: int
    crashes: int
    last_error: str | None
    late: float | None
    """Seconds from its time until its job had ended."""

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Outcome":
        ids = {name: UUID(row[name]) if row[name] else None for name in ("id", "job_id")}
        counts = {name: row[name] or 0 for name in ("ambiguous", "crashes")}
        return cls(**{**row, **ids, **counts})


def parse(text: str) -> list[Outcome]:
    """Read the answer to `OUTCOMES`."""
    return [Outcome.of(row) for row in json.loads(text)]


def job_of(message_id: str) -> UUID:
    """Return the job that a Message-ID names."""
    return UUID(message_id.strip("<>").partition("@")[0])


@dataclass
class Tally:
    """The figures of one fault on the reminder path."""

    reminders: int = 0
    sent: int = 0
    refused: int = 0
    """Reminders that the mail server refused for good: their owner reads why."""

    duplicates: int = 0
    ambiguous: int = 0
    latest: float = 0.0
    caught_up: float = 0.0
    notes: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together; of times the longer one."""
        return Tally(
            reminders=self.reminders + other.reminders,
            sent=self.sent + other.sent,
            refused=self.refused + other.refused,
            duplicates=self.duplicates + other.duplicates,
            ambiguous=self.ambiguous + other.ambiguous,
            latest=max(self.latest, other.latest),
            caught_up=max(self.caught_up, other.caught_up),
            notes=self.notes + other.notes,
        )

    def __str__(self) -> str:
        more = "".join(f", {note}" for note in self.notes)
        return (
            f"{self.reminders} reminders, lost 0, sent {self.sent}, duplicates {self.duplicates}, "
            f"ambiguous {self.ambiguous}, latest {self.latest:.1f} s, caught up "
            f"{self.caught_up:.1f} s after the fault{more}"
        )


def check(
    outcomes: Collection[Outcome],
    acknowledged: Collection[UUID],
    mails: Counter[UUID],
    *,
    unsure: int,
    may_be_refused: bool = False,
) -> Tally:
    """Assert the promises of all reminders of a test; return the figures.

    `acknowledged`: those whose commit or request succeeded; others may be there or not, and what is
    there must go out as well. `mails`: messages the mail server took, by job. `unsure`: for so many
    the fault may have left open whether the mail arrived: 0 is no duplicate at all.
    `may_be_refused`: the mail server refuses some for good.
    """
    there = {one.id for one in outcomes}
    lost = set(acknowledged) - there
    assert not lost, f"{len(lost)} acknowledged reminders are not in the database"
    for one in outcomes:
        _check_one(one, mails, may_be_refused=may_be_refused)
    sent = [one for one in outcomes if one.deliveries[-1] == "sent"]
    tally = Tally(
        reminders=len(outcomes),
        sent=len(sent),
        refused=len(outcomes) - len(sent),
        duplicates=sum(max(0, mails[one.job_id] - 1) for one in outcomes if one.job_id),
        ambiguous=sum(one.ambiguous for one in outcomes),
        latest=max((one.late or 0.0 for one in outcomes), default=0.0),
    )
    assert tally.ambiguous <= unsure, f"{tally.ambiguous} ambiguous, at most {unsure} expected"
    return tally


def _check_one(one: Outcome, mails: Counter[UUID], *, may_be_refused: bool) -> None:
    assert (one.state, one.occurrences) == ("fired", 1), f"not fired once: {one}"
    assert one.job_id is not None
    assert one.job_state in {"done", "dead"}, f"not ended: {one}"
    assert set(one.deliveries) <= FINAL, f"its owner reads no end of it: {one}"
    assert one.told == one.to_be_told, f"not told once inside Taskbell: {one}"
    copies = mails[one.job_id]
    assert copies <= 1 + one.ambiguous, f"{copies} mails, and nobody counted that: {one}"
    unknown = one.deliveries.count("unknown")
    assert unknown == one.ambiguous, f"its owner does not read of each doubt: {one}"
    if one.job_state == "done":
        assert one.deliveries.count("sent") == 1, f"done without being sent: {one}"
        assert one.deliveries[-1] == "sent", f"something after it was sent: {one}"
        assert copies >= 1, f"said sent, and nothing arrived: {one}"
    else:
        assert may_be_refused, f"given up: {one}"
        assert one.deliveries[-1] == "failed", f"given up, and its owner reads else: {one}"
