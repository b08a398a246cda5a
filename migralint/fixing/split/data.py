"""An UPDATE or DELETE of many rows, in batches."""

from __future__ import annotations

from migralint.fixing.split.columns import FILLS
from migralint.fixing.split.parts import Change, Found, Piece, key_of, partitioned
from migralint.knowledge import safe_sql
from migralint.sql.tokens import NAME, WORD, placed, tokens

# What differs when it is run a second time, or later.
CHANGING = frozenset(
    (
        *("nextval", "lastval", "setval", "random", "gen_random_uuid", "uuid_generate_v4"),
        *("uuid_generate_v1", "now", "clock_timestamp", "statement_timestamp", "timeofday"),
        *("current_timestamp", "localtimestamp"),
    )
)


def batched(found: Found) -> Change | str:
    fact = found.view.fact
    refused = _refused(found)
    if refused:
        return refused
    key, where = key_of(found), str(fact("where"))
    if not key or partitioned(found):
        return f"no primary key of one column is known by whose ranges {found.table} could be taken"
    names = {column.name for column in fact("columns")} if found.operation.kind == "update" else ()
    if key.strip('"') in names:
        return f"it changes {key}, by whose ranges it would be taken"
    sql = safe_sql.batches(found.table, key, _without_where(found), where)
    piece = Piece("batches", (sql,), "backfill", FILLS, found.operation.statement.text)
    return Change(gone=True, later=(piece,))


def move_later(found: Found) -> Change | str:
    """Work under a lock that an earlier statement holds: to a step of its own."""
    if found.operation.kind in ("update", "delete"):
        return batched(found)
    if found.operation.kind != "validate_constraint":
        return "it takes a lock of its own, for as long as it works"
    text = f"ALTER TABLE {found.table} {found.text}"
    why = "Reads and writes go on while the rows are checked."
    return Change(gone=True, later=(Piece("validate", (text,), "validate", why),))


def _refused(found: Found) -> str:
    """What cannot be said of one range after the other, or not twice."""
    fact, text = found.view.fact, found.operation.statement.text
    if fact("joined") or fact("in_cte") or text.split()[0].lower() == "with":
        return "it takes its rows from another table too"
    if any(token.word == "returning" for token in tokens(text, "postgres")):
        return "it returns rows"
    if found.operation.kind == "delete":
        return "it reads other rows" if _reads_others(str(fact("where"))) else ""
    assignments = str(fact("assignments"))
    if _reads_others(assignments) or _reads_others(str(fact("where"))):
        return "it reads other rows, which another batch may have changed"
    names = {column.name for column in fact("columns")}
    read = _read(assignments)
    if read & names and not _held_back(found, names):
        return f"run twice it would not do the same: it reads {', '.join(sorted(read & names))}"
    if read & CHANGING and not _held_back(found, names):
        return f"run twice it would not do the same: {', '.join(sorted(read & CHANGING))}"
    return ""


def _without_where(found: Found) -> str:
    """The statement up to its WHERE, as written."""
    text, depth = found.operation.statement.text, 0
    for token, start, _ in placed(text, "postgres"):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.word == "where" and not depth:
            return text[:start].rstrip()
    return text.rstrip()


def _reads_others(text: str) -> bool:
    return any(token.word in ("select", "table") for token in tokens(text, "postgres"))


def _read(assignments: str) -> set[str]:
    """The names to the right of each `=` that stands outside of brackets."""
    read: set[str] = set()
    depth, right = 0, False
    for token in tokens(assignments, "postgres"):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth and token.text == ",":
            right = False
        elif not depth and token.text == "=" and not right:
            right = True
        elif right and token.kind in (WORD, NAME):
            read.add(token.text)
    return read


def _held_back(found: Found, names: set[str]) -> bool:
    """`WHERE a IS NULL` for the one column that is set: a row that is done is not met again."""
    words = [t.text for t in tokens(str(found.view.fact("where")), "postgres")]
    return len(names) == 1 and words == [next(iter(names)), "is", "null"]
