"""What operations on tables and columns change."""

from __future__ import annotations

from migralint.knowledge.schema.lookup import enlist_view, naming, strike_view
from migralint.knowledge.schema.objects import Column, Table
from migralint.knowledge.schema.state import gone, made
from migralint.light import later
from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from migralint.knowledge.schema import partitions
    from migralint.knowledge.schema.objects import View
    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]
    Step = Callable[[State, Facts, object], None]
else:
    partitions = later("migralint.knowledge.schema.partitions")


def create_table(schema: State, facts: Facts, batch: object) -> None:
    name = facts["table"]
    if "{{" in name.name:
        schema.gap("the name of a new table is not known")
        schema.skipped = (schema.statement, None)
        return
    if made(facts) and schema.has_relation(name):
        schema.skipped = (schema.statement, None)  # its columns and constraints are not made either
        return
    former = schema.tables.get(name)
    if former is not None:
        forget_table(schema, former)
    # made twice: which of the two stands there is not known
    open_ended = facts.get("as_query") or facts.get("of_type") or (former and former.whole)
    table = Table(name, batch, facts, whole=not open_ended)
    schema.add_table(table)
    if facts.get("of_type"):
        schema.typed.setdefault(facts["of_type"], {})[table] = None
    if table.temporary:
        schema.temporary.append(table)
    if facts.get("query"):
        reads_unknown(schema, facts["query"])
    for parent in _parents(facts):
        _inherit(schema, table, schema.tables.get(parent), batch, facts)
    if facts.get("like"):
        _like(schema, table, schema.tables.get(facts["like"]), batch, facts.get("like_options", ""))


def reads_unknown(schema: State, query: str) -> None:
    """A query that reads a table which no migration made: they are not all here."""
    import re

    text = re.sub(r"'(?:[^']|'')*'", "''", query)
    parts = re.findall(r'("[^"]+"|[\w$]+)\s+as\s+(?:not\s+)?(?:materialized\s+)?\(', text, re.I)
    own = {part.lower() for part in parts}
    for match in re.finditer(r'\b(?:from|join)\s+("[^"]+"|[^\W\d][\w$]*)(\s*[.(])?', text, re.I):
        word = match[1]
        name = Name(word[1:-1] if word[0] == '"' else word.lower())
        before = text[max(match.start() - 100, 0) : match.start()]
        of_time = re.search(r"extract\s*\(\s*\w+\s*\Z", before, re.I)
        known = word.lower() in own or word.lower() == "lateral" or schema.has_relation(name)
        if not (match[2] or of_time or known):
            schema.open_schemas.add("")


def _parents(facts: Facts) -> tuple[Name, ...]:
    of = facts.get("partition_of")
    return (of,) if of else tuple(facts.get("inherits", ()))


def _inherit(
    schema: State, table: Table, parent: Table | None, batch: object, facts: Facts
) -> None:
    """INHERITS and PARTITION OF: columns and checks; a partition gets keys and indexes too."""
    if parent is None or not parent.whole:
        table.whole = False
        if parent is None:
            return
    partitions.link(parent, table, partition=bool(facts.get("partition_of")))
    if table.partition and "default" in facts.get("options", ""):
        parent.default_partition = table
    for column in parent.columns.values():
        if column.name not in table.columns:
            schema.add_column(table, _copy(column, batch))
    partitions.copy_constraints(schema, parent, table, batch)


def _copy(column: Column, batch: object, defaults: bool = True, generated: bool = True) -> Column:
    copied = Column(column.name, {}, batch)
    copied.type, copied.nullable = column.type, column.nullable
    copied.default = column.default if defaults else ""
    # An identity is not inherited (PostgreSQL 16 and older), nor is the sequence of a serial.
    copied.generated = column.generated if generated and column.generated != "identity" else ""
    copied.filled = column.filled
    return copied


def _like(schema: State, table: Table, source: Table | None, batch: object, options: str) -> None:
    """LIKE t [INCLUDING ...]: the columns with NOT NULL; the rest where it is said."""
    if source is None or not source.whole:
        table.whole = False
        if source is None:
            return
    words = options.split()
    everything = "all" in words or schema.dialect == "mysql"

    def including(what: str) -> bool:
        said = [words[at - 1] for at, word in enumerate(words) if at and word == what]
        return said[-1] == "including" if said else everything

    for column in source.columns.values():
        copied = _copy(column, batch, including("defaults"), including("generated"))
        if column.generated == "identity" and including("identity"):
            copied.generated = "identity"
        schema.add_column(table, copied)
    partitions.copy_constraints(
        schema, source, table, batch, linked=False,
        checks=including("constraints"), keys=including("indexes"),
    )  # fmt: skip


