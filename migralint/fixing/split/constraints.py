"""Constraints that are added NOT VALID and validated while others write, and NOT NULL."""

from __future__ import annotations

from migralint.fixing.split.indexes import not_null_name, not_null_pieces
from migralint.fixing.split.parts import (
    Change,
    Found,
    Piece,
    constraint_of,
    cut,
    inline,
    partitioned,
)
from migralint.knowledge import safe_sql
from migralint.model import Edit
from migralint.sql.tokens import placed

READS = "Reads and writes go on while the rows are checked."


def validate_later(found: Found) -> Change | str:
    """A foreign key, a check, or a NOT NULL constraint."""
    name, written = constraint_of(found)
    foreign = found.operation.kind == "add_foreign_key"
    if foreign and partitioned(found) and found.version < 18:
        return f"{found.table} is partitioned: before PostgreSQL 18 a key on it cannot be NOT VALID"
    if not name:
        return "the name that the server would give the constraint is not certain"
    check = Piece("validate", (safe_sql.validate(found.table, name),), "validate", READS)
    if inline(found):
        body = found.text if written else f"CONSTRAINT {name} {found.text}"
        made = _table_form(found, body)
        if not made:
            return f"{found.text!r} cannot be taken out of its column"
        here = f"ALTER TABLE {found.table} ADD {made} NOT VALID"
        return Change(edits=(cut(found, 0, len(found.text)),), here=(here,), later=(check,))
    edits = [_at_end(found, " NOT VALID")]
    if not written:
        at = found.operation.start + _behind_add(found)
        edits.insert(0, Edit(at, at, f" CONSTRAINT {name}"))
    return Change(edits=tuple(edits), later=(check,))


def _at_end(found: Found, text: str) -> Edit:
    return Edit(found.operation.end, found.operation.end, text)


def _behind_add(found: Found) -> int:
    return next(end for token, _, end in placed(found.text, "postgres") if token.word == "add")


def _table_form(found: Found, body: str) -> str:
    """`CONSTRAINT a REFERENCES b (c)` of a column as a constraint of its table."""
    if found.operation.kind == "add_check":
        return body
    start = next(
        (start for token, start, _ in placed(body, "postgres") if token.word == "references"), -1
    )
    columns = ", ".join(str(column) for column in found.view.fact("columns"))
    return f"{body[:start]}FOREIGN KEY ({columns}) {body[start:]}" if start >= 0 else ""


def set_not_null(found: Found) -> Change | str:
    if found.version < 12:
        return "before PostgreSQL 12 nothing spares SET NOT NULL the reading of the whole table"
    if partitioned(found):
        return f"{found.table} has partitions or heirs, whose names are not certain"
    column = found.view.fact("column")
    first, *later = not_null_pieces(found, column)
    added = first.sql[0].removeprefix(f"ALTER TABLE {found.table} ")
    known = found.known_table
    if known and any(
        c.name.sql == not_null_name(found, column) for c in known.constraints.values()
    ):
        return f"{found.table} has a constraint of the name {not_null_name(found, column)}"
    edit = Edit(found.operation.start, found.operation.end, added)
    return Change(edits=(edit,), later=tuple(later))
