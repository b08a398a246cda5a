"""Derived facts: one function each, from an operation where it stands to a value or UNKNOWN.

`record` writes down what only the moment of the replay knows; `DERIVE` maps the other facts to their
functions, which run when a rule asks and never twice for one operation.
"""

from __future__ import annotations

from migralint.knowledge import advice, rebuild, sizes, transactions
from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge.schema import Schema, Table
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown

OLDEST_SUPPORTED = {"postgres": 14, "mysql": 80, "sqlite": 3}
_MADE = {
    "create_index": "index", "create_view": "view", "create_type": "type_name", "create_domain": "type_name",
    "create_sequence": "sequence", "create_routine": "routine", "create_trigger": "trigger",
    "create_policy": "policy", "create_schema": "schema", "create_extension": "extension", "create_rule": "rule",
    "create_role": "role", "create_database": "database",
}  # fmt: skip
_IDENTIFIERS = (
    "table", "column", "constraint", "index", "view", "type_name", "routine", "trigger", "policy", "sequence",
    "schema", "new_name",
)  # fmt: skip
_NAMING = ("create_", "add_", "rename_")
_LONGEST = {"postgres": 63, "mysql": 64}


# Recorded while the replay passes


def record(view: View, schema: Schema) -> None:
    """What the schema says before the operation takes effect."""
    facts, known, kind = view.operation.facts, view.known, view.operation.kind
    timeline = view.timeline
    if kind == "drop_index" and "table" not in facts and facts["index"] in schema.indexes:
        known["table"] = schema.indexes[facts["index"]].table
    table_name = facts.get("table") or known.get("table")
    if table_name is not None and table_name.name:
        _record_table(view, table_name, schema.tables.get(table_name))
    column = facts.get("column")
    if column is not None and table_name is not None:
        _record_column(view, table_name, column, schema)
    recorder = _RECORDERS.get(kind)
    if recorder is not None:
        recorder(view, schema)
    known["new_object"] = _is_new_object(view)
    made = _MADE.get(kind)
    if made is not None:
        timeline.made.add((made, facts[made]))
    if kind == "truncate" or (kind == "delete" and not facts["has_where"]):
        timeline.emptied.add(facts["table"])
    elif kind == "set":
        timeline.settings = {**timeline.settings, facts["parameter"]: facts["value"]}
    known["settings"] = timeline.settings


def _record_table(view: View, name: Name, table: Table | None) -> None:
    known = view.known
    if "{{" in name.name:
        return  # a name that a template or dynamic SQL makes: nothing is known of it
    creates = view.operation.kind == "create_table"
    known["new_table"] = creates or (table is not None and table.batch in view.timeline.fresh)
    known["temporary_table"] = table is not None and table.temporary
    known["emptied"] = name in view.timeline.emptied
    known["partitioned_table"] = table.partitioned if table is not None and table.whole else UNKNOWN


def _record_column(view: View, table: Name, name: Name, schema: Schema) -> None:
    column = schema.column(table, name)
    known = view.known
    known["new_column"] = column is not None and column.batch in view.timeline.fresh
    known["backfilled_here"] = column is not None and column.filled
    if column is not None:
        known["old_type"] = column.type
        known["old_nullable"] = column.nullable
        known["old_generated"] = column.generated
        known["old_type_variety"] = _variety(column.type, schema)


def _variety(type_text: str, schema: Schema) -> str | Unknown:
    """What kind of type of the project's own this is: enum, composite, a domain."""
    from migralint.knowledge import types

    read = types.read(type_text)
    name = type_text if read is UNKNOWN else read.name
    return schema.varieties.get(Name(name.strip('"')), UNKNOWN)


