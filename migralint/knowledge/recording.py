"""What only the moment of the replay knows: recorded before an operation takes effect.

What a later step may change (was the table new, which type did the column have, what stood in
the way) is written into `View.known` as the replay passes; facts.py works out the rest when asked.
"""

from __future__ import annotations

from migralint.knowledge import rebuild, shapes, standing, uniqueness
from migralint.knowledge.schema.lookup import involving, parts_of
from migralint.light import later
from migralint.model import UNKNOWN, Name
from migralint.sql.vocabulary import facts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge import dependents
    from migralint.knowledge.schema import Constraint, Schema, Table
    from migralint.knowledge.timeline import View
    from migralint.model import Unknown
else:
    dependents = later("migralint.knowledge.dependents")

MADE = {
    "create_index": "index", "create_view": "view", "create_type": "type_name",
    "create_domain": "type_name", "create_sequence": "sequence", "create_routine": "routine",
    "create_trigger": "trigger", "create_policy": "policy", "create_schema": "schema",
    "create_extension": "extension", "create_rule": "rule", "create_role": "role",
    "create_database": "database",
}  # fmt: skip
# What is so where nothing was recorded, or the statement stands in no block.
UNRECORDED: dict[str, Any] = {
    "in_do": False, "in_loop": False, "in_routine": False, "dynamic": False,
    "if_table_exists": False,
    "new_column": False, "new_type": False, "temporary_table": False, "emptied": False,
    "backfilled_here": False, "column_is_nullable_new": False,
    "validated_check_proves_not_null": False,
    "partitioned_table": UNKNOWN, "old_type": UNKNOWN, "old_nullable": UNKNOWN,
    "key_not_null": UNKNOWN, "settings": {},
    "goes_with": "", "used_by": "",
    **rebuild.UNRECORDED, **shapes.UNRECORDED, **standing.UNRECORDED,
    **uniqueness.UNRECORDED,
}  # fmt: skip
_OBJECTS = frozenset(MADE.values())
_SETTINGS = ("lock_timeout", "timezone")  # those that facts ask for


def record(view: View, schema: Schema) -> None:
    """What the schema says before the operation takes effect; only what is not as UNRECORDED."""
    facts, known, kind = view.operation.facts, view.known, view.operation.kind
    timeline = view.timeline
    if kind == "drop_index" and "table" not in facts:
        index = schema.index(facts["index"])
        if index is not None:
            known["table"] = index.table.name
    skipped = schema.skipped[0] is view.operation.statement and schema.skips(view.operation)
    if skipped and schema.certain(None):
        known["idle"] = True  # a part of CREATE TABLE IF NOT EXISTS, which finds the table
    table_name = known.get("table")
    table = None
    if table_name is not None and table_name.name:
        table = schema.tables.get(table_name)
        _record_table(view, table_name, table)
        if skipped and schema.skipped[1] is None:
            known["new_table"] = True  # where it does not find it, it makes it
        if table is not None and "column" in facts:
            _record_column(view, table, schema)
    for recorder in _RECORDERS.get(kind, ()):
        recorder(view, schema)
    if "table" in facts:
        standing.record_missing(view, schema, table)
    if kind in MADE:
        timeline.made.setdefault((MADE[kind], facts[MADE[kind]]), view.index)
    if kind == "truncate" or (kind == "delete" and not facts["has_where"]):
        timeline.emptied.add(facts["table"])
    elif kind == "set" and facts["parameter"] in _SETTINGS:
        timeline.settings = {**timeline.settings, facts["parameter"]: facts["value"]}
    if timeline.settings:
        known["settings"] = timeline.settings


def _record_table(view: View, name: Name, table: Table | None) -> None:
    if "{{" in name.name:
        return  # a name that a template or dynamic SQL makes: nothing is known of it
    known, timeline = view.known, view.timeline
    known["new_table"] = view.operation.kind == "create_table"
    if timeline.emptied and name in timeline.emptied:
        known["emptied"] = True
    if table is None:
        return
    if table.batch in timeline.fresh:
        known["new_table"] = True
    if table.temporary:
        known["temporary_table"] = True
    if table.whole:
        known["partitioned_table"] = table.partitioned
    if view.migration.dialect == "mysql":
        known["has_generated_columns"] = dependents.generated_columns(table, timeline.schema)


