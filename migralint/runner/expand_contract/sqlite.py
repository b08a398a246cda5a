"""Expand, backfill and contract for SQLite, whose triggers cannot change the row that comes in.

They update it once it is there; those for the two columns do not set each other off, because SQLite
does not call triggers again from triggers of the same table unless it is told to.
"""

from __future__ import annotations

from migralint.runner.expand_contract.change import bare, beside, named, three

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.runner.expand_contract.change import Change, Step

LONGEST = 200


def steps(change: Change) -> list[Step]:
    """A column cannot become NOT NULL where it stands, so that is another type as well."""
    names = _names(change)
    expand = RENAMED if change.kind == "rename" else FORTH
    note = "" if change.nullable or change.kind != "rename" else STILL
    made = three(
        change,
        names["new"],
        note + COLUMN + expand,
        REFILL if change.kind == "required" else FILL,
        CONTRACT if change.kind == "rename" else CONTRACT + RENAME,
    )
    return [(name, title, sql.format_map(names)) for name, title, sql in made]


def _names(change: Change) -> Mapping[str, str]:
    base, column = f"{bare(change.table)}_{bare(change.column)}", change.column
    forth = {"type": "CAST({}{} AS {})", "required": "coalesce({}{}, {})", "rename": "{}{}"}
    kinds = {"type": change.to, "required": f"{change.type} NOT NULL DEFAULT {change.to}"}
    return {
        "table": change.table,
        "old": column,
        "new": beside(change, '"'),
        "inserted": named(f"{base[:180]}_keep_insert", '"', LONGEST),
        "updated": named(f"{base[:180]}_keep_old", '"', LONGEST),
        "back": named(f"{base[:180]}_keep_new", '"', LONGEST),
        "type": kinds.get(change.kind, change.type),
        "forth": forth[change.kind].format("NEW.", column, change.to),
        "fill": forth[change.kind].format("", column, change.to),
    }


STILL = "-- {old} is NOT NULL: new code has to write it too until the third migration.\n"
COLUMN = "ALTER TABLE {table} ADD COLUMN {new} {type};\n\n"
FORTH = """\
CREATE TRIGGER {inserted} AFTER INSERT ON {table} WHEN NEW.{new} IS NOT {forth} BEGIN
    UPDATE {table} SET {new} = {forth} WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER {updated} AFTER UPDATE OF {old} ON {table} WHEN NEW.{new} IS NOT {forth} BEGIN
    UPDATE {table} SET {new} = {forth} WHERE rowid = NEW.rowid;
END;
"""
RENAMED = """\
CREATE TRIGGER {inserted} AFTER INSERT ON {table} WHEN NEW.{new} IS NOT NEW.{old} BEGIN
    UPDATE {table} SET {new} = coalesce(NEW.{new}, NEW.{old}),
        {old} = coalesce(NEW.{old}, NEW.{new}) WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER {updated} AFTER UPDATE OF {old} ON {table}
WHEN NEW.{old} IS NOT OLD.{old} AND NEW.{new} IS NOT NEW.{old} BEGIN
    UPDATE {table} SET {new} = NEW.{old} WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER {back} AFTER UPDATE OF {new} ON {table}
WHEN NEW.{new} IS NOT OLD.{new} AND NEW.{old} IS OLD.{old} AND NEW.{old} IS NOT NEW.{new} BEGIN
    UPDATE {table} SET {old} = NEW.{new} WHERE rowid = NEW.rowid;
END;
"""
# SQLite has one writer at a time: smaller steps in one transaction would not let others in.
FILL = "UPDATE {table} SET {new} = {fill} WHERE {new} IS NULL AND {old} IS NOT NULL;\n"
REFILL = "UPDATE {table} SET {new} = {old} WHERE {old} IS NOT NULL AND {new} IS NOT {old};\n"
CONTRACT = """\
DROP TRIGGER IF EXISTS {inserted};
DROP TRIGGER IF EXISTS {updated};
DROP TRIGGER IF EXISTS {back};
-- migralint: allow drop-column ({new} has taken its place; no code reads {old})
ALTER TABLE {table} DROP COLUMN {old};
"""
RENAME = """\
-- migralint: allow rename-column (in one transaction with the drop of the old one)
ALTER TABLE {table} RENAME COLUMN {new} TO {old};
"""