def drop_table(schema: State, facts: Facts, batch: object) -> None:
    name = facts["table"]
    if facts.get("in_do"):
        schema.doubtful.add(name)
    if "{{" in name.name:
        schema.gap("the name of a dropped table is not known")
    table = schema.tables.get(name)
    if table is None:
        return
    forget_table(schema, table)
    if facts.get("cascade"):
        drop_readers(schema, name)


def forget_table(schema: State, table: Table) -> None:
    """And its partitions, and theirs."""
    gone = [table]
    for one in gone:
        gone += [child for child in one.children if child.partition]
    for one in reversed(gone):
        _forget(schema, one)


def _forget(schema: State, table: Table) -> None:
    schema.freed()
    for child in table.children:
        child.parents.pop(table, None)
    for parent in table.parents:
        parent.children.pop(table, None)
        if parent.default_partition is table:
            parent.default_partition = None
    for constraint in list(table.constraints.values()):
        schema.remove_constraint(constraint)
    for index in list(table.indexes.values()):
        schema.remove_index(index)
    for column in table.columns.values():
        schema.forget_column(column)
    table.columns, table.triggers = {}, {}
    schema.tables.pop(table.name, None)
    schema.generating.pop(table, None)
    if table.of_type:
        schema.typed.get(table.of_type, {}).pop(table, None)
    if schema.dialect == "postgres":  # elsewhere they stay, and wait for another table of that name
        for constraint in [*schema.references_to(table.name)]:
            schema.remove_constraint(constraint)


def drop_readers(schema: State, name: Name, column: Name | None = None) -> None:
    """CASCADE: the views that read the table (and name the column), and the views on those."""
    views = naming(schema, name, column)
    for view in views:
        if schema.views.get(view.name) is view:
            forget_view(schema, view)
            views += naming(schema, view.name)


def forget_view(schema: State, view: View) -> None:
    schema.freed()
    schema.views.pop(view.name, None)
    strike_view(schema, view)
    for index in list(view.indexes.values()):
        schema.remove_index(index)


def rename_table(schema: State, facts: Facts, batch: object) -> None:
    old, written = facts["table"], facts["new_name"]
    move(schema, old, Name(written.name, written.schema or old.schema, written.sql))
    if gone(facts):
        schema.doubtful.add(old)


def move(schema: State, old: Name, new: Name) -> None:
    """Another name or schema for a table, view, sequence or index: ALTER TABLE takes them all."""
    schema.freed()
    table = schema.tables.pop(old, None)
    if table is not None:
        table.name = new
        schema.add_table(table)
        if new.schema != old.schema:
            _move_along(schema, table, new.schema)
        for constraint in schema.referring.pop(old, {}):
            constraint.references = new
            schema.referring.setdefault(new, {})[constraint] = None
    elif old in schema.views:
        view = schema.views.pop(old)
        strike_view(schema, view)
        view.name = new
        schema.views[new] = view
        enlist_view(schema, view)
        schema.place(new)
    elif old in schema.sequences:
        _move_sequence(schema, old, new)
    elif old in schema.indexes:
        schema.rename_index(schema.indexes[old], new)


def _move_along(schema: State, table: Table, namespace: str) -> None:
    for index in list(table.indexes.values()):
        schema.rename_index(index, Name(index.name.name, namespace))
    for column in table.columns.values():
        if column.sequence is not None:
            _move_sequence(schema, column.sequence, Name(column.sequence.name, namespace))


def _move_sequence(schema: State, old: Name, new: Name) -> None:
    owner = schema.sequences.pop(old, None)
    schema.sequences[new] = owner
    if owner is not None:
        owner.sequence = new


def set_schema(schema: State, facts: Facts, batch: object) -> None:
    old, target = facts["object"], facts["new_schema"].name
    namespace = "" if target == "public" else target
    if facts["object_type"] in ("type", "domain"):
        from migralint.knowledge.schema.others import rename_type

        rename_type(schema, {"type_name": old, "new_name": Name(old.name, namespace)}, batch)
    elif facts["object_type"] in (
        "table",
        "view",
        "materialized view",
        "sequence",
        "foreign table",
    ):
        move(schema, old, Name(old.name, namespace))
