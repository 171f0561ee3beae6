"""What the tests measured, shown below their results: `make faults` prints it."""

import os

lines: list[str] = []


def note(text: str) -> None:
    """Keep a line for the summary, with the test that it is from."""
    name = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("faults/")[2].partition(" ")[0]
    lines.append(f"{name}: {text}")
