"""Expand, backfill and contract for MySQL and MariaDB: a trigger for each event, a procedure."""

from __future__ import annotations

from migralint.runner.expand_contract.change import bare, beside, named, slug_of, three

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from migralint.runner.expand_contract.change import Change, Step

BATCH = 10_000
LONGEST = 64


def steps(change: Change) -> list[Step]:
    names = _names(change)
    made = _required(change) if change.kind == "required" else _replaced(change, names["new"])
    return [(name, title, sql.format_map(names)) for name, title, sql in made]


def _names(change: Change) -> Mapping[str, str]:
    base = f"{bare(change.table)}_{bare(change.column)}"
    return {
        "table": change.table,
        "old": change.column,
        "new": beside(change, "`"),
        "inserted": named(f"{base[:50]}_keep_insert", "`", LONGEST),
        "updated": named(f"{base[:50]}_keep_update", "`", LONGEST),
        "procedure": named(f"{base[:50]}_backfill", "`", LONGEST),
        "batch": str(BATCH),
        "value": change.to,
        "type": change.to if change.kind == "type" else change.type,
    }


# Each UPDATE commits by itself, so that no lock is held for the whole table.
LOOP = """\
DROP PROCEDURE IF EXISTS {{procedure}};

CREATE PROCEDURE {{procedure}}()
BEGIN
    DECLARE done INT DEFAULT 1;
    WHILE done > 0 DO
        UPDATE {{table}} SET {set} WHERE {missing} LIMIT {{batch}};
        SET done = ROW_COUNT();
    END WHILE;
END;

CALL {{procedure}}();

DROP PROCEDURE {{procedure}};
"""
EXPAND = """\
ALTER TABLE {{table}} ADD COLUMN {{new}} {{type}} NULL;

DROP TRIGGER IF EXISTS {{inserted}};

CREATE TRIGGER {{inserted}} BEFORE INSERT ON {{table}} FOR EACH ROW
    SET {insert};

DROP TRIGGER IF EXISTS {{updated}};

CREATE TRIGGER {{updated}} BEFORE UPDATE ON {{table}} FOR EACH ROW
    SET {update};
"""
INSERT = "NEW.{new} = COALESCE(NEW.{new}, NEW.{old}), NEW.{old} = COALESCE(NEW.{old}, NEW.{new})"
# The old column wins where both have changed; the assignments are made one after the other.
UPDATE = """\
NEW.{new} = IF(NEW.{old} <=> OLD.{old},
            IF(NEW.{new} <=> OLD.{new}, COALESCE(NEW.{new}, NEW.{old}), NEW.{new}), NEW.{old}),
        NEW.{old} = IF(NEW.{old} <=> OLD.{old}, NEW.{new}, NEW.{old})"""
FORTH = "NEW.{new} = NEW.{old}"
CONTRACT = """\
DROP TRIGGER IF EXISTS {inserted};

DROP TRIGGER IF EXISTS {updated};

-- migralint: allow drop-column ({new} has taken its place; no code reads {old})
"""
DROP = "ALTER TABLE {table} DROP COLUMN {old};\n"
# One statement, so that there is no moment without a column of this name.
EXCHANGE = """\
-- migralint: allow rename-column (in one statement with the drop of the old one)
ALTER TABLE {table} DROP COLUMN {old}, CHANGE COLUMN {new} {old} {type} NULL;
"""


def _replaced(change: Change, new: str) -> list[Step]:
    renamed = change.kind == "rename"
    return three(
        change,
        new,
        EXPAND.format(insert=INSERT if renamed else FORTH, update=UPDATE if renamed else FORTH),
        LOOP.format(set="{new} = {old}", missing="{new} IS NULL AND {old} IS NOT NULL"),
        CONTRACT + (DROP if renamed else EXCHANGE),
    )


REQUIRED = """\
-- MODIFY repeats the whole definition: add what the column has besides (a comment, a collation).
ALTER TABLE {table} MODIFY COLUMN {old} {type} NOT NULL DEFAULT {value},
    ALGORITHM = INPLACE, LOCK = NONE;
"""


def _required(change: Change) -> list[Step]:
    slug, column = slug_of(change), change.column
    default = "ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {value};\n"
    fill = LOOP.format(set="{old} = {value}", missing="{old} IS NULL")
    return [
        (f"expand_{slug}", f"1 of 3: new rows of {change.table} have {column}", default),
        (f"backfill_{slug}", f"2 of 3: fill {column} in batches", fill),
        (f"contract_{slug}", f"3 of 3: {column} becomes NOT NULL", REQUIRED),
    ]
