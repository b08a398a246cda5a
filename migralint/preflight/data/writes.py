"""Earlier statements that write rows: what they leave of what today's data tells."""

from __future__ import annotations

from migralint.model import UNKNOWN, Name
from migralint.preflight.data.rebuild import rows_of
from migralint.sql.tokens import NAME, NUMBER, STRING, WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment


def update(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    columns, standing = facts.get("columns"), moment.table(facts["table"])
    known: tuple[Name, ...] = () if columns is UNKNOWN or not columns else columns
    standing.touch(place, known)
    if len(known) == 1 and not facts.get("in_do") and fills(facts, known[0]):
        standing.filled[known[0]] = standing.written(known[0])


_VALUES = ("true", "false", "current_timestamp", "current_date", "now", "gen_random_uuid",
           "uuid_generate_v4")  # fmt: skip


def fills(facts: Mapping[str, Any], column: Name) -> bool:
    """`SET x = 'a'` on every row, or WHERE x IS NULL: no NULL is left behind."""
    where = [token.text for token in tokens(str(facts.get("where") or ""), "postgres")]
    plain = [text for text in where if text not in ("(", ")")]
    all_of_them = not facts.get("has_where") or plain in (
        [column.name, "is", "null"],
        [column.name.lower(), "is", "null"],
    )
    if not all_of_them or facts.get("limited") or facts.get("joined"):
        return False
    found = tokens(str(facts.get("assignments") or ""), "postgres")
    if len(found) < 3 or found[0].kind not in (WORD, NAME) or found[1].text != "=":
        return False
    value, rest = found[2], [token.text for token in found[3:]]
    if value.kind in (STRING, NUMBER):  # a cast may follow
        last = found[3:] or [value]
        return not rest or (
            rest[0] == "::" and all(t.kind in (WORD, NAME) or t.text in "::." for t in last)
        )
    return value.kind == WORD and value.text in _VALUES and rest in ([], ["(", ")"])


def insert(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """The first INSERT ... SELECT into a new table tells its rows; others leave a doubt."""
    standing = moment.table(facts["table"])
    rows = rows_of(moment, operation) if standing.is_empty else None
    if rows is None:
        standing.inserts.append(place)
        return
    standing.source, standing.changed = rows, True
    standing.columns = {column: column.sql for column in facts["columns"]}


def copy(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    if facts.get("direction") != "to" and facts.get("table"):
        moment.table(facts["table"]).inserts.append(place)


_WRITING = ("insert", "update", "delete", "merge", "truncate")


def block(moment: Moment, body: str, place: str) -> None:
    """A DO block writes in loops and subqueries too: every table that it names may change."""
    from migralint.knowledge.schema.objects import mentions

    read = tokens(body, "postgres")
    words = [token.text if token.kind == WORD else "" for token in read]
    if "perform" in words or "call" in words:
        moment.anywhere = moment.anywhere or place
    # not ON DELETE CASCADE, ON CONFLICT DO UPDATE, FOR UPDATE
    before = ["", *words]
    if any(
        w in _WRITING and last not in ("on", "do", "for")
        for last, w in zip(before, words, strict=False)
    ):
        for name, standing in moment.tables.items():
            if name.name and mentions(body, name.name):
                standing.touch(place)
                standing.removals.append(place)


def remove(moment: Moment, operation: Operation, facts: Any, place: str) -> None:
    """Rows go, here and perhaps in the tables that refer to this one."""
    name = facts["table"]
    moment.table(name).removals.append(place)
    for other in moment.referring.get(name, ()):
        if other != name:
            moment.table(other).touch(place)
