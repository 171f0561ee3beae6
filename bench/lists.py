"""lists: late pages, filters and searches of users with 10,000 tasks, in a table of a million rows.

All by one API process, in turn: what counts is what each is of the plain list, or of an early page.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import get_args
from urllib.parse import urlencode

import httpx

from bench import cores, targets
from bench.cases import TASKS, Case, Person
from bench.load import Request
from bench.measure import Measurements, Pass, interleave, noise, ratio
from bench.people import PER_PAGE
from bench.result import Figure, Ratio, Result, Table, ratio_figure
from bench.seed import LABELS, LISTS, RARE_WORD, Owner
from bench.stage import HEAVY_TASKS, LARGE, Stage
from bench.targets import Target
from taskbell.tasks.queries import SortName

EARLY, LATE = 2, 400
AT_LEAST = 0.75
"""Of an early page's requests a second a late one reaches, in every sort."""

ROUNDS, SECONDS = 3, 2
"""At most: there are many cases, and only their ratios count."""

CONNECTIONS = 2
"""Few: a search takes long, and what waits behind others tells nothing more."""

NAME = "Taskbell"
SORTS: Sequence[SortName] = get_args(SortName)
Query = dict[str, str]


FILTERS: dict[str, Callable[[Owner], Query]] = {
    "pending": lambda _: {"status": "pending"},
    "completed": lambda _: {"status": "completed"},
    "one priority": lambda _: {"priority": "urgent"},
    "one list": lambda owner: {"list_id": str(owner.list_id(LISTS[0]))},
    "one label": lambda _: {"label": LABELS[0]},
    "top level": lambda _: {"parent_id": "none"},
    "overdue": lambda _: {"overdue": "true"},
    "due before today": lambda _: {"due_before": "today"},
    "due after today": lambda _: {"due_after": "today"},
    "due at all": lambda _: {"has_due": "true"},
    "not due": lambda _: {"has_due": "false"},
    "repeating (none)": lambda _: {"repeating": "true"},
    "archived (none)": lambda _: {"archived": "true"},
    "trash (none)": lambda _: {"trashed": "true"},
    "search: a word of one in 100": lambda _: {"q": RARE_WORD},
    "search: its beginning": lambda _: {"q": RARE_WORD[:4]},
    "search: a word of one in 4": lambda _: {"q": "dentist"},
    "search: two such words": lambda _: {"q": "dentist garden"},
    "search: nothing found": lambda _: {"q": "xylophone"},
    "most together": lambda owner: {
        "status": "pending", "priority": "urgent", "list_id": str(owner.list_id(LISTS[0])),
        "label": LABELS[0], "has_due": "true", "overdue": "true", "q": "dentist",
    },
}  # fmt: skip
"""What is asked for."""


PLAIN = "plain"


def run(stage: Stage) -> Result:
    """Measure pages of each sort, and the first page of each filter beside the plain list."""
    owners, url = stage.fill_large(), stage.url_of(LARGE)
    options = stage.options.changed(
        seconds=min(SECONDS, stage.options.seconds), connections=CONNECTIONS
    )
    people = stage.people(owners, url)
    with targets.ours(stage.stack, name=NAME, database_url=url) as target:
        passes = []
        for number, (key, queries) in enumerate(_asked(target, owners, people).items()):
            case = Case(f"list{number}", key, partial(_requests, queries))
            passes.append(Pass(key, key, [(target, stage.write(case, people))]))
        found = interleave(passes, options, rounds=min(ROUNDS, options.rounds))
    return Result(
        f"Pages and filters of {HEAVY_TASKS:,} tasks among {options.large_rows:,}",
        [_sorts_table(found), _filters_table(found)],
        _figures(found),
        [*_notes(stage), noise(found)],
    )


def _requests(
    queries: Sequence[Query], people: Sequence[Person], _: random.Random
) -> list[Request]:
    return [
        Request("GET", f"{TASKS}?{urlencode(query)}", person.token)
        for query, person in zip(queries, people, strict=True)
    ]


