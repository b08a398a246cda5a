"""The way back from what is done to constraints."""

from __future__ import annotations

import re

from migralint.rollback.grades import NOTHING, At, Undo, impossible, lossless
from migralint.rollback.inverse.indexes import create_index_sql
from migralint.rollback.inverse.names import bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.knowledge.schema import Constraint

_ADD = re.compile(
    r'(?is)^\s*(?:add\s+)?(?:constraint\s+(?:if\s+not\s+exists\s+)?(?:"[^"]+"|`[^`]+`|\S+)\s+)?'
)
_WHOLE = re.compile(
    r"(?is)^(?:primary\s+key|unique(?:\s+nulls\s+(?:not\s+)?distinct)?)\s*\(|^(?:foreign\s+key|check|exclude)\b"
)
_MYSQL_KEY = re.compile(r"(?is)^unique\s+(?:key|index)\s*(?:`[^`]+`|[^\s(`]+)?\s*(?=\()")
_OPTION = re.compile(
    r"(?is)\b(?:on\s+(?:delete|update)\s+(?:cascade|restrict|no\s+action|set\s+(?:null|default))"
    r"|match\s+(?:full|simple)|(?:not\s+)?deferrable|initially\s+(?:deferred|immediate))\b"
)
_NOT_VALID = re.compile(r"(?is)\s+not\s+valid\s*$")


def add_constraint(at: At) -> Undo:
    """Inside of CREATE TABLE or with its column it goes as that goes."""
    if at["inline"]:
        return NOTHING
    if not at.made:
        return NOTHING if at["if_not_exists"] else impossible("its name is not known")
    constraint = at.made[0]
    sql = [drop_constraint_sql(at, constraint)]
    using = at["using_index"]
    if using and using.name:
        piece = at.known.piece(constraint.index)
        if piece is None:
            return impossible(f"how {using} was made is not known")
        # it took the name of the constraint, and goes with it
        sql.append(re.sub(r"(?i)\s+concurrently\b", "", piece.text, count=1))
    alter = f"ALTER TABLE {at['table']} ALTER COLUMN"
    if constraint.kind == "primary_key" and at.dialect == "postgres":
        sql += [f"{alter} {column} DROP NOT NULL" for column in at.nullable]
    return lossless(*sql)


def drop_constraint_sql(at: At, constraint: Constraint) -> str:
    table, name = at["table"], bare(constraint.name, at.dialect)
    if at.dialect != "mysql":
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    if constraint.kind == "primary_key":
        return f"ALTER TABLE {table} DROP PRIMARY KEY"
    word = {"foreign_key": "FOREIGN KEY", "unique": "INDEX"}.get(constraint.kind, "CONSTRAINT")
    return f"ALTER TABLE {table} DROP {word} {name}"


def add_constraint_sql(at: At, constraint: Constraint) -> str:
    """The constraint under its name as it was written, "" where that is not known."""
    text = written(at, constraint)
    if not text:
        return ""
    named = f"CONSTRAINT {bare(constraint.name, at.dialect)} "
    if at.dialect == "mysql" and constraint.kind == "primary_key":
        named = ""
    tail = "" if constraint.valid else " NOT VALID"
    return f"ALTER TABLE {constraint.table.name} ADD {named}{text}{tail}"


def written(at: At, constraint: Constraint) -> str:
    piece = at.known.piece(constraint)
    if piece is None and constraint.kind == "foreign_key":  # only its names have changed
        piece = at.known.pieces.get(constraint)
        return _from_facts(constraint, piece.text) if piece is not None else ""
    if piece is None:
        return ""
    rest = _ADD.sub("", piece.text, count=1)
    rest = _MYSQL_KEY.sub("UNIQUE ", rest)
    if _WHOLE.match(rest):
        return _NOT_VALID.sub("", rest)
    return _from_facts(constraint, rest)


def _from_facts(constraint: Constraint, text: str) -> str:
    """A constraint that stood behind its column, in the form that ALTER TABLE takes."""
    columns = ", ".join(str(column) for column in constraint.columns)
    if constraint.kind in ("primary_key", "unique"):
        return f"{constraint.kind.replace('_', ' ').upper()} ({columns})"
    if constraint.kind == "check":
        return f"CHECK ({constraint.expression})"
    if constraint.kind != "foreign_key":
        return ""
    to = ", ".join(str(column) for column in constraint.references_columns)
    made = f"FOREIGN KEY ({columns}) REFERENCES {constraint.references}{f' ({to})' if to else ''}"
    return " ".join([made, *(option.upper() for option in _OPTION.findall(text))])


def drop_constraint(at: At) -> Undo:
    table = at.schema.tables.get(at["table"])
    name = at["constraint"].name
    found = [c for c in table.constraints.values() if c.name.name == name] if table else []
    if not found and at["if_exists"] and at.schema.certain(table):
        return NOTHING
    text = add_constraint_sql(at, found[0]) if found else ""
    if not text:
        return impossible("how the constraint was defined is not known")
    if at["cascade"]:
        return impossible("CASCADE took along what nothing here names; first: " + text)
    return lossless(text, reason="fails where a row written since breaks it")


def rename_constraint(at: At) -> Undo:
    return lossless(
        f"ALTER TABLE {at['table']} RENAME CONSTRAINT {at['new_name']} TO {at['constraint']}"
    )


def validate(at: At) -> Undo:
    """It is dropped and added once more, or it would stay valid."""
    table = at.schema.tables.get(at["table"])
    name = at["constraint"].name
    found = [c for c in table.constraints.values() if c.name.name == name] if table else []
    if found and found[0].valid:
        return NOTHING
    text = add_constraint_sql(at, found[0]) if found else ""
    if not text:
        return impossible("how the constraint was defined is not known")
    return lossless(f"ALTER TABLE {at['table']} DROP CONSTRAINT {at['constraint']}", text)


INVERSE: dict[str, Callable[[At], Undo]] = {
    "add_primary_key": add_constraint,
    "add_unique": add_constraint,
    "add_foreign_key": add_constraint,
    "add_check": add_constraint,
    "add_exclusion": add_constraint,
    "add_not_null_constraint": add_constraint,
    "drop_constraint": drop_constraint,
    "rename_constraint": rename_constraint,
    "validate_constraint": validate,
    "alter_constraint": lambda at: impossible("how the constraint was set before is not known"),
}

__all__ = ["INVERSE", "add_constraint_sql", "create_index_sql", "drop_constraint_sql", "written"]
