"""The SQL that would bring a database back to what was expected, in an order that works.

It is printed and never run by us. What would lose data stands there as a comment that says so, and
where no SQL can be given honestly, that is said.
"""

from __future__ import annotations

from importlib import import_module

from migralint.catalog.names import taken_apart
from migralint.catalog.repair.order import ranking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.catalog import Difference, Snapshot
    from migralint.catalog.repair.order import Rank


def lossy(sql: str, why: str) -> str:
    """A destructive statement, as a comment."""
    return f"-- NOT offered to be run, because it {why}:\n" + "\n".join(
        f"--   {line}" for line in sql.split("\n")
    )


def impossible(name: str, why: str) -> str:
    return f"-- {name}: {why}"


def is_offered(sql: str) -> bool:
    """Is there anything in it to run?"""
    return any(line.strip() and not line.lstrip().startswith("--") for line in sql.split("\n"))


def repair(
    differences: Sequence[Difference], expected: Snapshot, found: Snapshot
) -> tuple[str, ...]:
    """One text for each statement or remark."""
    module = import_module(f"migralint.catalog.repair.{expected.dialect}")
    rank = ranking(differences, expected)
    steps: list[tuple[Rank, str]] = []
    for difference in differences:
        place = taken_apart(difference.object)
        texts = module.statements(difference, place, differences, expected, found)
        steps += [(rank(difference, place, number), text) for number, text in enumerate(texts)]
    steps.sort(key=lambda step: step[0])
    texts = list(dict.fromkeys(text for _, text in steps if text))
    made = [text for text in texts if text.startswith("CREATE OR REPLACE ")]
    if made and expected.dialect == "postgres" and any(t.startswith("CREATE TABLE") for t in texts):
        # a function may come before the tables that it reads
        texts.insert(0, "SET check_function_bodies TO off;")
    return tuple(texts)