def _record_column(view: View, table: Table, schema: Schema) -> None:
    facts, known = view.operation.facts, view.known
    name = facts["column"]
    if view.operation.kind == "modify_column":  # CHANGE a b: the renaming came first
        name = facts.get("new_name", name)
    column = table.columns.get(name)
    if column is None:
        return
    known["new_column"] = column.batch in view.timeline.fresh
    known["backfilled_here"] = column.filled
    known["old_type"] = column.type
    known["old_nullable"] = column.nullable
    known["old_generated"] = column.generated
    known["old_auto_increment"] = column.auto_increment
    if column.charset:
        known["old_charset"] = column.charset
    known["old_type_variety"] = _variety(column.type, schema)


def _variety(type_text: str, schema: Schema) -> str | Unknown:
    """What kind of type of the project's own this is: enum, composite, a domain."""
    own = schema.own_type(type_text) if schema.types else None
    return UNKNOWN if own is None else own.variety


def _record_type_change(view: View, schema: Schema) -> None:
    """What decides whether the server writes, checks or builds something again."""
    facts, known = view.operation.facts, view.known
    known["type_variety"] = _variety(facts["type"], schema)
    known["session_timezone"] = view.timeline.settings.get("timezone", UNKNOWN)
    table = schema.tables.get(facts["table"]) if view.operation.kind != "add_column" else None
    if table is not None:  # on a new column stands nothing yet
        dependents.record_users(view, schema, table, facts["column"])


def _record_key(view: View, schema: Schema) -> None:
    """For a key or unique index: what is known of its columns."""
    facts = view.operation.facts
    names = facts.get("columns", ())
    using = facts.get("using_index")
    index = schema.index(using, facts["table"]) if using else None
    if index is not None:
        names = index.columns
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


def _record_index(view: View, schema: Schema) -> None:
    """IF NOT EXISTS: whether an index of that name is there."""
    facts = view.operation.facts
    table = schema.tables.get(facts["table"])
    found = schema.index(facts["index"], facts["table"]) is not None
    view.known["index_exists"] = found or (schema.absent(table) if table is not None else UNKNOWN)


def _record_engine(view: View, schema: Schema) -> None:
    table = schema.tables.get(view.operation.facts["table"])
    words = table.options.split() if table is not None else []
    if "engine" in words:
        old = [word for word in words[words.index("engine") + 1 :] if word != "="]
        view.known["engine_changes"] = bool(old) and old[0] != view.operation.facts["engine"]


def _record_not_null(view: View, schema: Schema) -> None:
    view.known["validated_check_proves_not_null"] = _proved(view, schema)


def _proved(view: View, schema: Schema) -> bool | Unknown:
    """PostgreSQL 12 and up: https://www.postgresql.org/docs/current/sql-altertable.html"""
    from migralint.knowledge.facts import server_version

    if server_version(view) < 12:
        return False
    table = schema.tables.get(view.operation.facts["table"])
    column = view.operation.facts["column"]
    wanted = f"{column.name} is not null".lower()
    for constraint in involving(table, column) if table else ():
        if not constraint.valid:
            continue
        if constraint.kind == "not_null" and column in constraint.columns:
            return True
        if constraint.kind == "check" and wanted in _conjuncts(constraint.expression):
            return True
    same = {"table": view.operation.facts["table"], "constraint_type": UNKNOWN}
    unseen = view.earlier(("validate_constraint",), **same)
    return UNKNOWN if any(v.operation.facts["table"] == same["table"] for v in unseen) else False


def _conjuncts(expression: str) -> list[str]:
    """The parts of a condition between ANDs, without quotes and brackets, in lower case."""
    text = " ".join(expression.replace('"', "").replace("(", " ").replace(")", " ").split())
    return (
        [part.strip().lower() for part in text.lower().split(" and ")]
        if " or " not in text.lower()
        else []
    )