def _record_type_change(view: View, schema: Schema) -> None:
    """What decides whether the server writes, checks or builds something again."""
    facts, known = view.operation.facts, view.known
    known["type_variety"] = _variety(facts["type"], schema)
    known["session_timezone"] = view.timeline.settings.get("timezone", UNKNOWN)
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    column = facts["column"]
    constraints = list(table.constraints.values())
    indexed = any(column in c.columns for c in constraints if c.kind in ("primary_key", "unique", "exclusion"))
    indexed = indexed or any(i.table == table.name and column in i.columns for i in schema.indexes.values())
    checked = any(c.kind == "check" and _mentions(c.expression, column.name) for c in constraints)
    refers = any(c.kind == "foreign_key" and column in c.columns for c in constraints)
    for fact, value in (("column_indexed", indexed), ("column_has_check", checked), ("column_references", refers)):
        if value or table.whole:
            known[fact] = value
    if table.whole:
        known["column_is_referenced"] = any(
            c.references == table.name for other in schema.tables.values() for c in other.constraints.values()
        )


def _mentions(expression: str, name: str) -> bool:
    import re

    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", expression, re.I) is not None


def _record_key(view: View, schema: Schema) -> None:
    """For a key or unique index: what is known of its columns."""
    facts = view.operation.facts
    names = facts.get("columns", ())
    using = facts.get("using_index")
    if using is not None and using in schema.indexes:
        names = schema.indexes[using].columns
    columns = [schema.column(facts["table"], name) for name in names]
    fresh = view.timeline.fresh
    view.known["column_is_nullable_new"] = any(
        column is not None and column.batch in fresh and column.nullable and not column.filled
        for column in columns
    )
    if not columns or None in columns:
        nullable: bool | Unknown = UNKNOWN
    else:
        nullable = any(column is not None and column.nullable for column in columns)
    view.known["key_is_nullable"] = nullable
    view.known["key_not_null"] = nullable if nullable is UNKNOWN else not nullable


def _record_not_null(view: View, schema: Schema) -> None:
    view.known["validated_check_proves_not_null"] = _proved(view, schema)


def _proved(view: View, schema: Schema) -> bool | Unknown:
    """PostgreSQL 12 and up: https://www.postgresql.org/docs/current/sql-altertable.html"""
    if server_version(view) < 12:
        return False
    table = schema.tables.get(view.operation.facts["table"])
    column = view.operation.facts["column"]
    wanted = f"{column.name} is not null".lower()
    for constraint in table.constraints.values() if table else ():
        if not constraint.valid:
            continue
        if constraint.kind == "not_null" and column in constraint.columns:
            return True
        if constraint.kind == "check" and wanted in _conjuncts(constraint.expression):
            return True
    seen = {constraint.name for constraint in table.constraints.values()} if table else set()
    validated = view.earlier(("validate_constraint",))
    same = [v for v in validated if v.operation.facts["table"] == view.operation.facts["table"]]
    return UNKNOWN if any(v.operation.facts["constraint"] not in seen for v in same) else False


def _conjuncts(expression: str) -> list[str]:
    """The parts of a condition between ANDs, without quotes and brackets, in lower case."""
    text = " ".join(expression.replace('"', "").replace("(", " ").replace(")", " ").split())
    return [part.strip().lower() for part in text.lower().split(" and ")] if " or " not in text.lower() else []


def _record_constraint(view: View, schema: Schema) -> None:
    facts = view.operation.facts
    table = schema.tables.get(facts["table"])
    constraint = table.constraints.get(facts["constraint"]) if table else None
    if constraint is not None and not facts.get("constraint_type"):
        view.known["constraint_type"] = constraint.kind.replace("_", " ")


def _record_type(view: View, schema: Schema) -> None:
    """DROP TYPE behind a rename: another enum may have taken its place, with fewer values."""
    name = view.operation.facts["type_name"]
    known, timeline = view.known, view.timeline
    known["new_type"] = schema.type_batches.get(name) in timeline.fresh and name in schema.type_batches
    if view.operation.kind != "drop_type":
        return
    renames = [v for v in view.earlier(("rename_type",)) if v.operation.facts["new_name"].name == name.name]
    known["enum_replaced"] = bool(renames)
    known["lost_values"] = ""
    if renames:
        former = renames[-1].operation.facts["type_name"]
        known["replaced_type"] = former
        old, new = schema.types.get(name), schema.types.get(former)
        if old is None or new is None:
            known["lost_values"] = UNKNOWN
        else:
            known["lost_values"] = ", ".join(value for value in old if value not in new)


