"""Colors of lists, labels and filters."""

from typing import Annotated

from pydantic import Field, StringConstraints

Color = Annotated[
    str,
    StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True),
    Field(description="Such as `#1f77b4`.", examples=["#1f77b4"]),
]
