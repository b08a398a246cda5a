"""What operations on types, views, policies, triggers, sequences and schemas change."""

from __future__ import annotations

from migralint.knowledge.schema.columns import drop_column
from migralint.knowledge.schema.lookup import enlist_view, strike_view
from migralint.knowledge.schema.objects import Disabled, OwnType, View, mentions
from migralint.knowledge.schema.state import made
from migralint.knowledge.schema.tables import (
    drop_readers,
    forget_table,
    forget_view,
    move,
    reads_unknown,
)
from migralint.model import Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]

# The first schema of a search_path that leaves unqualified names where they are.
_USUAL_PATH = ("", "public", '"$user"', "$user", "pg_catalog", "default", '""', "''")
_ALTERS = pattern(r"(?i)\b(?:execute|create|alter|drop)\b")


def create_type(schema: State, facts: Facts, batch: object) -> None:
    name = facts["type_name"]
    if name in schema.types and made(facts):
        return
    values = facts["values"].split("\n") if facts.get("values") else []
    schema.types[name] = OwnType(name, facts["variety"], values, batch)


def create_domain(schema: State, facts: Facts, batch: object) -> None:
    name = facts["type_name"]
    if name in schema.types and made(facts):
        return
    constrained = facts.get("check") or not facts.get("nullable", True)
    variety = "constrained domain" if constrained else f"domain {facts['type']}"
    schema.types[name] = OwnType(name, variety, [], batch)


def constrain_domain(schema: State, facts: Facts, batch: object) -> None:
    own = schema.types.get(facts["type_name"])
    if own is not None:
        own.variety = "constrained domain"


def alter_domain(schema: State, facts: Facts, batch: object) -> None:
    if facts.get("new_name") is not None:
        rename_type(schema, facts, batch)


def drop_type(schema: State, facts: Facts, batch: object) -> None:
    own = schema.types.pop(facts["type_name"], None)
    if own is not None and facts.get("cascade"):
        for column, table in list(own.columns.items()):
            drop_column(schema, {"table": table.name, "column": column.name}, batch)


def rename_type(schema: State, facts: Facts, batch: object) -> None:
    old, written = facts["type_name"], facts["new_name"]
    own = schema.types.pop(old, None)
    if own is None:
        return
    own.name = Name(written.name, written.schema or old.schema, written.sql)
    schema.types[own.name] = own
    text = (
        str(own.name)
        if own.name.schema == old.schema or written.schema
        else f"{own.name.schema}.{own.name.sql}"
    )
    for column in own.columns:
        brackets = column.type[column.type.index("[") :] if column.type.endswith("]") else ""
        column.type = text + brackets


def add_enum_value(schema: State, facts: Facts, batch: object) -> None:
    own = schema.types.get(facts["type_name"])
    if own is None or facts["value"] in own.values:
        return
    at = len(own.values)
    if facts.get("neighbour") in own.values:
        at = own.values.index(facts["neighbour"]) + (facts["position"] == "after")
    own.values.insert(at, facts["value"])


def rename_enum_value(schema: State, facts: Facts, batch: object) -> None:
    own = schema.types.get(facts["type_name"])
    if own is not None and facts["value"] in own.values:
        own.values[own.values.index(facts["value"])] = facts["new_value"]


# views, sequences


def create_view(schema: State, facts: Facts, batch: object) -> None:
    name = facts["view"]
    if facts.get("temporary") or (made(facts) and schema.has_relation(name)):
        return
    reads_unknown(schema, facts.get("query", ""))
    former = schema.views.get(name)
    if former is not None and not former.materialized:
        strike_view(schema, former)
        former.query, former.batch, former._words = facts.get("query", ""), batch, None
        enlist_view(schema, former)
        return
    if former is not None:
        strike_view(schema, former)
    view = schema.views[name] = View(name, facts, batch)
    enlist_view(schema, view)
    schema.place(name)


def drop_view(schema: State, facts: Facts, batch: object) -> None:
    view = schema.views.get(facts["view"])
    if view is not None:
        forget_view(schema, view)
        if facts.get("cascade"):
            drop_readers(schema, view.name)


def alter_view(schema: State, facts: Facts, batch: object) -> None:
    old, new = facts.get("view"), facts.get("new_name")  # ALL IN TABLESPACE names no view
    if old is not None and new is not None:
        move(schema, old, Name(new.name, new.schema or old.schema, new.sql))


