"""The promise: a reminder, once saved, is never lost, and its owner sees what became of it."""

from datetime import datetime

import pytest

from tests.e2e.client import User, instant, moment, ok, problem, soon
from tests.e2e.conftest import Measured
from tests.e2e.mailbox import Mailbox
from tests.e2e.waiting import until

SOON = 2.5
"""Seconds ahead: enough to save a task and its reminder on a busy machine."""

PUNCTUAL = 5.0
"""The promise is 2 s; a machine that also runs browsers and databases may need more."""


def nothing_came(user: User, mailbox: Mailbox, title: str) -> None:
    """A later reminder comes, so an earlier one would have come too."""
    at = soon(SOON)
    user.remind(user.add_task("Later one"), at=instant(at))
    mailbox.wait(user.email, "Later one")
    assert mailbox.to(user.email, title) == []


def test_a_reminder_arrives_in_time(user: User, mailbox: Mailbox, measured: Measured) -> None:
    due = soon(SOON)
    task = user.add_task("Call Zoë & <Max>", description="about *lunch*", due_at=instant(due))
    reminder = user.remind(task, offset_minutes=0)
    assert reminder["state"] == "scheduled"
    assert moment(reminder["next_fire_at"]) == due
    mail = mailbox.wait(user.email, "Call Zoë")
    late = mail.seen_at - due.timestamp()
    measured(f"a reminder is in the mailbox {late:.2f} s after its time")
    assert 0 <= late <= PUNCTUAL
    assert mail.subject == "Reminder: Call Zoë & <Max>"
    assert "Call Zoë & <Max>" in mail.text
    assert "about *lunch*" in mail.text
    assert "Call Zoë &amp; &lt;Max&gt;" in mail.html
    delivery = user.sent(reminder)
    assert delivery["attempt"] == 1
    assert delivery["channel"] == "email"
    assert moment(delivery["fire_at"]) == due
    assert 0 <= delivery["late_seconds"] <= PUNCTUAL
    assert delivery["response"].startswith("250")
    fired = user.reminder(reminder)
    assert (fired["state"], fired["next_fire_at"]) == ("fired", None)
    assert len(mailbox.to(user.email, "Call Zoë")) == 1


def test_several_reminders_of_a_task(user: User, mailbox: Mailbox) -> None:
    due = soon(60 + SOON)
    task = user.add_task("Twice", due_at=instant(due))
    one = user.remind(task, offset_minutes=1)
    other = user.remind(task, at=instant(soon(SOON)))
    assert user.task(task["id"])["reminders_count"] == 2
    until(lambda: len(mailbox.to(user.email, "Twice")) == 2, "both mails")
    assert user.sent(one)["id"] != user.sent(other)["id"]


def test_completing_a_task_cancels_its_reminders(user: User, mailbox: Mailbox) -> None:
    task = user.add_task("Done early", due_at=instant(soon(SOON)))
    reminder = user.remind(task, offset_minutes=0)
    ok(user.patch(f"/tasks/{task['id']}/complete", {"completed": True}))
    cancelled = user.reminder(reminder)
    assert (cancelled["state"], cancelled["next_fire_at"]) == ("cancelled", None)
    nothing_came(user, mailbox, "Done early")
    assert user.deliveries(reminder) == []


@pytest.mark.parametrize("permanent", [False, True], ids=["to the trash", "for good"])
def test_deleting_a_task_cancels_its_reminders(
    user: User, mailbox: Mailbox, permanent: bool
) -> None:
    task = user.add_task("Deleted", due_at=instant(soon(SOON)))
    user.remind(task, offset_minutes=0)
    ok(user.delete(f"/tasks/{task['id']}", params={"permanent": permanent}), 204)
    nothing_came(user, mailbox, "Deleted")


def test_moving_a_task_moves_its_reminders(user: User, mailbox: Mailbox) -> None:
    forward = user.add_task("Moved to now", due_at=instant(soon(7200)))
    reminder = user.remind(forward, offset_minutes=60)
    due = soon(3600 + SOON)
    ok(user.patch(f"/tasks/{forward['id']}", {"due_at": instant(due)}))
    assert moment(user.reminder(reminder)["next_fire_at"]) == soon_before(due, minutes=60)
    away = user.add_task("Moved away", due_at=instant(soon(SOON)))
    moved = user.remind(away, offset_minutes=0)
    ok(user.patch(f"/tasks/{away['id']}", {"due_at": instant(soon(3600))}))
    mailbox.wait(user.email, "Moved to now")
    nothing_came(user, mailbox, "Moved away")
    assert user.reminder(moved)["state"] == "scheduled"


def soon_before(due: datetime, *, minutes: int) -> datetime:
    return datetime.fromtimestamp(due.timestamp() - 60 * minutes, due.tzinfo)


def test_a_reminder_can_be_moved_and_fires_again(user: User, mailbox: Mailbox) -> None:
    task = user.add_task("Again")
    reminder = user.remind(task, at=instant(soon(1.5)))
    mailbox.wait(user.email, "Again")
    user.sent(reminder)
    again = ok(user.patch(f"/reminders/{reminder['id']}", {"at": instant(soon(1.5))}))
    assert again["state"] == "scheduled"
    until(lambda: len(mailbox.to(user.email, "Again")) == 2, "the second mail")
    until(lambda: len(user.deliveries(reminder)) == 2, "the second delivery")


def test_deleting_a_reminder(user: User, mailbox: Mailbox) -> None:
    task = user.add_task("Without reminder")
    reminder = user.remind(task, at=instant(soon(SOON)))
    ok(user.delete(f"/reminders/{reminder['id']}"), 204)
    nothing_came(user, mailbox, "Without reminder")
    assert user.task(task["id"])["reminders_count"] == 0


def test_reminders_that_make_no_sense(user: User) -> None:
    task = user.add_task("No due time")
    path = f"/tasks/{task['id']}/reminders"
    problem(user.post(path, {"offset_minutes": 10}), 422, "due_required")
    problem(user.post(path, {"at": instant(soon(-60))}), 422, "reminder_in_past")
    problem(user.post(path, {}), 422, "validation_failed")
    problem(user.post(path, {"at": "soon"}), 422, "validation_failed")
    problem(user.post(path, {"at": instant(soon(60)), "channels": ["pigeon"]}), 422)
