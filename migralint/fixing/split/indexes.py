"""Indexes are built, dropped and built again CONCURRENTLY, keys are made of indexes that stand."""

from __future__ import annotations

import re

from migralint.fixing.split.parts import (
    Change,
    Found,
    Piece,
    constraint_of,
    cut,
    inline,
    partitioned,
    quoted,
)
from migralint.knowledge import safe_sql
from migralint.model import Name, Record
from migralint.sql.tokens import placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PARTITIONED = "{} is partitioned, and CONCURRENTLY is not possible on a partitioned table"
TAIL = re.compile(
    r"(?is)\s*(?:deferrable(?:\s+initially\s+(?:deferred|immediate))?"
    r"|not\s+deferrable(?:\s+initially\s+immediate)?|initially\s+immediate)?\s*\Z"
)


def _alone(sql: str, word: str, why: str) -> Change:
    return Change(gone=True, later=(Piece("alone", (sql,), word, why),))


def _word(text: str, *wanted: str) -> int:
    """Where the first of these words ends that the text has, -1 without one."""
    return next((end for token, _, end in placed(text, "postgres") if token.word in wanted), -1)


WITHOUT = "{} is dropped and made again: between the steps nothing would keep the rows unique"


def create_index(found: Found) -> Change | str:
    index = found.view.fact("index")
    dropped = {view.fact("index") for view in found.view.earlier(("drop_index",))}
    if index.name and index in dropped and found.view.fact("unique") is True:
        return WITHOUT.format(index)
    if partitioned(found):
        return PARTITIONED.format(found.table)
    if found.view.fact("only") is True:
        return "ON ONLY is for a partitioned table"
    at = rest = _word(found.text, "index")
    why = f"Writes to {found.table} go on while it is built."
    if found.view.fact("if_not_exists") is True:  # see the rule hidden-invalid-index
        rest = _word(found.text, "exists")
        why += " No IF NOT EXISTS: that passes over what a build that broke off has left."
    sql = f"{found.text[:at]} CONCURRENTLY{found.text[rest:]}"
    return _alone(sql, "index", why)


def drop_index(found: Found) -> Change | str:
    if found.view.fact("cascade") is True:
        return "DROP INDEX CONCURRENTLY takes no CASCADE"
    name = found.view.fact("index")
    made = (view for view in found.view.later(("create_index",)) if view.fact("index") == name)
    if any(view.fact("unique") is True for view in made):
        return WITHOUT.format(name)
    index = found.before.indexes.get(name)
    if index is not None and (index.table.children or getattr(index.table, "partitioned", False)):
        return PARTITIONED.format(index.table.name)
    exists = "IF EXISTS " if found.view.fact("if_exists") is True else ""
    sql = f"DROP INDEX CONCURRENTLY {exists}{name}"
    return _alone(sql, "drop_index", "It waits for nobody's lock on the table.")


def reindex(found: Found) -> Change | str:
    kind = str(found.view.fact("target_type"))
    if found.version < 12:
        return "REINDEX has no CONCURRENTLY before PostgreSQL 12"
    if kind not in ("index", "table", "schema", "database"):
        return "the catalogues cannot be built again concurrently"
    at = next(end for token, _, end in placed(found.text, "postgres") if token.word == kind)
    sql = f"{found.text[:at]} CONCURRENTLY{found.text[at:]}"
    return _alone(sql, "reindex", "Writes go on while it is built again.")


def add_unique(found: Found) -> Change | str:
    name, _ = constraint_of(found)
    if partitioned(found):
        return PARTITIONED.format(found.table)
    if not name:
        return "the name that the server would give the constraint is not certain"
    keys = _replaces(found) or _keys(found)
    if isinstance(keys, str):
        return keys
    nulls, columns, rest = keys
    build = (
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {found.table} ({columns}){rest.index}{nulls}"
    )
    key = f"ALTER TABLE {found.table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}{rest.tail}"
    later = (
        Piece("alone", (build,), "index", f"Writes to {found.table} go on while it is built."),
        Piece("together", (key,), "constraint", f"{name} takes the index, and builds nothing."),
    )
    return _taken_out(found, later)


class _Rest(Record):
    """What follows the columns: of the index (INCLUDE), and of the constraint (DEFERRABLE)."""

    index: str = ""
    tail: str = ""


def _replaces(found: Found) -> str:
    """Why not, where the migration drops a key that this one replaces."""
    dropped = [
        view.fact("constraint")
        for view in found.view.timeline.of_kinds(("drop_constraint",))
        if view.fact("table") == found.view.fact("table")
    ]
    table = found.known_table
    key = table.primary_key if table else None
    primary = found.operation.kind == "add_primary_key" and bool(key or dropped)
    own = constraint_of(found)[0].strip('"')
    if primary or any(name.name == own for name in dropped):
        return WITHOUT.format(f"the key of {found.table}")
    return ""