def create_sequence(schema: State, facts: Facts, batch: object) -> None:
    if not facts.get("temporary"):
        schema.sequences.setdefault(facts["sequence"], None)


def drop_sequence(schema: State, facts: Facts, batch: object) -> None:
    name = facts["sequence"]
    schema.freed()
    column = schema.sequences.pop(name, None)
    if column is not None:
        column.sequence = None
        column.default = ""
    if facts.get("cascade"):
        for table in schema.tables.values():
            for other in table.columns.values():
                if mentions(other.default, name.name):
                    other.default = ""


def alter_sequence(schema: State, facts: Facts, batch: object) -> None:
    old, new = facts["sequence"], facts.get("new_name")
    if new is not None and old in schema.sequences:
        move(schema, old, Name(new.name, new.schema or old.schema, new.sql))


# what hangs on a table


def set_engine(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is not None:
        table.options = f"engine = {facts['engine']}"


def create_policy(schema: State, facts: Facts, batch: object) -> None:
    schema.table_of(facts["table"]).policies[Name(facts["policy"].name)] = None


def drop_policy(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is not None:
        table.policies.pop(Name(facts["policy"].name), None)


def row_security(schema: State, facts: Facts, batch: object) -> None:
    if facts["action"] in ("enable", "disable"):
        schema.table_of(facts["table"]).row_security = facts["action"] == "enable"


def create_trigger(schema: State, facts: Facts, batch: object) -> None:
    if facts["table"] not in schema.views:
        schema.table_of(facts["table"]).triggers[Name(facts["trigger"].name)] = (True, batch)


def drop_trigger(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"]) if "table" in facts else None
    if table is not None:
        table.triggers.pop(Name(facts["trigger"].name), None)


def switch_trigger(schema: State, facts: Facts, batch: object, enabled: bool) -> None:
    """ALL and USER stand for all of the table's."""
    table = schema.table_of(facts["table"])
    name = Name(facts["trigger"].name)
    every = name.name in ("all", "user") and name not in table.triggers
    if every and enabled:
        table.triggers.pop(name, None)
    for one in list(table.triggers) if every and enabled else [name]:
        table.triggers[one] = (enabled, batch)
    if not enabled:
        schema.begun(Disabled(table, name))


# schemas, and what the replay cannot follow


def drop_schema(schema: State, facts: Facts, batch: object) -> None:
    namespace = "" if facts["schema"].name == "public" else facts["schema"].name
    for table in [t for n, t in schema.tables.items() if n.schema == namespace]:
        forget_table(schema, table)
    for view in [v for n, v in schema.views.items() if n.schema == namespace]:
        forget_view(schema, view)
    for name in [n for n in schema.types if n.schema == namespace]:
        drop_type(schema, {"type_name": name, "cascade": True}, batch)
    for name in [n for n in schema.sequences if n.schema == namespace]:
        schema.freed()
        del schema.sequences[name]


def rename_schema(schema: State, facts: Facts, batch: object) -> None:
    old, new = ("" if n.name == "public" else n.name for n in (facts["schema"], facts["new_name"]))
    for name in [n for n in (*schema.tables, *schema.views, *schema.sequences) if n.schema == old]:
        move(schema, name, Name(name.name, new))
    for name in [n for n in schema.types if n.schema == old]:
        rename_type(schema, {"type_name": name, "new_name": Name(name.name, new)}, batch)


def set_parameter(schema: State, facts: Facts, batch: object) -> None:
    if facts["parameter"] == "search_path":
        first = facts["value"].split(",")[0].strip().strip("'").lower()
        if first not in _USUAL_PATH:
            schema.gap("search_path")


def create_routine(schema: State, facts: Facts, batch: object) -> None:
    if _ALTERS.search(facts.get("body", "")):
        schema.altering_routines.add(facts["routine"].name)


def called(schema: State, facts: Facts, batch: object) -> None:
    """A function of the project's own that may change the schema was called."""
    names = facts["functions"].split() if "functions" in facts else [facts["routine"].name]
    if schema.altering_routines.intersection(names):
        schema.gap("a function that changes the schema was called")


def unread(schema: State, facts: Facts, batch: object) -> None:
    schema.gap("a statement could not be read")
