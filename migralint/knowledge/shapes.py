"""What the schema has already: IF NOT EXISTS in vain, indexes twice, policies, unfinished changes.

These facts speak only of what is surely so: where the schema does not know, they are empty, and the
rules that ask for them say nothing.
"""

from __future__ import annotations

from itertools import takewhile

from migralint.knowledge.schema.lookup import having
from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from migralint.knowledge.schema import Schema
    from migralint.knowledge.schema.objects import Index
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown

# After so many further migrations an unfinished change is spoken of, once.
PATIENCE = 5


# IF NOT EXISTS finds something else


def record_existing(view: View, schema: Schema) -> None:
    """The table's columns as they are when CREATE TABLE IF NOT EXISTS finds it."""
    facts = view.operation.facts
    if not facts.get("if_not_exists"):
        return
    table = schema.tables.get(facts["table"])
    if (
        table is not None
        and schema.certain(table)
        and not table.temporary
        and not facts.get("as_query")
    ):
        view.known["existing_columns"] = {
            c.name: (c.type, c.nullable) for c in table.columns.values()
        }


def record_existing_column(view: View, schema: Schema) -> None:
    facts = view.operation.facts
    if not facts.get("if_not_exists") or schema.gaps:
        return
    column = schema.column(facts["table"], facts["column"])
    if column is not None and column.type:
        view.known["existing_columns"] = {column.name: (column.type, column.nullable)}


def differs(view: View) -> str:
    """How what stands there differs from what the statement would make; "" if it does not."""
    existing = view.fact("existing_columns")
    if not existing:
        return ""
    wanted = {v.operation.facts["column"]: v.operation.facts for v in _columns(view)}
    extra = [f"{name} is not in it" for name in wanted if name not in existing]
    if view.operation.kind == "create_table":
        extra += (
            [f"it has {name} besides" for name in existing if name not in wanted] if wanted else []
        )
    for name, facts in wanted.items():
        if name in existing:
            extra += _changes(view, str(name), existing[name], facts)
    return ", ".join(extra[:4])


def idle(view: View) -> bool:
    """ADD COLUMN IF NOT EXISTS that finds the same column; parts of CREATE TABLE are recorded."""
    return bool(view.fact("existing_columns")) and not view.fact("differs")


def _columns(view: View) -> list[View]:
    if view.operation.kind == "add_column":
        return [view]
    own = view.operation.statement
    rest = takewhile(lambda v: v.operation.statement is own, view.later())
    return [v for v in rest if v.operation.kind == "add_column"]


def _changes(view: View, name: str, existing: tuple[str, bool], facts: Any) -> Iterator[str]:
    from migralint.knowledge import types

    old, new = (types.read(text, view.migration.dialect) for text in (existing[0], facts["type"]))
    if old is not UNKNOWN and new is not UNKNOWN and old != new:
        yield f"{name} is {existing[0]} there and {facts['type']} here"
    elif not existing[1] and facts.get("nullable", True) and not _set_later(view, facts):
        yield f"{name} is NOT NULL there"
    elif existing[1] and not facts.get("nullable", True):
        yield f"{name} may be NULL there"


def _set_later(view: View, facts: Any) -> bool:
    """A repair adds the column, fills it and sets NOT NULL: what is there is what will be."""
    later = view.later(("set_not_null",), column=facts["column"])
    return any(v.operation.facts["column"] == facts["column"] for v in later)


# Indexes that are there already


def record_duplicate(view: View, schema: Schema) -> None:
    """An index that an existing one makes superfluous: the same keys, or their beginning."""
    facts = view.operation.facts
    table = schema.tables.get(facts["table"])
    if table is None or not _is_plain(facts):
        return
    keys = _keys(facts.get("keys", ""), facts["columns"])
    for index in having(table, facts["columns"]):
        same = _method(index.method) == _method(facts.get("method", "")) and not index.where
        begins = _keys(index.keys, index.columns)[: len(keys)] == keys
        if same and begins and index.name.name != facts["index"].name and not index.variety:
            view.known["covered_by_index"] = _said(index)
            return


def _said(index: Index) -> Name:
    """Its name, or what it belongs to where SQLite gives it none."""
    name, constraint = index.name, index.constraint
    if constraint is None or not name.name.startswith("("):
        return name
    return Name(name.name, name.schema, f"of its {constraint.kind.replace('_', ' ')}")


def _is_plain(facts: Any) -> bool:
    special = facts.get("unique") or facts.get("where") or facts.get("variety") or facts.get("only")
    return not special and not facts.get("include") and bool(facts["columns"])


def _method(method: str) -> str:
    return "" if method.lower() in ("", "btree") else method.lower()


def _keys(text: str, columns: tuple[Name, ...]) -> list[str]:
    """Each key with its order and operator class, in one spelling."""
    if "(" in text:  # an expression, or a part of a column: equal only as a whole
        return [" ".join(text.lower().split())]
    if not text:
        return [column.name for column in columns]
    spelled = [" ".join(part.split()[1:]).lower() for part in text.split(",")]
    rests = [rest.removesuffix("asc").strip() for rest in spelled]
    return [f"{c.name} {rest}".strip() for c, rest in zip(columns, rests, strict=False)]


def is_covered(view: View) -> bool:
    """Unless the other index is dropped later in the file: then this one takes its place."""
    index = view.fact("covered_by_index")
    dropped = view.later(("drop_index",), index=index)
    return bool(index.name) and not any(True for _ in dropped)


# What the schema has when the migration is done


def foreign_key_indexed(view: View) -> bool | Unknown:
    """Whether an index begins with the referencing columns, in any order."""
    facts, schema = view.operation.facts, view.timeline.schema
    table = schema.tables.get(facts["table"])
    if table is None:
        return UNKNOWN
    columns = set(facts["columns"])
    found = any(set(index.columns[: len(columns)]) == columns for index in having(table, columns))
    return found or schema.absent(table)


def row_security_state(view: View) -> str:
    """What becomes of the table's rows: "no policy", "off" (where it ought to be on), or ""."""
    facts, schema = view.operation.facts, view.timeline.schema
    table = schema.tables.get(facts["table"])
    if table is None or _loops_over_tables(view):
        return ""
    if view.operation.kind == "row_security":
        enabled = facts["action"] == "enable" and table.row_security
        return "no policy" if enabled and not table.policies and not schema.gaps else ""
    exposed = view.migration.layout == "supabase" and not facts["table"].schema
    hidden = facts.get("temporary") or facts.get("partition_of") or table.row_security
    return "off" if exposed and not hidden else ""


def _loops_over_tables(view: View) -> bool:
    """A DO block of the file does it to tables whose names are not known here."""
    known = view.timeline.cached
    if "loops_over_tables" not in known:
        known["loops_over_tables"] = any(
            v.operation.kind == "dynamic_sql" or "{{" in v.operation.facts["table"].name
            for v in view.others(("row_security", "create_policy", "dynamic_sql"))
        )
    return bool(known["loops_over_tables"])


def unfinished(view: View) -> str:
    """What an earlier migration began and none of the next PATIENCE ones has finished."""
    schema = view.timeline.schema
    found = [
        text
        for thing in schema.unfinished.get(schema.number - PATIENCE, ())
        if (text := thing.unfinished())
    ]
    return "; ".join(found)


DERIVE: dict[str, Callable[[View], Any]] = {
    "differs": differs,
    "idle": idle,
    "index_is_covered": is_covered,
    "foreign_key_indexed": foreign_key_indexed,
    "row_security_state": row_security_state,
    "unfinished": unfinished,
}
UNRECORDED = {"existing_columns": None, "covered_by_index": Name("")}
