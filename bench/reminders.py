"""reminders: thousands due in one second, until a mail server has accepted every mail."""

from bench.burst import CALLS_A_SECOND, MILLISECONDS, PEOPLE, Burst, burst, share
from bench.options import Options
from bench.result import Figure, Result, Table
from bench.scan import DUE, Scan, scan

WORKERS = (1, 2)
LATE_AT_MOST = 20.0
"""Seconds: 99 of 100 reminders, with one worker."""

SLOWER_AT_MOST = 1.5
"""The API's 95th percentile while all this happens, by that of a quiet time before."""

SCAN_AT_MOST = 5.0
"""Milliseconds."""


def run(options: Options) -> Result:
    """Let the reminders come due with one worker and with two; then scan a large table."""
    bursts = {workers: burst(options.reminders, workers=workers) for workers in WORKERS}
    scanned = scan(options.large_rows)
    return Result(
        "Reminders due in one second",
        [_burst_table(bursts), _api_table(bursts), _scan_table(scanned)],
        [*_figures(bursts), *_scan_figures(scanned)],
        [
            f"{options.reminders:,} reminders of {PEOPLE} people due at the same instant. Seconds"
            " from that instant until the mail server, a small one in a process of its own that"
            f" takes {MILLISECONDS} ms for each message, has accepted the mail; then each job is"
            " done and each delivery is recorded as sent. Nothing was pinned to cores: workers,"
            " API, Postgres, Redis, mail server and the callers shared them.",
            f"Meanwhile {CALLS_A_SECOND} requests a second to one API process, a quarter of them"
            " changes; `quiet` are the seconds before.",
            f"The scan is what `EXPLAIN ANALYZE` says of it, in a table of {scanned.rows:,}"
            f" scheduled reminders: none of them due, and {DUE}.",
        ],
    )


def _burst_table(bursts: dict[int, Burst]) -> Table:
    rows = [
        [
            f"{workers} worker{'s' if workers > 1 else ''}", f"{found.late[0]:.1f}",
            f"{share(found.late, 0.5):.1f}", f"{share(found.late, 0.99):.1f}",
            f"{found.late[-1]:.1f}", f"{found.rate:.0f}", str(found.copies),
        ]
        for workers, found in bursts.items()
    ]  # fmt: skip
    columns = ["", "first mail, s", "p50, s", "p99, s", "all, s", "mails/s", "copies too many"]
    return Table(columns, rows)


def _api_table(bursts: dict[int, Burst]) -> Table:
    rows = []
    for workers, found in bursts.items():
        for when, times in (("quiet", found.quiet_ms), ("during the burst", found.during_ms)):
            rows.append([
                f"{workers} worker{'s' if workers > 1 else ''}, {when}",
                *(f"{share(times, part):.1f}" for part in (0.5, 0.95, 0.99)),
            ])  # fmt: skip
    return Table(["API", "p50, ms", "p95, ms", "p99, ms"], rows)


def _scan_table(scanned: Scan) -> Table:
    rows = [
        ["none", f"{scanned.none_due_ms:.2f}"],
        [str(DUE), f"{scanned.some_due_ms:.2f}"],
    ]
    return Table([f"due of {scanned.rows:,}", "scan, ms"], rows)


def _figures(bursts: dict[int, Burst]) -> list[Figure]:
    one, two = (bursts[workers] for workers in WORKERS)
    return [
        Figure("mails a second, one worker", one.rate, "/s"),
        Figure("mails a second, two workers", two.rate, "/s"),
        Figure("late, p50, one worker", share(one.late, 0.5), "s"),
        Figure("late, p99, one worker", share(one.late, 0.99), "s", at_most=LATE_AT_MOST),
        Figure("late, p99, two workers", share(two.late, 0.99), "s", at_most=LATE_AT_MOST),
        Figure("copies too many", one.copies + two.copies, at_most=0),
        *(
            Figure(
                f"API p95 by quiet, {workers} worker{'s' if workers > 1 else ''}",
                share(found.during_ms, 0.95) / share(found.quiet_ms, 0.95),
                at_most=SLOWER_AT_MOST,
            )
            for workers, found in bursts.items()
        ),
    ]


def _scan_figures(scanned: Scan) -> list[Figure]:
    return [
        Figure("scan, none due", scanned.none_due_ms, "ms", at_most=SCAN_AT_MOST),
        Figure(f"scan, {DUE} due", scanned.some_due_ms, "ms", at_most=SCAN_AT_MOST),
        Figure("scan reads its index", float(scanned.uses_the_index), at_least=1),
    ]
