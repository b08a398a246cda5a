"""The way back from what is done to whole tables, their partitions and what is set on them."""

from __future__ import annotations

import re

from migralint.knowledge.schema.constraints import OF_KEY
from migralint.rollback.grades import NOTHING, At, Undo, impossible, lossless, lossy
from migralint.rollback.inverse.columns import definition
from migralint.rollback.inverse.indexes import create_index_sql
from migralint.rollback.inverse.keys import add_constraint_sql, written
from migralint.rollback.inverse.names import bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.knowledge.schema import Table
    from migralint.knowledge.timeline import View
    from migralint.model import Name

_NAMED = re.compile(
    r"(?is)^(\s*create\s+table\s+(?:if\s+not\s+exists\s+)?)(?:\"[^\"]+\"|`[^`]+`|[^\s(]+)"
)
_UNKNOWN_EARLIER = "what was set before is not known"


def create_table(at: At) -> Undo:
    table = at["table"]
    if at["temporary"] or _in_rebuild(at.view):
        return NOTHING
    if at["if_not_exists"]:
        if at.schema.has_relation(table):
            return NOTHING
        if not at.schema.certain(None):
            return impossible("IF NOT EXISTS: it is not known whether this migration made it")
    return lossless(f"DROP TABLE {table}", reason="the rows that were written to it go with it")


def drop_table(at: At) -> Undo:
    table = at.schema.tables.get(at["table"])
    if at["temporary"] or (table is None and at["if_exists"] and at.schema.certain(None)):
        return NOTHING
    gone = f"the rows of {at['table']} are gone"
    sql = make_again(at, table, at["table"]) if table is not None else []
    if table is None or not sql:
        return impossible(f"{gone}, and how it was defined is not known")
    if at["replaced"] is True:
        return _rebuilt(at, table, sql)
    if at["cascade"]:
        return lossy(*sql, reason=f"{gone}, and so is what CASCADE took along")
    return lossy(*sql, reason=gone)


def _rebuilt(at: At, table: Table, sql: list[str]) -> Undo:
    """SQLite: another table has taken its rows and its name. The same way leads back, because a
    RENAME of the table that others refer to would change what they refer to."""
    made = next((v for v in at.view.earlier(("create_table",)) if _takes_the_name(v, table)), None)
    other = at.schema.tables.get(made.fact("table")) if made is not None else None
    if other is None:
        return lossy(*sql, reason=f"the rows of {at['table']} are gone")
    name, aside = str(at["table"]), f'"before_{table.name.name}"'
    shared = ", ".join(str(c.name) for c in table.columns.values() if c.name in other.columns)
    missing = [str(column) for column in table.columns if column not in other.columns]
    steps = (
        "PRAGMA foreign_keys = OFF",
        _NAMED.sub(rf"\g<1>{aside}", sql[0], count=1),
        f"INSERT INTO {aside} ({shared}) SELECT {shared} FROM {name}",
        f"DROP TABLE {name}",
        f"ALTER TABLE {aside} RENAME TO {name}",
        *sql[1:],
        "PRAGMA foreign_keys = ON",
    )
    if missing:
        return lossy(*steps, reason=f"what {', '.join(missing)} held is gone")
    return lossless(*steps, reason="fails where a value written since does not fit")


def _takes_the_name(made: View, table: Table) -> bool:
    """Is this the new table of a rebuild: made, filled, and later renamed to the old one's name?"""
    later = made.later(("rename_table",))
    return any(
        v.fact("table") == made.fact("table") and v.fact("new_name").name == table.name.name
        for v in later
    )


def _in_rebuild(view: View) -> bool:
    """The way back from the DROP TABLE of the rebuild says it all."""
    drops = [v for v in view.timeline.views if v.operation.kind == "drop_table"]
    renames = [v for v in view.timeline.views if v.operation.kind == "rename_table"]
    for drop in drops:
        if drop.fact("replaced") is not True:
            continue
        for rename in renames:
            taken = rename.fact("new_name").name == drop.fact("table").name
            if taken and rename.index > drop.index and rename.fact("table") == view.fact("table"):
                return True
    return False


