"""Expand, backfill, contract: a change that running code does not notice, as three migrations.

Expand adds what is new beside what is old and keeps the two alike by a trigger; backfill fills it
in batches; contract, once no running code uses the old column, takes it away.
https://martinfowler.com/bliki/ParallelChange.html
"""

from __future__ import annotations

import re

from migralint.model import MigralintError, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migralint.model import Migration

BATCH = 10_000
NAME = re.compile(
    r'(?:"[^"]{1,63}"|[A-Za-z_]\w{0,62})(?:\.(?:"[^"]{1,63}"|[A-Za-z_]\w{0,62})){0,2}'
)
CHANGES = {
    "rename": "TABLE.OLD=NEW: a column gets another name",
    "type": "TABLE.COLUMN=TYPE: a column gets another type",
    "required": "TABLE.COLUMN=VALUE: a column becomes NOT NULL; where it is NULL it gets the value",
}


@record
class Change:
    """What is asked for. `key` is the column by whose ranges the backfill proceeds."""

    kind: str
    table: str
    column: str
    to: str
    key: str = "id"
    type: str = ""


def parse(kind: str, text: str, key: str) -> Change:
    left, equals, to = text.partition("=")
    table, dot, column = left.strip().rpartition(".")
    named = all(NAME.fullmatch(part) for part in (table, column))
    if not equals or not dot or not to.strip() or not named or ";" in to:
        raise MigralintError(f"{text!r} is not {CHANGES[kind].partition(':')[0]}")
    if kind == "rename" and not NAME.fullmatch(to.strip()):
        raise MigralintError(f"{to.strip()!r} is no name of a column")
    return Change(kind, table, column, to.strip(), key)


def known(change: Change, migrations: Iterable[Migration]) -> Change:
    """With the column's type; a column that the migrations so far do not make is refused."""
    from migralint.knowledge.schema import Schema
    from migralint.model import Name, replace
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    schema = Schema()
    for migration in migrations:
        for statement in split(migration.text, migration.dialect, migration.forward):
            for operation in operations(statement, migration.dialect):
                schema.apply(operation, migration.path)
    where, _, table = change.table.rpartition(".")
    found = schema.column(Name(_folded(table), _folded(where)), Name(_folded(change.column)))
    if found is None or not found.type:
        raise MigralintError(
            f"the migrations make no column {change.column} in {change.table}",
            hint='Names are written as in SQL: "User".name, users.email.',
        )
    return replace(change, type=str(found.type))


def _folded(name: str) -> str:
    folded = name[1:-1] if name.startswith('"') else name.lower()
    return "" if folded == "public" else folded


def steps(change: Change, dialect: str) -> list[tuple[str, str, str]]:
    """(name, title, SQL) of the migrations, in order."""
    if dialect != "postgres":
        raise MigralintError(f"--expand-contract writes PostgreSQL only, not {dialect}")
    return _required(change) if change.kind == "required" else _replaced(change)


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


def _names(change: Change) -> Mapping[str, str]:
    column, table = _bare(change.column), _bare(change.table)
    new = change.to if change.kind == "rename" else f'"{column}_new"'
    new = (
        new
        if change.kind == "rename" or not re.fullmatch(r"[a-z_]\w*", column)
        else f"{column}_new"
    )
    return {
        "table": change.table,
        "old": change.column,
        "new": new,
        "key": change.key,
        "function": f'"{table}_{column}_keep"'[:63],
        "trigger": f'"{table}_{column}_keep"'[:63],
        "check": f'"{table}_{column}_not_null"'[:63],
        "batch": str(BATCH),
        "value": change.to,
        "type": change.to if change.kind == "type" else change.type,
        "forth": f"NEW.{change.column}::{change.to}"
        if change.kind == "type"
        else f"NEW.{change.column}",
        "fill": f"{change.column}::{change.to}" if change.kind == "type" else change.column,
    }


# A batch commits by itself, so that no lock is held for the whole table; for that the migration
# must run without a transaction (2D000 otherwise).
LOOP = """\
DO $$
DECLARE
    done bigint;
BEGIN
    LOOP
        UPDATE {table} SET {set}
        WHERE {key} IN (SELECT {key} FROM {table} WHERE {missing} LIMIT {batch});
        GET DIAGNOSTICS done = ROW_COUNT;
        EXIT WHEN done = 0;
        COMMIT;
    END LOOP;
END $$;
"""