def _record_modify(view: View, schema: Schema) -> None:
    """MySQL's MODIFY of an enum: the values that the new list leaves out."""
    new = _enum_values(view.operation.facts["type"])
    old_type = view.known.get("old_type", "")
    old = _enum_values(old_type)
    view.known["enum_replaced"] = bool(new) and (bool(old) or not old_type)
    if old and new:
        view.known["lost_values"] = ", ".join(value for value in old if value not in new)


def _enum_values(type_text: str) -> list[str]:
    import re

    if not type_text.lower().startswith(("enum(", "set(")):
        return []
    return [value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", type_text)]


def _record_update(view: View, schema: Schema) -> None:
    """An UPDATE concerns a new column where all that it sets is new."""
    facts = view.operation.facts
    columns = [schema.column(facts["table"], name) for name in facts["columns"]]
    fresh = view.timeline.fresh
    view.known["new_column"] = bool(columns) and all(c is not None and c.batch in fresh for c in columns)


_RECORDERS: dict[str, Callable[[View, Schema], None]] = {
    "alter_column_type": _record_type_change, "add_column": _record_type_change,
    "add_unique": _record_key, "add_primary_key": _record_key, "create_index": _record_key,
    "drop_table": rebuild.record_drop, "drop_index": rebuild.record_index_drop,
    "set_not_null": _record_not_null, "update": _record_update,
    "modify_column": _record_modify, "drop_constraint": _record_constraint,
    "validate_constraint": _record_constraint, "alter_constraint": _record_constraint,
    "drop_type": _record_type, "drop_domain": _record_type, "add_enum_value": _record_type,
    "rename_enum_value": _record_type, "rename_type": _record_type, "alter_type": _record_type,
    "drop_attribute": _record_type, "add_attribute": _record_type, "alter_attribute": _record_type,
    "add_domain_constraint": _record_type, "set_domain_not_null": _record_type,
}  # fmt: skip


def _is_new_object(view: View) -> bool:
    """Made earlier in this migration: what DROP and ALTER then do concerns nobody else."""
    facts, made = view.operation.facts, view.timeline.made
    if view.known.get("new_table") or view.known.get("new_type"):
        return True
    return any((fact, facts[fact]) in made for fact in _MADE.values() if fact in facts)


# Worked out on demand


def server_version(view: View) -> int:
    """The configured major version, else the oldest that its project still supports."""
    return view.timeline.config.server_version or OLDEST_SUPPORTED[view.migration.dialect]


def new_table(view: View) -> bool | Unknown:
    """Recorded for operations that name a table; for others nothing is new."""
    facts = view.operation.facts
    return UNKNOWN if "table" in facts and "{{" in facts["table"].name else False


def guarded(view: View) -> bool:
    facts = view.operation.facts
    return bool(facts.get("if_exists") or facts.get("if_not_exists") or facts.get("or_replace"))


def generated_sql(view: View) -> bool:
    """Whether a mark of the layout's tool stands before the statement."""
    from migralint.knowledge.marks import generated_statements

    timeline = view.timeline
    starts = timeline.cached.get("generated")
    if starts is None:
        statements = {v.operation.statement.start: v.operation.statement for v in timeline.views}
        starts = generated_statements(view.migration, list(statements.values()))
        timeline.cached["generated"] = starts
    return view.operation.statement.start in starts


def recreated(view: View) -> bool:
    """Whether the dropped object is made again later in the file."""
    kind, facts = view.operation.kind, view.operation.facts
    if kind == "drop_constraint":
        makers = ("add_foreign_key", "add_unique", "add_check", "add_primary_key", "add_exclusion", "create_index")
        return any(v.fact("table") == facts["table"] for v in view.later(makers))
    if kind == "drop_column":
        return any(v.fact("table") == facts["table"] and v.fact("column") == facts["column"]
                   for v in view.later(("add_column",)))  # fmt: skip
    if kind == "disable_trigger":
        return any(v.fact("table") == facts["table"] for v in view.later(("enable_trigger",)))
    makers = (kind.replace("drop_", "create_"),)
    fact = {"create_table": "table", **_MADE}.get(makers[0])
    if fact is None or fact not in facts:
        return False
    renamed = kind.replace("drop_", "rename_")
    again = any(v.fact(fact) == facts[fact] for v in view.later(makers))
    return again or any(v.fact("new_name").name == facts[fact].name for v in view.later((renamed,)))


def replaced(view: View) -> bool:
    """SQLite's rebuild: a table made here takes this one's rows, then its name.

    Elsewhere ALTER TABLE does the work, and a table that is swapped for another one is lost.
    """
    facts = view.operation.facts
    if "table" not in facts or view.migration.dialect != "sqlite":
        return False
    dropped = facts["table"]
    copies = {v.fact("table") for v in view.earlier(("insert",)) if v.fact("source") == "select"}
    taken = {v.fact("table") for v in view.later(("rename_table",)) if v.fact("new_name").name == dropped.name}
    # Or the other way round: the old table was renamed first, and a new one made under its name.
    given = {v.fact("table") for v in view.earlier(("rename_table",)) if v.fact("new_name").name == dropped.name}
    made = {v.fact("table") for v in view.earlier(("create_table",))}
    return bool(copies & (taken | (given & made)))


def effect(view: View) -> Any:
    """What PostgreSQL does while the operation runs (see knowledge/locks.py)."""
    if view.migration.dialect != "postgres":
        return UNKNOWN
    from migralint.knowledge import locks

    return locks.effect(view.operation.kind, view.fact, server_version(view))


def online(view: View) -> Any:
    """How MySQL or MariaDB carries out the action of an ALTER TABLE (see knowledge/online_ddl.py)."""
    if view.migration.dialect != "mysql":
        return UNKNOWN
    from migralint.knowledge import online_ddl

    config = view.timeline.config
    return online_ddl.online(view.operation.kind, view.fact, config.server_version, config.mariadb)


def _of_effect(name: str, name_online: str = "") -> Callable[[View], Any]:
    def derive(view: View) -> Any:
        known = view.fact("effect")
        if known is not UNKNOWN:
            return getattr(known, name)
        known = view.fact("online") if name_online else UNKNOWN
        return UNKNOWN if known is UNKNOWN else getattr(known, name_online)

    return derive


def online_algorithm(view: View) -> str | Unknown:
    """The algorithm; UNKNOWN where what is not known decides between COPY and a better one."""
    known = view.fact("online")
    if known is UNKNOWN:
        return ""
    return UNKNOWN if known.algorithm == "COPY" != known.at_best else str(known.algorithm)


def default_is_volatile(view: View) -> bool | Unknown:
    from migralint.knowledge.volatility import is_volatile

    default = view.fact("default")
    return is_volatile(default) if default else False


def _type_fact(name: str) -> Callable[[View], Any]:
    def derive(view: View) -> Any:
        old, new = view.fact("old_type"), view.fact("type")
        if UNKNOWN in (old, new) or not old or not new:
            # Whether it narrows is asked only of a type that is known; rewriting-type-change speaks of the others.
            return False if name == "narrowing" else UNKNOWN
        from migralint.knowledge import type_changes

        dialect = view.migration.dialect
        if name == "narrowing":
            # A type of the project's own, an enum above all: what it holds is another rule's question.
            return type_changes.narrowing(old, new, dialect) is True
        if dialect != "postgres":
            return UNKNOWN
        zone = view.fact("session_timezone")
        return type_changes.widening(
            old,
            new,
            server_version(view),
            "" if zone is UNKNOWN else zone,
            view.fact("using"),
            str(view.fact("column")),
        )

    return derive


def always_true(view: View) -> bool | Unknown:
    from migralint.sql.conditions import always_true as judge

    return judge(view.fact("where"), view.migration.dialect) if view.fact("has_where") else True


def compares_with_null(view: View) -> bool:
    from migralint.sql.conditions import compares_with_null as judge

    operation = view.operation
    start = operation.statement.start
    text = operation.statement.text[operation.start - start : operation.end - start]
    if operation.kind == "create_index":
        text = f"where {view.fact('where')}"
    elif operation.kind == "add_check":
        text = f"check {view.fact('expression')}"
    return judge(text, view.migration.dialect)


def whole_table(view: View) -> bool:
    """True unless the statement is shown to touch few rows."""
    if view.operation.kind == "insert":
        from migralint.sql.conditions import selects_rows

        return view.fact("source") == "select" and selects_rows(
            view.operation.statement.text, view.migration.dialect
        )
    if view.operation.kind not in ("update", "delete"):
        return view.operation.kind == "merge"
    if not view.fact("has_where"):
        return not view.fact("limited")
    if view.fact("limited"):
        return False
    from migralint.sql.conditions import bounded

    return not bounded(view.fact("where"), view.migration.dialect)


def duplicate_columns(view: View) -> bool:
    columns = view.fact("columns")
    return columns is not UNKNOWN and len(set(columns)) < len(columns)


def long_identifier(view: View) -> bool:
    """Whether a name that the operation gives is longer than the server keeps."""
    longest = _LONGEST.get(view.migration.dialect)
    if longest is None or not view.operation.kind.startswith(_NAMING):
        return False
    names = (view.operation.facts.get(fact) for fact in _IDENTIFIERS)
    measure = (lambda name: len(name.encode())) if longest == 63 else len
    return any(isinstance(name, Name) and measure(name.name) > longest for name in names)


def column_count(view: View) -> int:
    return len(view.fact("columns"))


def holds_password(view: View) -> bool:
    import re

    if view.operation.facts.get("has_password"):
        return True
    return bool(re.search(r"\w://[^\s:/@']+:[^\s@/']+@", view.operation.statement.text[:100_000]))


def renamed_to(view: View) -> Name:
    """A column of the same type that this migration adds to the table that loses one."""
    old = view.fact("old_type")
    if old is UNKNOWN or not old:
        return Name("")
    for other in (*view.earlier(("add_column",)), *view.later(("add_column",))):
        facts = other.operation.facts
        same = facts["table"] == view.operation.facts["table"] and facts["column"] != view.operation.facts["column"]
        if same and facts["type"] == old and not facts.get("inline"):
            added: Name = facts["column"]
            return added
    return Name("")


DERIVE: dict[str, Callable[[View], Any]] = {
    "operation": lambda view: view.operation.kind,
    "dialect": lambda view: view.migration.dialect,
    "layout": lambda view: view.migration.layout,
    "server_version": server_version,
    "mariadb": lambda view: view.timeline.config.mariadb,
    "in_do": lambda view: False,
    "in_routine": lambda view: False,
    "guarded": guarded,
    "generated_sql": generated_sql,
    "statements_in_file": lambda view: view.timeline.statements,
    "new_table": new_table,
    "new_column": lambda view: False,
    "new_type": lambda view: False,
    "temporary_table": lambda view: False,
    "emptied": lambda view: False,
    "partitioned_table": lambda view: UNKNOWN,
    "backfilled_here": lambda view: False,
    "old_type": lambda view: UNKNOWN,
    "old_nullable": lambda view: UNKNOWN,
    "key_not_null": lambda view: UNKNOWN,
    "column_is_nullable_new": lambda view: False,
    "validated_check_proves_not_null": lambda view: False,
    "enum_replaced": lambda view: False,
    "lost_values": lambda view: UNKNOWN,
    "recreated": recreated,
    "replaced": replaced,
    "effect": effect,
    "online": online,
    "online_algorithm": online_algorithm,
    "lock": _of_effect("lock", "lock"),
    "blocks_reads": _of_effect("blocks_reads", "blocks_reads"),
    "blocks_writes": _of_effect("blocks_writes", "blocks_writes"),
    "rewrites_table": _of_effect("rewrites", "rebuilds"),
    "scans_table": _of_effect("scans"),
    "default_is_volatile": default_is_volatile,
    "widening": _type_fact("widening"),
    "narrowing": _type_fact("narrowing"),
    "always_true": always_true,
    "compares_with_null": compares_with_null,
    "whole_table": whole_table,
    "duplicate_columns": duplicate_columns,
    "long_identifier": long_identifier,
    "column_count": column_count,
    "holds_password": holds_password,
    "renamed_to": renamed_to,
    "statement": lambda view: view.operation.statement.text,
    **rebuild.DERIVE,
    **sizes.DERIVE,
    **transactions.DERIVE,
    **advice.DERIVE,
}