def make_again(at: At, table: Table, name: Name) -> list[str]:
    """CREATE TABLE with its constraints and indexes, [] where they are not all known."""
    if not table.whole or table.partitioned or table.partition or table.parents:
        return []
    body = _as_made(at, table) if at.dialect == "sqlite" else _composed(at, table, name)
    after = [add_constraint_sql(at, c) for c in table.constraints.values()
             if c.kind == "foreign_key"] if at.dialect != "sqlite" else []  # fmt: skip
    own = {c.index for c in table.constraints.values()}
    hanging = at.known.on_table(table.name)
    if table.row_security:
        hanging = [f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY", *hanging]
    after += [create_index_sql(at, i) for i in table.indexes.values()
              if i not in own and i.constraint is None and i.variety != OF_KEY]  # fmt: skip
    hanging += at.known.comments(table.name).values()
    return [body, *after, *hanging] if body and all(after) else []


def _composed(at: At, table: Table, name: Name) -> str:
    columns = [definition(at, column) for column in table.columns.values()]
    inside = []
    for constraint in table.constraints.values():
        text = written(at, constraint)
        if constraint.kind in ("foreign_key", "not_null") and text:
            continue
        columns.append(text)
        named = at.dialect == "postgres" or constraint.kind != "primary_key"
        inside.append(f"CONSTRAINT {bare(constraint.name, at.dialect)} {text}" if named else text)
    if not all(columns):
        return ""
    lines = ",\n    ".join([*columns[: len(table.columns)], *inside])
    options = table.options if at.dialect == "mysql" else ""
    unlogged = "UNLOGGED " if table.unlogged else ""
    return f"CREATE {unlogged}TABLE {name} (\n    {lines}\n) {options}".rstrip()


def _as_made(at: At, table: Table) -> str:
    """SQLite's constraints have no names: its text, and the columns that were added at its end."""
    text = at.known.of("table", table.name).rstrip()
    pieces = [at.known.pieces.get(column) for column in table.columns.values()]
    if not text.endswith(")") or None in pieces:
        return ""
    added = [p.text for p in pieces if p is not None and not p.facts.get("inline")]
    if len(table.promised) + len(added) != len(table.columns):
        return ""
    plain = (re.sub(r"(?is)^add\s+(?:column\s+)?", "", piece) for piece in added)
    return text[:-1].rstrip() + "".join(f", {piece}" for piece in plain) + ")"


def rename_table(at: At) -> Undo:
    if _in_rebuild(at.view):
        return NOTHING
    new = at["new_name"]
    schema = at["table"].schema if at.dialect == "postgres" and not new.schema else ""
    now = f"{schema}.{new}" if schema else str(new)
    old = at["table"].sql.rpartition(".")[2] if at.dialect == "postgres" else str(at["table"])
    return lossless(f"ALTER TABLE {now} RENAME TO {old}")


def set_schema(at: At) -> Undo:
    kind, name = str(at["object_type"]).upper(), at["object"]
    bare = name.sql.rpartition(".")[2]
    old = name.schema or "public"
    return lossless(f"ALTER {kind} {at['new_schema']}.{bare} SET SCHEMA {old}")


def attach_partition(at: At) -> Undo:
    return lossless(f"ALTER TABLE {at['table']} DETACH PARTITION {at['partition']}")


def detach_partition(at: At) -> Undo:
    made = at.known.of("partition", at["partition"]) or at.known.of("table", at["partition"])
    bounds = re.search(r"(?is)\b(?:for\s+values\b.*|default\s*$)", made)
    if bounds is None:
        return impossible("the bounds of the partition are not known")
    return lossless(f"ALTER TABLE {at['table']} ATTACH PARTITION {at['partition']} {bounds[0]}")


def set_inheritance(at: At) -> Undo:
    word = "INHERIT" if at["removed"] else "NO INHERIT"
    return lossless(f"ALTER TABLE {at['table']} {word} {at['parent']}")


def set_logged(at: At) -> Undo:
    word = "UNLOGGED" if at["logged"] else "LOGGED"
    return lossless(f"ALTER TABLE {at['table']} SET {word}")


def set_storage_parameters(at: At) -> Undo:
    """New in this folder: nothing else has set them, so their defaults come back."""
    if not at.known.of("table", at["table"]) or " reset" in at["statement"].lower():
        return impossible(_UNKNOWN_EARLIER)
    names = ", ".join(str(name) for name in at["parameters"])
    return lossless(f"ALTER TABLE {at['table']} RESET ({names})")


def change_owner(at: At) -> Undo:
    return impossible("the owner that it had is not known")


def row_security(at: At) -> Undo:
    other = {"enable": "DISABLE", "disable": "ENABLE", "force": "NO FORCE", "no force": "FORCE"}
    word = other.get(str(at["action"]).lower())
    if word is None:
        return impossible(_UNKNOWN_EARLIER)
    return lossless(f"ALTER TABLE {at['table']} {word} ROW LEVEL SECURITY")


def switch_trigger(word: str) -> Callable[[At], Undo]:
    return lambda at: lossless(f"ALTER TABLE {at['table']} {word} TRIGGER {at['trigger']}")


def _not_known(at: At) -> Undo:
    return impossible(_UNKNOWN_EARLIER)


INVERSE: dict[str, Callable[[At], Undo]] = {
    "create_table": create_table,
    "drop_table": drop_table,
    "rename_table": rename_table,
    "truncate": lambda at: impossible(f"the rows of {at['table']} are gone"),
    "set_schema": set_schema,
    "attach_partition": attach_partition,
    "detach_partition": detach_partition,
    "set_inheritance": set_inheritance,
    "set_logged": set_logged,
    "set_storage_parameters": set_storage_parameters,
    "change_owner": change_owner,
    "row_security": row_security,
    "enable_trigger": switch_trigger("DISABLE"),
    "disable_trigger": switch_trigger("ENABLE"),
    **dict.fromkeys(
        (
            *("set_tablespace", "set_access_method", "set_replica_identity", "alter_table_option"),
            *("convert_charset", "set_engine", "alter_partition"),
        ),
        _not_known,
    ),
}