def _keys(found: Found) -> tuple[str, str, _Rest] | str:
    """(NULLS NOT DISTINCT, the columns, the rest) as written, or what cannot be carried over."""
    nulls = " NULLS NOT DISTINCT" if found.view.fact("nulls_not_distinct") is True else ""
    text = found.text
    if inline(found):
        read = [*placed(text, "postgres")]
        ends = [end for token, _, end in read if token.text in ("unique", "key", "distinct")]
        deferred = _word(text, "deferrable", "initially")
        if ends[-1:] != [read[-1][2]] and deferred < 0:
            return f"{text!r} says more than a key"
        own = ", ".join(str(column) for column in found.view.fact("columns"))
        return nulls, own, _Rest(tail=_spaced(text[ends[-1] :]))
    start = next((start for token, start, _ in placed(text, "postgres") if token.symbol == "("), -1)
    if start < 0:
        return f"{text!r} names no columns"
    end = _closing(text, start)
    columns, behind = text[start + 1 : end], text[end + 1 :]
    include = ""
    if re.match(r"(?is)\s*include\b", behind):
        start = behind.index("(")
        stop = _closing(behind, start)
        include, behind = f" INCLUDE ({behind[start + 1 : stop]})", behind[stop + 1 :]
    if not TAIL.match(behind):
        return f"{behind.strip()!r} cannot be carried over to an index"
    return nulls, columns, _Rest(include, _spaced(behind))


def _spaced(text: str) -> str:
    return f" {' '.join(text.split())}" if text.strip() else ""


def _closing(text: str, start: int) -> int:
    """The bracket that closes the one at `start`."""
    depth = 0
    for token, at, _ in placed(text, "postgres"):
        if at >= start and token.symbol in ("(", ")"):
            depth += 1 if token.symbol == "(" else -1
            if not depth:
                return at
    return len(text)


def _taken_out(found: Found, later: tuple[Piece, ...]) -> Change:
    """An inline constraint leaves its column, another one its ALTER TABLE."""
    if inline(found):
        return Change(edits=(cut(found, 0, len(found.text)),), later=later)
    return Change(gone=True, later=later)


def add_primary_key(found: Found) -> Change | str:
    name, _ = constraint_of(found)
    using = found.view.fact("using_index")
    if partitioned(found):
        return PARTITIONED.format(found.table)
    if inline(found):
        return "a new column that is the primary key has no values yet that could be its key"
    if not name:
        return "the name that the server would give the constraint is not certain"
    if found.version < 12:
        return "before PostgreSQL 12 nothing spares NOT NULL the reading of the whole table"
    columns = _nullable(found) if not (isinstance(using, Name) and using.name) else None
    if columns is None:
        return "which columns the index has is not known"
    keys = _replaces(found) or _keys(found)
    if isinstance(keys, str):
        return keys
    _, written, rest = keys
    build = f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {found.table} ({written}){rest.index}"
    key = (
        f"ALTER TABLE {found.table} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}{rest.tail}"
    )
    later = (
        *(piece for column in columns for piece in not_null_pieces(found, column)),
        Piece("alone", (build,), "index", f"Writes to {found.table} go on while it is built."),
        Piece("together", (key,), "constraint", f"{name} takes the index, and reads nothing."),
    )
    return Change(gone=True, later=later)


def _nullable(found: Found) -> tuple[Name, ...]:
    """The columns of the key that are not known to be NOT NULL."""
    table = found.known_table
    known = table.columns if table else {}
    return tuple(c for c in found.view.fact("columns") if c not in known or known[c].nullable)


def not_null_pieces(found: Found, column: Name, way: str = "together") -> Iterable[Piece]:
    """NOT NULL for a column that is filled; the first piece goes the way that is said."""
    version, table = found.version, found.table
    name = not_null_name(found, column)
    proven = safe_sql.proven(table, name, str(column), version)
    yield Piece(
        way,
        (safe_sql.not_valid(table, name, str(column), version),),
        "not_null",
        f"From now on {column} must have a value; the rows that are there are checked next.",
    )
    yield Piece(
        "validate",
        (safe_sql.validate(table, name),),
        "validate",
        "Reads and writes go on. If it fails, a row is NULL still: fill it, and apply this again.",
    )
    if proven:
        yield Piece("together", proven, "required", "The check proves it, so no row is read.")


def not_null_name(found: Found, column: Name) -> str:
    """As PostgreSQL 18 calls the constraint of a NOT NULL."""
    from migralint.knowledge.schema.names import joined

    return quoted(joined(found.view.fact("table").name, column.name, "not_null"))
