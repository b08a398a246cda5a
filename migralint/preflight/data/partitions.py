"""Questions about partitions: rows that are on the wrong side of the bounds.

ATTACH reads the new partition, and the default partition for rows that belong to the new one.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION
"""

from __future__ import annotations

from migralint.model import Name
from migralint.preflight.data.question import Question, Undecided
from migralint.sql.tokens import placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment

    Answer = Question | Undecided


def attached(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    yield from _bounded(moment, operation, facts["table"], facts["partition"])


def made(moment: Moment, operation: Operation) -> Iterable[Answer]:
    """CREATE TABLE ... PARTITION OF: it is empty, but the default partition may not be."""
    parent = operation.facts.get("partition_of")
    if parent is not None and parent.name:
        yield from _bounded(moment, operation, parent, None)


def _bounded(
    moment: Moment, operation: Operation, parent: Name, partition: Name | None
) -> Iterable[Answer]:
    start = operation.statement.start
    text = operation.statement.text[operation.start - start : operation.end - start]
    known = moment.partitioned.get(parent)
    said = f"the partition {partition or operation.facts['table']} of {parent}"
    filled = partition is not None and not moment.table(partition).is_empty
    if known is None:
        if filled:
            yield Undecided(said, f"how {parent} is partitioned is not known today")
        return
    strategy, keys, default = known
    condition = _condition(text, strategy, keys, parent)
    if condition is None:
        if filled or default:
            yield Undecided(said, "its bounds are not among those that a query of ours decides")
        return
    used: tuple[Name, ...] = ()
    if filled and partition is not None:
        where = f"({condition}) IS NOT TRUE"
        yield Question(said, "values outside of the bounds", partition, used, where, "23514")
    if default:
        what = "values that belong into the new partition"
        said = f"{said} beside the default {default}"
        yield Question(said, what, default, used, condition, "23514")


def _condition(text: str, strategy: str, keys: list[str], parent: Name) -> str | None:
    """The bounds as a condition on a row; None where they are not of a form that we know."""
    lists = _lists(text)
    if strategy == "l" and len(lists) == 1 and len(keys) == 1:
        values = [value for value in lists[0] if value.lower() != "null"]
        parts = [f"{keys[0]} IN ({', '.join(values)})"] * bool(values)
        parts += [f"{keys[0]} IS NULL"] * (len(values) < len(lists[0]))
        return " OR ".join(parts)
    if strategy == "r" and len(lists) == 2 and all(len(one) == len(keys) for one in lists):
        parts = [f"{key} IS NOT NULL" for key in keys]
        parts += _edge(keys, lists[0], ">=") + _edge(keys, lists[1], "<")
        return " AND ".join(parts)
    return None


def _edge(keys: list[str], bound: list[str], operator: str) -> list[str]:
    """One end of a range, up to the first MINVALUE or MAXVALUE, behind which nothing counts."""
    open_at = [i for i, v in enumerate(bound) if v.lower() in ("minvalue", "maxvalue")]
    last = open_at[0] if open_at else len(bound)
    if not last:
        return []
    endless = bool(open_at) and bound[last].lower() == "maxvalue"
    if open_at:
        operator = (">" if endless else ">=") if operator == ">=" else ("<=" if endless else "<")
    left, right = ", ".join(keys[:last]), ", ".join(bound[:last])
    return [f"({left}) {operator} ({right})"]


def _lists(text: str) -> list[list[str]]:
    """The bracketed lists behind FOR VALUES, each value as written."""
    read = [*placed(text, "postgres")]
    words = [token.word for token, _, _ in read]
    if "values" not in words or "with" in words[words.index("values") :]:
        return []
    found: list[list[str]] = []
    depth = behind = 0
    for token, start, end in read[words.index("values") :]:
        if depth == 0 and token.word in ("partition", "tablespace", "using"):
            break
        if token.symbol == "(":
            depth += 1
            if depth == 1:
                found.append([])
                behind = end
        elif token.symbol in (",", ")") and depth == 1:
            found[-1].append(text[behind:start].strip())
            behind = end
            depth -= token.symbol == ")"
        elif token.symbol == ")":
            depth -= 1
    return found
