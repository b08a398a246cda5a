"""What is asked of `new --expand-contract`: a column, and what becomes of it."""

from __future__ import annotations

import re

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.model import Migration, Name

_PART = r'(?:"[^"]{1,63}"|`[^`]{1,64}`|[A-Za-z_]\w{0,62})'
Step = tuple[str, str, str]  # name, title, SQL
NAME = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
CHANGES = {
    "rename": "TABLE.OLD=NEW: a column gets another name",
    "type": "TABLE.COLUMN=TYPE: a column gets another type",
    "required": "TABLE.COLUMN=VALUE: a column becomes NOT NULL; where it is NULL it gets the value",
}


class Change(Record):
    """What is asked for. `key` is the column by whose ranges the backfill proceeds."""

    kind: str
    table: str
    column: str
    to: str
    key: str = "id"
    type: str = ""
    nullable: bool = True


def parse(kind: str, text: str, key: str) -> Change:
    left, equals, to = text.partition("=")
    table, dot, column = left.strip().rpartition(".")
    named = all(NAME.fullmatch(part) for part in (table, column))
    if not equals or not dot or not to.strip() or not named or ";" in to:
        raise MigralintError(f"{text!r} is not {CHANGES[kind].partition(':')[0]}")
    if kind == "rename" and not NAME.fullmatch(to.strip()):
        raise MigralintError(f"{to.strip()!r} is no name of a column")
    return Change(kind, table, column, to.strip(), key)


def known(change: Change, migrations: Iterable[Migration], dialect: str) -> Change:
    """With the column's type; a column that the migrations so far do not make is refused."""
    from migralint.knowledge.schema import Schema
    from migralint.model import replace
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    schema = Schema(dialect)
    for migration in migrations:
        for statement in split(migration.text, migration.dialect, migration.forward):
            for operation in operations(statement, migration.dialect):
                schema.apply(operation, migration.path)
    found = schema.column(*_names(change, dialect))
    if found is None or not found.type:
        raise MigralintError(
            f"the migrations make no column {change.column} in {change.table}",
            hint='Names are written as in SQL: "User".name, users.email.',
        )
    return replace(change, type=str(found.type), nullable=found.nullable is not False)


def _names(change: Change, dialect: str) -> tuple[Name, Name]:
    """Table and column as the dialect folds them."""
    from migralint.sql.operations import operations
    from migralint.sql.statements import split

    text = f"ALTER TABLE {change.table} DROP COLUMN {change.column}"
    facts = operations(split(text, dialect)[0], dialect)[0].facts
    return facts["table"], facts["column"]


def bare(name: str) -> str:
    """The last part of a name, without quotes."""
    return name.rpartition(".")[2].strip('"`')


def beside(change: Change, mark: str) -> str:
    """The name of the new column: that of a rename, else the old one with _new."""
    column = bare(change.column)
    if change.kind == "rename":
        return change.to
    plain = re.fullmatch(r"[a-z_]\w*", column)
    return f"{column}_new" if plain else f"{mark}{column}_new{mark}"


def slug_of(change: Change) -> str:
    return f"{bare(change.table)}_{bare(change.column)}"


def named(text: str, mark: str, longest: int) -> str:
    """A name of our own, quoted; the server would cut one that is too long."""
    return f"{mark}{text[:longest]}{mark}"


def three(change: Change, new: str, expand: str, backfill: str, contract: str) -> list[Step]:
    """The migrations that put a new column in place of an old one."""
    slug, column = slug_of(change), change.column
    return [
        (f"expand_{slug}", f"1 of 3: {new} beside {column}, kept alike", HEAD + expand),
        (f"backfill_{slug}", f"2 of 3: fill {new}", backfill),
        (f"contract_{slug}", f"3 of 3: once no running code uses {column}", contract),
    ]


# In the first migration; what the names stand for is filled in with the rest.
HEAD = """\
-- Old code writes {old}, new code writes {new}; both see the same. Defaults, constraints and
-- indexes of {old} do not come along: what {new} needs of them is made before the third migration.
"""
