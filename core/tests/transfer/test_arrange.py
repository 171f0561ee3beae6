"""What every parser ends with: texts that fit, a tree that may exist."""

from hypothesis import given
from hypothesis import strategies as st

from taskbell.transfer.arrange import MOST_DEPTH, arrange
from taskbell.transfer.items import ImportedFile, ImportedItem


def _file(*items: ImportedItem) -> ImportedFile:
    return ImportedFile(items=list(items))


def _fitted(**fields: object) -> ImportedItem:
    (item,) = arrange(_file(ImportedItem(1, "k", **fields))).items  # type: ignore[arg-type]
    return item


def test_a_title_that_is_too_long_goes_on_in_the_description() -> None:
    title = "a" * 150 + "b" * 150
    item = _fitted(title=title, description="More", kept=["Due: soon"])
    assert len(item.title) == 200
    first, *rest = item.description.split("\n\n")
    assert item.title.removesuffix("…") + first.removeprefix("…") == title
    assert rest == ["More", "Due: soon"]
    assert item.messages == ["Its title is too long: it goes on in the description."]


def test_a_description_that_is_too_long_is_cut_with_a_message() -> None:
    item = _fitted(title="A", description="x" * 10_500)
    assert len(item.description) == 10_000
    assert item.messages == ["Its description is too long: the last 500 characters are left out."]


def test_control_characters_go_from_texts_and_line_breaks_from_titles() -> None:
    item = _fitted(title="a\x00b\r\nc\u2028d\t", description="e\r\nf\x00\x07g\ttab\ud800")
    assert item.title == "a�b c d"
    assert item.description == "e\nf�g\ttab?"


def test_without_a_title_the_description_gives_one() -> None:
    item = _fitted(description="First line\nSecond")
    assert item.title == "First line"
    assert item.messages == ["It has no title: the first words of its description are it."]
    assert _fitted().title == "Untitled"


def test_labels_are_cleaned_and_equal_ones_are_one() -> None:
    item = _fitted(title="A", labels=["@Home", "home", " ", "#x\ny", "z" * 61])
    assert item.labels == ["Home", "x y"]
    assert item.description == f"Label: {'z' * 61}"
    assert item.messages == ["A label is too long, or one too many: it stands in the description."]


def test_the_fifty_first_label_stands_in_the_description() -> None:
    item = _fitted(title="A", labels=[f"l{number}" for number in range(51)])
    assert len(item.labels) == 50
    assert item.description == "Label: l50"


def test_a_key_that_stands_twice_is_skipped_the_second_time() -> None:
    file = arrange(_file(ImportedItem(1, "k", "A"), ImportedItem(2, "k", "B")))
    outcomes = {item.number: item.outcome for item in file.items}
    assert outcomes == {1: None, 2: "skipped"}


def test_parents_come_first_and_siblings_stay_in_order() -> None:
    file = arrange(
        _file(
            ImportedItem(1, "c", "C", parent_key="p"),
            ImportedItem(2, "b", "B", parent_key="p"),
            ImportedItem(3, "p", "P"),
            ImportedItem(4, "a", "A", parent_key="p"),
        )
    )
    assert [item.key for item in file.items] == ["p", "c", "b", "a"]


def test_a_subtask_of_a_task_that_is_not_imported_stands_at_the_top() -> None:
    gone = ImportedItem(1, "p", "P", outcome="skipped")
    child, orphan = ImportedItem(2, "c", parent_key="p"), ImportedItem(3, "o", parent_key="none")
    arrange(_file(gone, child, orphan))
    assert child.parent_key is orphan.parent_key is None
    assert "The task above it is not imported: it stands at the top level." in child.messages


def test_a_circle_is_cut_open() -> None:
    one, two = ImportedItem(1, "a", "A", parent_key="b"), ImportedItem(2, "b", "B", parent_key="a")
    itself = ImportedItem(3, "c", "C", parent_key="c")
    arrange(_file(one, two, itself))
    assert (one.parent_key, two.parent_key, itself.parent_key) == ("b", None, None)
    assert two.messages == ["It is a subtask of its own subtask: it stands at the top level."]


def test_what_is_nested_too_deep_moves_to_the_deepest_parent_there_may_be() -> None:
    chain = [
        ImportedItem(n, str(n), f"T{n}", parent_key=str(n - 1) if n else None) for n in range(8)
    ]
    arrange(_file(*chain))
    assert [item.parent_key for item in chain] == [None, "0", "1", "2", "3", "3", "3", "3"]
    assert chain[7].messages == ["It is nested more than 5 deep: it stands one level up."]


def test_a_subtask_goes_to_the_list_of_its_parent() -> None:
    parent = ImportedItem(1, "p", "P", list_key="one")
    child = ImportedItem(2, "c", "C", list_key="two", parent_key="p")
    arrange(_file(parent, child))
    assert child.list_key == "one"
    assert child.messages == [
        "It is in another list than the task above it: it goes to that one's."
    ]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), max_size=25))
def test_any_tree_becomes_one_that_may_exist(links: list[tuple[int, int, bool]]) -> None:
    items = [
        ImportedItem(number, str(key), "T", parent_key=str(parent) if linked else None)
        for number, (key, parent, linked) in enumerate(links, 1)
    ]
    depths: dict[str, int] = {}
    for item in arrange(_file(*items)).items:
        if item.outcome is not None:
            continue
        assert item.key not in depths
        depths[item.key] = depths[item.parent_key] + 1 if item.parent_key is not None else 1
        assert depths[item.key] <= MOST_DEPTH
    assert len(depths) == len({key for key, _, _ in links})