def _record_constraint(view: View, schema: Schema) -> None:
    facts = view.operation.facts
    table = schema.tables.get(facts["table"])
    constraint = table.constraints.get(Name(facts["constraint"].name)) if table else None
    view.known["already_validated"] = constraint is not None and _is_validated(constraint)
    if constraint is not None and not facts.get("constraint_type"):
        view.known["constraint_type"] = constraint.kind.replace("_", " ")


def _is_validated(constraint: Constraint) -> bool:
    """A partitioned table has no rows of its own: where all of its partitions are done, it is."""
    asked = [constraint]
    for one in asked:
        parts = [] if one.valid else parts_of(one)
        whole = one.table.partitioned and bool(parts) and len(parts) == len(one.table.children)
        if not (one.valid or whole):
            return False
        asked += parts
    return True


def _record_type(view: View, schema: Schema) -> None:
    """DROP TYPE beside a rename: another enum may take its place, with fewer values."""
    name = view.operation.facts["type_name"]
    known, timeline = view.known, view.timeline
    own = schema.types.get(name)
    known["new_type"] = own is not None and own.batch in timeline.fresh
    if view.operation.kind != "drop_type":
        return
    renames = list(view.earlier(("rename_type",), new_name=name))
    if renames:
        new = schema.types.get(renames[-1].operation.facts["type_name"])
        known["enum_replaced"] = True
        known["lost_values"] = rebuild.lost_values(own, new)
    elif own is None or own.values:  # an enum made here may take the name when this one is gone
        heirs = map(schema.types.get, rebuild.renamed_types(view).get(name.name, ()))
        made = [t for t in heirs if t is not None and t.batch == view.migration.path]
        known["lost_to"] = {t.name: rebuild.lost_values(own, t) for t in made}


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
    view.known["new_column"] = bool(columns) and all(
        c is not None and c.batch in fresh for c in columns
    )


_RECORDERS: dict[str, tuple[Callable[[View, Schema], None], ...]] = {
    "create_table": (standing.record_taken, shapes.record_existing, dependents.record_table),
    "drop_table": (rebuild.record_drop, dependents.record_table),
    "truncate": (dependents.record_table,), "detach_partition": (dependents.record_table,),
    "attach_partition": (dependents.record_attach,),
    "add_column": (_record_type_change, standing.record_taken, shapes.record_existing_column),
    "alter_column_type": (_record_type_change,),
    "modify_column": (_record_modify, _record_type_change),
    "drop_column": (dependents.record_drop_column,),
    "set_not_null": (_record_not_null,), "update": (_record_update,),
    "add_unique": (_record_key, uniqueness.record_unique), "add_primary_key": (_record_key,),
    "create_type": (standing.record_taken,),
    "create_index": (
        standing.record_taken, _record_key, shapes.record_duplicate, _record_index,
        uniqueness.record_unique,
    ),
    "drop_index": (rebuild.record_index_drop, uniqueness.record_dropped),
    "drop_constraint": (
        _record_constraint, dependents.record_table, uniqueness.record_dropped,
    ),
    "validate_constraint": (_record_constraint,), "alter_constraint": (_record_constraint,),
    "drop_type": (_record_type, dependents.record_type_users),
    "drop_domain": (_record_type, dependents.record_type_users),
    "add_enum_value": (_record_type,), "rename_enum_value": (_record_type,),
    "rename_type": (_record_type,), "alter_type": (_record_type,),
    "drop_attribute": (_record_type, dependents.record_type_users),
    "add_attribute": (_record_type, dependents.record_type_users),
    "alter_attribute": (_record_type, dependents.record_type_users),
    "add_domain_constraint": (_record_type,), "set_domain_not_null": (_record_type,),
    "drop_sequence": (dependents.record_owner,), "drop_schema": (dependents.record_owner,),
    "set_engine": (_record_engine,),
}  # fmt: skip


def new_object(view: View) -> bool:
    """Made earlier in this migration: what DROP and ALTER then do concerns nobody else."""
    if view.fact("new_table") is True or view.fact("new_type") is True:
        return True
    kind, facts, made = view.operation.kind, view.operation.facts, view.timeline.made
    named = [fact for fact in facts_of(kind) if fact in _OBJECTS and fact in facts] if made else ()
    return any(made.get((fact, facts[fact]), view.index) < view.index for fact in named)
