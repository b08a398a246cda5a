"""What a statement needs and no migration made, or makes where it stands already: it fails there.

These facts speak only of what is surely so: where the schema does not know, they are empty, and the
rules that ask for them say nothing.
"""

from __future__ import annotations

from migralint.model import Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.knowledge.schema import Schema, Table
    from migralint.knowledge.timeline import View

_SYSTEM_COLUMNS = frozenset(
    ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid", "rowid", "_rowid_", "(expression)"]
)
_MAKES = frozenset(("create_table", "set_schema", "comment", "change_owner"))
_CHANGES_ROWS = frozenset(("insert", "update", "delete", "merge", "copy", "select", "truncate"))
_NOT_MADE_ANEW = ("if_not_exists", "inline", "in_do", "in_routine", "temporary", "or_replace")
# The tables in which the tools keep what they have applied.
_OF_TOOLS = pattern(
    r"(?i)migration|schema_(?:version|history|info)|db_version|revision|databasechangelog"
)


def record_missing(view: View, schema: Schema, table: Table | None) -> None:
    """Names the table or column that surely does not exist when the statement runs."""
    facts, kind = view.operation.facts, view.operation.kind
    if (
        schema.gaps
        or kind in _MAKES
        or facts.get("inline")
        or facts.get("if_exists")
        or facts.get("if_table_exists")
        or facts.get("in_do")
        or (kind in _CHANGES_ROWS and view.migration.dialect != "postgres")
    ):
        return
    named, missing = facts["table"], ""
    other = facts.get("references") if kind == "add_foreign_key" else None
    if table is None and schema.missing(named):
        missing = f"table {named}"
    elif other is not None and schema.missing(other):
        missing = f"table {other}"
    elif table is not None and (column := _missing_column(schema, table, facts, kind)):
        missing = f"column {column}"
    if missing and not ("{{" in named.sql or _OF_TOOLS.search(named.name)):
        view.known["missing_object"] = missing


def _missing_column(schema: Schema, table: Table, facts: Any, kind: str) -> str:
    if not schema.certain(table):
        return ""
    names: list[Name] = list(facts.get("columns", ()))
    if "column" in facts and kind != "add_column":  # CHANGE a b: the renaming has been replayed
        names.append(
            facts.get("new_name", facts["column"]) if kind == "modify_column" else facts["column"]
        )
    for name in names:
        if (
            name not in table.columns
            and name.name.lower() not in _SYSTEM_COLUMNS
            and "{{" not in name.name
        ):
            return "" if _has_namesake(schema, table) else f"{name} of {table.name}"
    return ""


def _has_namesake(schema: Schema, table: Table) -> bool:
    """With a search_path, `a.t` and `t` may be one table."""
    names = schema.namesakes(table.name.name)
    return any(name in schema.tables for name in names if name != table.name)


def record_taken(view: View, schema: Schema) -> None:
    """Names what surely stands where this would make it, once a migration: it fails there."""
    if schema.gaps or not schema.proven_whole:
        return
    facts = view.operation.facts
    taken = _taken(schema, view.operation.kind, facts)
    if not taken or "{{" in taken or "taken" in view.remembered:
        return
    if not any(facts.get(fact) for fact in _NOT_MADE_ANEW):
        view.remembered["taken"] = view.known["existing_object"] = taken


def _taken(schema: Schema, kind: str, facts: Any) -> str:
    if kind == "create_type":
        return f"type {facts['type_name']}" if facts["type_name"] in schema.types else ""
    table = schema.tables.get(facts["table"])
    if table is None or not table.whole or table.temporary or table.name in schema.doubtful:
        return ""
    if kind == "create_table":
        return f"table {facts['table']}"
    if kind == "add_column":
        there = facts["column"] in table.columns
        return f"column {facts['column']} of {facts['table']}" if there else ""
    there = bool(facts["index"].name) and schema.index(facts["index"], facts["table"]) is not None
    return f"index {facts['index']}" if there else ""


UNRECORDED = {"missing_object": "", "existing_object": ""}