def _replaced(change: Change) -> list[tuple[str, str, str]]:
    """A rename or another type: a new column beside the old one."""
    names = _names(change)
    slug = f"{_bare(change.table)}_{_bare(change.column)}"
    return [
        (
            f"expand_{slug}",
            f"1 of 3: {names['new']} beside {change.column}, kept alike",
            _expand(change, names),
        ),
        (f"backfill_{slug}", f"2 of 3: fill {names['new']} in batches", _backfill(names)),
        (
            f"contract_{slug}",
            f"3 of 3: once no running code uses {change.column}",
            _contract(change, names),
        ),
    ]


def _expand(change: Change, names: Mapping[str, str]) -> str:
    back = (
        ""
        if change.kind == "type"
        else (
            "    ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN\n        NEW.{old} := NEW.{new};\n"
        )
    )
    return (
        "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {new} {type};\n\n"
        "-- Old code writes {old}, new code writes {new}; both see the same.\n"
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "    IF TG_OP = 'INSERT' THEN\n"
        + ("        NEW.{new} := coalesce(NEW.{new}, {forth});\n"
           "        NEW.{old} := coalesce(NEW.{old}, NEW.{new});\n" if change.kind == "rename" else
           "        NEW.{new} := {forth};\n")
        + "    ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN\n"
        "        NEW.{new} := {forth};\n"
        + back
        + "    ELSIF NEW.{new} IS NULL THEN\n"
        "        NEW.{new} := {forth};\n"
        "    END IF;\n"
        "    RETURN NEW;\n"
        "END $$;\n\n"
        "CREATE OR REPLACE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}\n"
        "    FOR EACH ROW EXECUTE FUNCTION {function}();\n"
    ).format_map(names)  # fmt: skip


def _backfill(names: Mapping[str, str]) -> str:
    missing = f"{names['new']} IS NULL AND {names['old']} IS NOT NULL"
    return LOOP.format_map(
        {**names, "set": f"{names['new']} = {names['fill']}", "missing": missing}
    )


def _contract(change: Change, names: Mapping[str, str]) -> str:
    text = (
        "DROP TRIGGER IF EXISTS {trigger} ON {table};\n"
        "DROP FUNCTION IF EXISTS {function}();\n"
        "-- migralint: allow drop-column ({new} has taken its place; no code reads {old})\n"
        "ALTER TABLE {table} DROP COLUMN IF EXISTS {old};\n"
    ).format_map(names)
    if change.kind == "type":
        text += (
            "-- migralint: allow rename-column (in one transaction with the drop of the old one)\n"
            "ALTER TABLE {table} RENAME COLUMN {new} TO {old};\n"
        ).format_map(names)
    return text


def _required(change: Change) -> list[tuple[str, str, str]]:
    """NOT NULL by way of a CHECK that is validated while others write."""
    names = _names(change)
    slug = f"{_bare(change.table)}_{_bare(change.column)}"
    expand = (
        "ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {value};\n"
        "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({old} IS NOT NULL) NOT VALID;\n"
    ).format_map(names)
    missing = f"{change.column} IS NULL"
    fill = LOOP.format_map({**names, "set": f"{change.column} = {change.to}", "missing": missing})
    contract = (
        "ALTER TABLE {table} VALIDATE CONSTRAINT {check};\n"
        "-- The check proves it, so the table is not read again (PostgreSQL 12 and newer).\n"
        "ALTER TABLE {table} ALTER COLUMN {old} SET NOT NULL;\n"
        "ALTER TABLE {table} DROP CONSTRAINT {check};\n"
    ).format_map(names)
    return [
        (f"expand_{slug}", f"1 of 3: new rows of {change.table} have {change.column}", expand),
        (f"backfill_{slug}", f"2 of 3: fill {change.column} in batches", fill),
        (f"contract_{slug}", f"3 of 3: {change.column} becomes NOT NULL", contract),
    ]
