"""Partitions and heirs: what a parent hands down when they are made, attached, or it changes.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE
"""

from __future__ import annotations

from migralint.knowledge.schema.constraints import add_constraint
from migralint.knowledge.schema.lookup import parts_of, parts_of_index
from migralint.knowledge.schema.objects import Constraint, Index, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]


def hand_down(schema: State, table: Table, kind: str, batch: object) -> None:
    """The newest constraint or index of the table, to its children."""
    if kind == "create_index" and table.indexes:
        _hand_index(schema, next(reversed(table.indexes.values())), batch)
    elif kind != "create_index" and table.constraints:
        _hand_constraint(schema, next(reversed(table.constraints.values())), batch)


def _hand_constraint(schema: State, constraint: Constraint, batch: object) -> None:
    """Checks to all, keys to partitions. A check of the same name serves as the child's part."""
    handed = [constraint]
    for one in handed:
        done = {part.table for part in parts_of(one)}
        for child in one.table.children:
            if child in done or (one.kind == "check" and one.name in child.constraints):
                continue
            if child.partition or (one.kind == "check" and not one.no_inherit):
                handed.append(_copied(schema, one, child, batch))


def _hand_index(schema: State, index: Index, batch: object) -> None:
    handed = [index]
    for one in handed:
        done = {part.table for part in parts_of_index(one)}
        for child in one.table.children:
            if child.partition and child not in done:
                handed.append(_copied_index(schema, one, child, batch))


def _copied(schema: State, constraint: Constraint, child: Table, batch: object) -> Constraint:
    keeps_name = constraint.index is None or schema.dialect == "mysql"
    keeps_name = keeps_name and constraint.name not in child.constraints
    facts = {
        "columns": constraint.columns, "expression": constraint.expression,
        "references": constraint.references, "references_columns": constraint.references_columns,
        "on_delete": constraint.on_delete, "not_valid": not constraint.valid,
    }  # fmt: skip
    name = constraint.name if keeps_name else None
    copied = add_constraint(schema, child, constraint.kind, facts, name, batch)
    copied.parent = constraint
    if copied.index is not None:
        copied.index.parent = constraint.index
    return copied


def _copied_index(schema: State, index: Index, child: Table, batch: object) -> Index:
    facts = {
        "columns": index.columns, "keys": index.keys, "include": index.include,
        "unique": index.unique, "method": index.method, "where": index.where,
    }  # fmt: skip
    name = index.name
    if schema.dialect != "mysql":
        name = schema.relation_name(child.name, index.columns + index.include, "idx")
    copied = Index(name, child, facts, batch)
    copied.parent = index
    schema.add_index(copied)
    return copied


def copy_constraints(
    schema: State, source: Table, table: Table, batch: object, linked: bool = True,
    adopt: bool = False, checks: bool = True, keys: bool = True,
) -> None:  # fmt: skip
    """A partition's, an heir's (`linked`) or a LIKE's part of what its source has.

    `adopt`: what the table has already of the same shape takes the place of a copy.
    """
    for constraint in list(source.constraints.values()):
        is_check = constraint.kind == "check"
        wanted = (
            checks and not constraint.no_inherit
            if is_check
            else keys and (table.partition or not linked)
        )
        if not wanted or (not linked and constraint.kind == "foreign_key"):
            continue
        same = [c for c in table.constraints.values() if _alike(c, constraint)] if adopt else []
        if same:
            same[0].parent = constraint
            if same[0].index is not None:
                same[0].index.parent = constraint.index
        else:
            _hand_constraint(schema, _copied(schema, constraint, table, batch), batch)
            if not linked:
                _unlink_last(table)
    if keys and (table.partition or not linked):
        _copy_indexes(schema, source, table, batch, linked, adopt)


def _unlink_last(table: Table) -> None:
    constraint = next(reversed(table.constraints.values()))
    constraint.parent = None
    if constraint.index is not None:
        constraint.index.parent = None


def _copy_indexes(
    schema: State, source: Table, table: Table, batch: object, linked: bool, adopt: bool
) -> None:
    for index in [i for i in source.indexes.values() if i.constraint is None]:
        same = [i for i in table.indexes.values() if _same_index(i, index)] if adopt else []
        if same:
            same[0].parent = index
            continue
        _hand_index(schema, _copied_index(schema, index, table, batch), batch)
        if not linked:
            next(reversed(table.indexes.values())).parent = None


def _alike(one: Constraint, other: Constraint) -> bool:
    if one.parent is not None or one.kind != other.kind:
        return False
    if one.kind == "check":
        return one.name == other.name
    return one.columns == other.columns and one.references == other.references


def _same_index(one: Index, other: Index) -> bool:
    """Whether an index of the partition may serve as its part of the parent's."""
    if one.parent is not None or one.unique != other.unique or one.method != other.method:
        return False
    return (
        one.columns == other.columns and one.where == other.where and one.include == other.include
    )


def link(parent: Table, table: Table, partition: bool) -> None:
    parent.children[table] = None
    table.parents[parent] = None
    table.partition = partition


def below(table: Table) -> list[Table]:
    """Its children, theirs, and so on; a table with several parents once."""
    found: dict[Table, None] = {}
    pending = [table]
    while pending:
        new = [child for child in pending.pop().children if child not in found]
        found.update(dict.fromkeys(new))
        pending.extend(new)
    return list(found)


def _is_circular(parent: Table, table: Table) -> bool:
    """The server refuses that a table becomes a child of its own child."""
    return parent is table or parent in below(table)


def attach_partition(schema: State, facts: Facts, batch: object) -> None:
    parent, table = schema.tables.get(facts["table"]), schema.tables.get(facts["partition"])
    if parent is None or table is None or _is_circular(parent, table):
        return
    link(parent, table, partition=True)
    if facts.get("is_default"):
        parent.default_partition = table
    copy_constraints(schema, parent, table, batch, adopt=True)


def detach_partition(schema: State, facts: Facts, batch: object) -> None:
    parent, table = schema.tables.get(facts["table"]), schema.tables.get(facts["partition"])
    if parent is None or table is None:
        return
    _unlink(parent, table)
    if parent.default_partition is table:
        parent.default_partition = None


def _unlink(parent: Table, table: Table) -> None:
    parent.children.pop(table, None)
    table.parents.pop(parent, None)
    table.partition = False
    for constraint in table.constraints.values():
        constraint.parent = None
    for index in table.indexes.values():
        index.parent = None


def set_inheritance(schema: State, facts: Facts, batch: object) -> None:
    parent, table = schema.tables.get(facts["parent"]), schema.tables.get(facts["table"])
    if parent is None or table is None:
        return
    if facts.get("removed"):
        _unlink(parent, table)
    elif not _is_circular(parent, table):
        link(parent, table, partition=False)
