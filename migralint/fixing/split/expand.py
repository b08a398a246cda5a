"""Expand and contract, where it is certain that nothing is lost: another type, another name.

What hangs on a column is known from the migrations alone. Where they are not all there, or where
something hangs on it that would have to be made again (a key, an index, a view), it is left alone.
"""

from __future__ import annotations

import re

from migralint.fixing.split.columns import FILLS
from migralint.fixing.split.indexes import not_null_name, not_null_pieces
from migralint.fixing.split.parts import Change, Found, Piece, key_of, quoted
from migralint.knowledge import safe_sql
from migralint.knowledge.schema.objects import mentions
from migralint.model import UNKNOWN, Name, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.knowledge.schema import Column, Table

# Old type -> the types that hold every value of it and that show it alike.
SMALL, WHOLE, LARGE = ("smallint", "int2"), ("integer", "int", "int4"), ("bigint", "int8")
TEXTS, EXACT = ("text", "varchar", "character varying"), ("numeric", "decimal")
HOLDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(SMALL, (*WHOLE, *LARGE, *EXACT, *TEXTS)),
    **dict.fromkeys(WHOLE, (*LARGE, *EXACT, *TEXTS)),
    **dict.fromkeys(LARGE, (*EXACT, *TEXTS)),
    **dict.fromkeys((*EXACT, "uuid", "boolean", "bool"), TEXTS),
    **dict.fromkeys(("real", "float4"), ("double precision", "float8")),
}

DIGITS = {**dict.fromkeys(SMALL, 5), **dict.fromkeys(WHOLE, 10), **dict.fromkeys(LARGE, 19)}


def column_type(found: Found) -> Change | str:
    table, column = found.known_table, _column(found)
    type_, old = str(found.view.fact("type")), found.view.fact("old_type")
    if table is None or column is None or old is UNKNOWN or not old:
        return f"what {found.table}.{found.column} is, the migrations so far do not say"
    why = _type_refused(found, column, str(old), type_) or _bound(found, table, column)
    if why:
        return why
    names = _names(found, f"{column.name.name}_new")
    if names.taken:
        return names.taken
    new = Name(f"{column.name.name}_new")
    check = not_null_name(found, new) if not column.nullable else ""
    if check and found.version < 12:
        return "before PostgreSQL 12 nothing spares SET NOT NULL the reading of the whole table"
    proof = tuple(not_null_pieces(found, Name(new.name, "", names.new))) if check else ()
    keeper, own = names.keeper, names.old
    checked = check if found.version < 18 else ""
    swap = safe_sql.swapped(found.table, own, names.new, keeper, checked, column.default)
    if check and not checked:
        swap = (*swap, f"ALTER TABLE {found.table} RENAME CONSTRAINT {check} TO {_kept(found)}")
    taken = f"({names.new} holds the same and takes its place)"
    swap = tuple(_allowed(sql, taken, f"only its trigger has named {names.new}") for sql in swap)
    return Change(
        gone=True,
        here=safe_sql.expand(found.table, own, names.new, type_, keeper, alike=False),
        later=(
            _fill(found, names, type_),
            *proof[:2],
            Piece("together", swap, "swap", f"{names.new} takes the place of {own}.", atomic=True),
        ),
    )


def _kept(found: Found) -> str:
    return not_null_name(found, found.view.fact("column"))


def _fill(found: Found, names: _Names, type_: str = "") -> Piece:
    sql = safe_sql.fill(found.table, key_of(found), names.old, names.new, type_)
    like = f"UPDATE {found.table} SET {names.new} = {names.old} WHERE {names.new} IS NULL"
    return Piece("batches", (sql,), "backfill", FILLS, like)


class _Names(Record):
    """The columns, as SQL, and the trigger that keeps them; `taken`: why they cannot be had."""

    old: str
    new: str
    keeper: str
    taken: str


def _names(found: Found, new: str, written: str = "") -> _Names:
    """`new` is the name of the column that is made, `written` as somebody wrote it."""
    table, column = found.view.fact("table"), found.view.fact("column")
    known = found.known_table
    taken = f"{found.table} is in a schema of its own, which the trigger would need"
    if not table.schema:
        here = known is not None and Name(new) in known.columns
        taken = f"{found.table} has a column {new} already" if here else ""
    keeper = quoted(f"{table.name}_{column.name}"[:58] + "_keep")
    return _Names(found.column, written or quoted(new), keeper, taken)


def _column(found: Found) -> Column | None:
    return found.before.column(found.view.fact("table"), found.view.fact("column"))


def _type_refused(found: Found, column: Column, old: str, new: str) -> str:
    using = " ".join(str(found.view.fact("using")).split()).replace('"', "").lower()
    plain = f"{column.name.name}::{new}".lower()
    if using and using not in (plain, f"({plain})", column.name.name.lower()):
        return "what USING does to the values of running code is not certain"
    if found.view.fact("collation"):
        return "it gives the column another collation"
    plain_old = old.lower().partition("(")[0].strip()
    if new.lower() not in HOLDS.get(plain_old, ()) and not _has_room(plain_old, new.lower()):
        return f"that every {old} fits into {new} and is shown alike is not certain"
    return ""