def _asked(
    target: Target, owners: Sequence[Owner], people: Sequence[Person]
) -> dict[str, list[Query]]:
    """Return by the name of each case what each of the users asks for."""
    asked: dict[str, list[Query]] = {PLAIN: [{} for _ in owners]}
    asked |= {name: [query(owner) for owner in owners] for name, query in FILTERS.items()}
    with httpx.Client(base_url=f"http://127.0.0.1:{target.port}", timeout=30) as client:
        for sort in SORTS:
            asked[_page(sort, 1)] = [{"sort": sort} for _ in owners]
            for number in (EARLY, LATE):
                cursors = [_cursor(client, person, sort, number) for person in people]
                asked[_page(sort, number)] = [{"sort": sort, "cursor": one} for one in cursors]
    return asked


def _page(sort: str, number: int) -> str:
    return f"{sort}, page {number}"


def _cursor(client: httpx.Client, person: Person, sort: str, number: int) -> str:
    """Return the cursor that the page before this one ends with."""
    query = {"sort": sort, "page": str(number - 1), "per_page": str(PER_PAGE)}
    headers = {"Authorization": f"Bearer {person.token}"}
    answer = client.get(TASKS, params=query, headers=headers).raise_for_status()
    return str(answer.json()["next_cursor"])


def _late_by_early(found: Measurements, sort: str) -> Ratio:
    return ratio(found[_page(sort, LATE), NAME], found[_page(sort, EARLY), NAME])


def _by_plain(found: Measurements, name: str) -> Ratio:
    return ratio(found[name, NAME], found[PLAIN, NAME])


def _figures(found: Measurements) -> list[Figure]:
    ratios = {sort: _late_by_early(found, sort) for sort in SORTS}
    worst = min(ratios, key=lambda sort: ratios[sort].value)
    late = f"page {LATE} by page {EARLY}, the worst sort"
    slowest = min(FILTERS, key=lambda name: _by_plain(found, name).value)
    return [
        ratio_figure(late, ratios[worst], AT_LEAST, unjudged=cores.UNJUDGED),
        ratio_figure("the slowest filter or search by the plain list", _by_plain(found, slowest)),
    ]


def _sorts_table(found: Measurements) -> Table:
    rows = []
    for sort in SORTS:
        first, early, late = (found[_page(sort, number), NAME] for number in (1, EARLY, LATE))
        rows.append([
            f"`{sort}`", f"{first.rate:,.0f}", f"{early.rate:,.0f}", f"{late.rate:,.0f}",
            f"{late.spread:.0%}", f"{_late_by_early(found, sort)}", f"{ratio(late, first)}",
            f"{early.p99_ms:.1f}", f"{late.p99_ms:.1f}",
        ])  # fmt: skip
    return Table(
        [
            "sort", "page 1, with total, req/s", f"page {EARLY} by cursor req/s",
            f"page {LATE} by cursor req/s", "±", f"{LATE} by {EARLY}", f"{LATE} by 1",
            f"page {EARLY} p99 ms", f"page {LATE} p99 ms",
        ],
        rows,
    )  # fmt: skip


def _filters_table(found: Measurements) -> Table:
    rows = []
    for name in (PLAIN, *FILTERS):
        series = found[name, NAME]
        rows.append([
            name, f"{series.rate:,.0f}", f"{series.spread:.0%}", f"{_by_plain(found, name)}",
            f"{series.p50_ms:.1f}", f"{series.p99_ms:.1f}", f"{series.busy:.0%}",
        ])  # fmt: skip
    return Table(["page 1 of", "req/s", "±", "by the plain list", "p50 ms", "p99 ms", "busy"], rows)


def _notes(stage: Stage) -> list[str]:
    return [
        f"Load by {CONNECTIONS} connections. {len(stage.heavy)} users of {HEAVY_TASKS:,} tasks"
        " each, in four lists, a fifth with a label, half due, three in ten completed; pages of"
        f" {PER_PAGE}. Each user's rows lie scattered over the whole table.",
        "All cases are of one process and were measured in turn, each round all of them. *page 1*"
        " is asked for by its number and counts all that there are; by cursor nothing is counted.",
        "`created_at`, `due`, `priority` and `title` are read in the order of an index. By"
        " `updated_at`, and by `position` in no list, all of a user's tasks are sorted each time.",
        "A search reads what the index has of the words in the whole table, whoever wrote them: in"
        " one of four tasks of everybody's, here, is more than any real word is.",
        "*busy*: the share of its core that the API used; where it is low, Postgres was what took"
        " the time.",
        cores.PINNED,
    ]
