"""Numbers in words, at the places where the unit changes."""

from __future__ import annotations

import pytest

from migralint.amounts import counted, duration, size


@pytest.mark.parametrize(
    "number, said",
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12 kB"), (3e15, "3000 TB")],
)
def test_sizes(number: float, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0, "0 s"), (1.54, "1.5 s"), (5, "5 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"),
        (7200, "2 h"), (172_800, "2 days"),
    ],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_counts() -> None:
    assert counted(1, "row") == "1 row" and counted(2000, "row") == "2,000 rows"
    assert counted(0, "index", "indexes") == "0 indexes"
