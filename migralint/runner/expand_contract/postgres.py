"""Expand, backfill and contract for PostgreSQL: one trigger function, batches that commit."""

from __future__ import annotations

from migralint.knowledge import safe_sql
from migralint.runner.expand_contract.change import bare, beside, named, slug_of, three

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.runner.expand_contract.change import Change, Step


def steps(change: Change) -> list[Step]:
    return _required(change) if change.kind == "required" else _replaced(change)


def _names(change: Change) -> Mapping[str, str]:
    column, table, is_type = bare(change.column), bare(change.table), change.kind == "type"
    return {
        "table": change.table,
        "old": change.column,
        "new": beside(change, '"'),
        "key": change.key,
        "function": named(f"{table}_{column}_keep", '"', 63),
        "check": named(f"{table}_{column}_not_null", '"', 63),
        "value": change.to,
        "type": change.to if is_type else change.type,
    }


def _replaced(change: Change) -> list[Step]:
    """A rename or another type: a new column beside the old one."""
    names = _names(change)
    cast = change.to if change.kind == "type" else ""
    filled = safe_sql.fill(change.table, change.key, change.column, names["new"], cast)
    names = {**names, "keeper": _keeper(change, names), "filled": filled}
    made = three(change, names["new"], EXPAND, "{filled};\n", _contract(change))
    return [(name, title, sql.format_map(names)) for name, title, sql in made]


EXPAND = """\
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {new} {type};

{keeper};

CREATE OR REPLACE TRIGGER {function} BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();
"""


def _keeper(change: Change, names: Mapping[str, str]) -> str:
    """Of a rename either column may be written, of another type only the old one."""
    alike = change.kind == "rename"
    return safe_sql.keeper(names["function"], change.column, names["new"], names["type"], alike)


CONTRACT = """\
DROP TRIGGER IF EXISTS {function} ON {table};
DROP FUNCTION IF EXISTS {function}();
-- migralint: allow drop-column ({new} has taken its place; no code reads {old})
ALTER TABLE {table} DROP COLUMN IF EXISTS {old};
"""
RENAME = """\
-- migralint: allow rename-column (in one transaction with the drop of the old one)
ALTER TABLE {table} RENAME COLUMN {new} TO {old};
"""


def _contract(change: Change) -> str:
    return CONTRACT if change.kind == "rename" else CONTRACT + RENAME


def _required(change: Change) -> list[Step]:
    """NOT NULL by way of a CHECK that is validated while others write."""
    names = _names(change)
    slug = slug_of(change)
    check, column = names["check"], change.column
    expand = (
        f"ALTER TABLE {change.table} ALTER COLUMN {column} SET DEFAULT {change.to};\n"
        f"{safe_sql.not_valid(change.table, check, column)};\n"
    )
    value = f"{column} = {change.to}"
    fill = safe_sql.updates(change.table, change.key, value, f"{column} IS NULL") + ";\n"
    first, last = safe_sql.proven(change.table, check, column)
    contract = (
        f"{safe_sql.validate(change.table, check)};\n"
        "-- The check proves it, so the table is not read again (PostgreSQL 12 and newer).\n"
        f"{first};\n{last};\n"
    )
    return [
        (f"expand_{slug}", f"1 of 3: new rows of {change.table} have {change.column}", expand),
        (f"backfill_{slug}", f"2 of 3: fill {change.column} in batches", fill),
        (f"contract_{slug}", f"3 of 3: {change.column} becomes NOT NULL", contract),
    ]