def _has_room(old: str, new: str) -> bool:
    """numeric(65, 30) for an integer: enough digits in front of the point."""
    found = re.fullmatch(r"(?:numeric|decimal)\s*\((\d{1,4})(?:\s*,\s*(\d{1,4}))?\)", new)
    return found is not None and int(found[1]) - int(found[2] or 0) >= DIGITS.get(old, 10_000)


def _bound(found: Found, table: Table, column: Column) -> str:
    """What hangs on the column and would have to be made again for another one."""
    name = column.name.name
    if not table.whole or found.before.gaps:
        return f"not all that makes {found.table} is known"
    if column.generated or column.sequence or column.auto_increment:
        return f"{found.column} has a sequence or an expression of its own"
    hanging: list[str] = []
    for schema in (found.before, found.schema):  # what the migration itself makes counts too
        known = schema.tables.get(table.name)
        if known is None or column.name not in known.columns:
            return f"{found.column} is renamed or dropped later in the file"
        hanging += [str(c.name) for c in known.constraints.values() if _concerns(c, column.name)]
        hanging += [str(i.name) for i in known.indexes.values() if i.reads(column.name)]
        hanging += [
            str(c.name)
            for c in schema.references_to(table.name)
            if column.name in c.references_columns
        ]
        hanging += [
            str(v.name) for v in schema.views.values() if {name, table.name.name} <= v.words
        ]
    if hanging:
        return f"{', '.join(dict.fromkeys(hanging))} would have to be made again"
    return _watched(found, table)


def _concerns(constraint: object, column: Name) -> bool:
    columns = getattr(constraint, "columns", ())
    return column in columns or mentions(getattr(constraint, "expression", ""), column.name)


def _watched(found: Found, table: Table) -> str:
    if table.triggers:
        return f"{found.table} has triggers, which may change the column after ours"
    if table.policies:
        return f"{found.table} has policies, which may name the column"
    if table.partitioned or table.children or table.parents:
        return f"{found.table} has partitions or heirs"
    return ""


def rename_column(found: Found) -> Change | str:
    """Both names for a while. In the end the copy goes, and the old column, with all that hangs on
    it, is renamed as it was meant."""
    table, column = found.known_table, _column(found)
    if found.view.migration.dialect != "postgres":
        return "only PostgreSQL's triggers are written"
    if table is None or column is None or not column.type or not table.whole:
        return f"what {found.table}.{found.column} is, the migrations so far do not say"
    if column.generated:
        return f"{found.column} has an expression of its own, which nobody writes"
    if column.nullable and column.default:
        return (
            f"{found.column} may be NULL and has a default: a NULL that new code writes on purpose "
            "could not be told from a column that it leaves out"
        )
    why = _watched(found, table)
    new = found.view.fact("new_name")
    names = _names(found, new.name, str(new))
    if why or names.taken:
        return why or names.taken
    end = safe_sql.renamed(found.table, names.old, names.new, names.keeper)
    kept = f"(a copy of {names.old}, kept by a trigger)"
    end = tuple(_allowed(sql, kept, f"no running code names {names.old} any more") for sql in end)
    why = (
        f"For a later release than the one before: apply it when no running code names "
        f"{names.old} any more."
    )
    return Change(
        gone=True,
        here=safe_sql.expand(
            found.table, names.old, names.new, _plain_type(column.type), names.keeper, alike=True
        ),
        later=(_fill(found, names), Piece("contract", end, "contract", why, atomic=True)),
    )


def _allowed(sql: str, kept: str, renamed: str) -> str:
    if " DROP COLUMN " in sql:
        return f"-- migralint: allow drop-column {kept}\n{sql}"
    if " RENAME COLUMN " in sql:
        return f"-- migralint: allow rename-column ({renamed})\n{sql}"
    return sql


def _plain_type(text: str) -> str:
    serial = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
    return serial.get(text.lower(), text)


def rename_table(found: Found) -> Change | str:
    """A view keeps the old name for the code that asks for it."""
    table = found.known_table
    if found.view.migration.dialect != "postgres":
        return "only PostgreSQL's views take writes"
    if table is None or not table.whole or found.before.gaps:
        return f"what {found.table} is, the migrations so far do not say"
    if table.policies or table.row_security:
        return f"{found.table} has row security, which a view would pass by"
    if table.partitioned or table.children or table.parents:
        return f"{found.table} has partitions or heirs"
    if _forbidden(found):
        return "the migration changes the table on, which a view on it would forbid"
    new = str(found.view.fact("new_name"))
    where = found.table.rpartition(".")[0]
    full = f"{where}.{new}" if where else new
    why = (
        f"For a later release than the one before: apply it when no running code asks for "
        f"{found.table} any more."
    )
    drop = (
        f"-- migralint: allow drop-view (it only kept the old name of {new})\n"
        f"DROP VIEW {found.table}"
    )
    return Change(
        here=(f"CREATE VIEW {found.table} AS SELECT * FROM {full}",),
        later=(Piece("contract", (drop,), "contract", why),),
        atomic=True,
    )


def _forbidden(found: Found) -> bool:
    """Whether something follows in the migration that a view on the table forbids."""
    kinds = ("drop_column", "alter_column_type", "rename_table", "drop_table", "set_schema")
    new = found.view.fact("new_name").name
    later = any(view.fact("table").name == new for view in found.view.later(kinds))
    return later or any(True for _ in found.view.later(("drop_type",)))
