"""The safe SQL itself, as texts: batches, NOT NULL by way of a check, two columns kept alike.

`lint --fix --split` and `new --expand-contract` write what stands here and nothing else.
Names come as SQL (quoted where they must be). What a function returns are whole statements without
their last semicolon.
"""

from __future__ import annotations

BATCH = 10_000

# A batch commits by itself, so that no lock is held for the whole table; for that the statement
# must be alone, outside a transaction (2D000 otherwise). Rows that come while it runs have keys
# behind the last one, or are the running code's to fill. Run twice it does the same.
_BY_KEY = """\
DECLARE
    low_key {table}.{key}%TYPE;
    high_key {table}.{key}%TYPE;
    last_key {table}.{key}%TYPE;
BEGIN
    SELECT {key} INTO last_key FROM {table} ORDER BY {key} DESC LIMIT 1;
    SELECT {key} INTO low_key FROM {table} ORDER BY {key} LIMIT 1;
    WHILE low_key <= last_key LOOP
        SELECT {key} INTO high_key FROM {table} WHERE {key} >= low_key
            ORDER BY {key} OFFSET {behind} LIMIT 1;
        high_key := least(high_key, last_key);
        {change}
            WHERE {key} BETWEEN low_key AND high_key{where};
        COMMIT;
        SELECT {key} INTO low_key FROM {table} WHERE {key} > high_key ORDER BY {key} LIMIT 1;
    END LOOP;"""
_BY_ROW = """\
DECLARE
    changed bigint;
BEGIN
    LOOP
        {change}
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {where} LIMIT {batch}));
        GET DIAGNOSTICS changed = ROW_COUNT;
        EXIT WHEN changed = 0;
        COMMIT;
    END LOOP;"""


def batches(table: str, key: str, change: str, where: str) -> str:
    """`change` (UPDATE ... SET ... or DELETE FROM ...) for the rows that `where` names.

    By ranges of a unique `key`; without one, until no row is left for which `where` holds, which
    the change must therefore make untrue.
    """
    if key:
        where = f"\n            AND ({where})" if where else ""
        made = _BY_KEY.format(table=table, key=key, change=change, where=where, behind=BATCH - 1)
    else:
        made = _BY_ROW.format(table=table, change=change, where=where, batch=BATCH)
    quote = "$$" if "$$" not in change + where else "$batches$"
    return f"DO {quote}\n{made}\nEND {quote}"


def updates(table: str, key: str, assignments: str, where: str) -> str:
    return batches(table, key, f"UPDATE {table} SET {assignments}", where)


def not_valid(table: str, name: str, column: str, version: int = 0) -> str:
    """New rows must have a value; the old ones are not looked at yet."""
    rule = f"NOT NULL {column}" if version >= 18 else f"CHECK ({column} IS NOT NULL)"
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID"


def validate(table: str, name: str) -> str:
    return f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"


def proven(table: str, name: str, column: str, version: int = 0) -> tuple[str, ...]:
    """NOT NULL, which the validated check proves; from 18 on the constraint itself is that."""
    if version >= 18:
        return ()
    return (
        f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


# The new column of another type follows the old one. A trigger that fires for every write sees the
# writes of code that knows nothing of it.
_FOLLOW = """\
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.{new} := NEW.{old}{cast};
    RETURN NEW;
END $$"""
# Two names of one column. Old code writes the one, new code the other; the one that was written
# wins. A row that the backfill has not reached is filled by its first write.
_ALIKE = """\
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.{new} IS NULL THEN
            NEW.{new} := NEW.{old};
        ELSE
            NEW.{old} := NEW.{new};
        END IF;
    ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN
        NEW.{old} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{old};
    END IF;
    RETURN NEW;
END $$"""


def keeper(name: str, old: str, new: str, type: str, alike: bool) -> str:
    """The function of the trigger that keeps two columns the same.

    `alike`: both may be written (a rename); otherwise only the old one is (another type).
    """
    body = _ALIKE if alike else _FOLLOW
    return body.format(function=name, new=new, old=old, cast="" if alike else f"::{type}")


def expand(table: str, old: str, new: str, type: str, keeps: str, alike: bool) -> tuple[str, ...]:
    """A column beside another one, and the trigger `keeps`."""
    return (
        f"ALTER TABLE {table} ADD COLUMN {new} {type}",
        keeper(keeps, old, new, type, alike),
        f"CREATE TRIGGER {keeps} BEFORE INSERT OR UPDATE ON {table}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {keeps}()",
    )


def fill(table: str, key: str, old: str, new: str, type: str = "") -> str:
    """What the trigger has not seen yet; a type means another type than the old column's."""
    value = f"{old}::{type}" if type else old
    return updates(table, key, f"{new} = {value}", f"{new} IS NULL AND {old} IS NOT NULL")


def apart(table: str, keeps: str) -> tuple[str, ...]:
    return (f"DROP TRIGGER {keeps} ON {table}", f"DROP FUNCTION {keeps}()")


def renamed(table: str, old: str, new: str, keeps: str) -> tuple[str, ...]:
    """The copy goes and the old column takes its name, with all that hangs on it."""
    return (
        *apart(table, keeps),
        f"ALTER TABLE {table} DROP COLUMN {new}",
        f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}",
    )


def swapped(
    table: str, old: str, new: str, keeps: str, check: str, default: str
) -> tuple[str, ...]:
    """The column of the new type takes the old one's place, its default and its NOT NULL."""
    return (
        *apart(table, keeps),
        *((f"ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL",) if check else ()),
        *((f"ALTER TABLE {table} DROP CONSTRAINT {check}",) if check else ()),
        f"ALTER TABLE {table} DROP COLUMN {old}",
        f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}",
        *((f"ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default}",) if default else ()),
    )
