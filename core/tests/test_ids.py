from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from taskbell.ids import ClientId, new_id

adapter: TypeAdapter[UUID] = TypeAdapter(ClientId)


def test_ids_are_version_7_and_grow() -> None:
    made = [new_id() for _ in range(1000)]
    assert {one.version for one in made} == {7}
    assert made == sorted(set(made))


def test_our_own_ids_are_taken() -> None:
    made = new_id()
    assert adapter.validate_python(str(made)) == made


@pytest.mark.parametrize("value", [uuid4(), UUID(int=0), UUID(int=2**128 - 1), "x", "", 7])
def test_other_ids_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        adapter.validate_python(value)


@given(st.uuids())
def test_only_version_7(value: UUID) -> None:
    if value.version != 7:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
