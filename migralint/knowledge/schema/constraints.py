"""What operations on constraints change, and the names that PostgreSQL and MySQL give them."""

from __future__ import annotations

from migralint.knowledge.schema import names
from migralint.knowledge.schema.lookup import having, involving, parts_of
from migralint.knowledge.schema.objects import Constraint, Index, Table
from migralint.knowledge.schema.state import gone, made
from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from migralint.knowledge.schema.objects import View
    from migralint.knowledge.schema.state import State

    Facts = Mapping[str, Any]

_LABELS = {
    "primary_key": "pkey", "unique": "key", "exclusion": "excl", "foreign_key": "fkey",
    "check": "check", "not_null": "not_null",
}  # fmt: skip
_INDEXED = ("primary_key", "unique", "exclusion")
_PRIMARY = Name("PRIMARY")
# InnoDB's own index for a foreign key: it goes as soon as another one begins with the columns.
OF_KEY = "foreign key"


def adds(kind: str) -> Callable[[State, Facts, object], None]:
    def add(schema: State, facts: Facts, batch: object) -> None:
        table = schema.table_of(facts["table"])
        name = facts.get("constraint")
        if name is not None and name.name:
            name = short(name)
            if name in table.constraints and made(facts):
                return
        else:
            name = None
        if not _is_there(schema, table, kind, facts, name):
            add_constraint(schema, table, kind, facts, name, batch)

    return add


def short(name: Name) -> Name:
    """A constraint's name without a schema, as the server keeps it: 63 bytes."""
    text = name.name
    if len(text) > names.LONGEST // 4 and len(text.encode()) > names.LONGEST:
        text = text.encode()[: names.LONGEST].decode(errors="ignore")
    return Name(text, "", name.sql)


def _is_there(schema: State, table: Table, kind: str, facts: Facts, name: Name | None) -> bool:
    """Whether the key is another word for one that the table has."""
    if kind not in ("primary_key", "unique"):
        return False
    if kind == "primary_key" and made(facts):
        return table.primary_key is not None
    if name is not None or not facts.get("inline") or schema.dialect != "postgres":
        return False
    # CREATE TABLE (a int PRIMARY KEY UNIQUE) makes one index.
    columns = tuple(facts.get("columns", ()))
    alike = involving(table, *columns)
    same = [c for c in alike if c.index is not None and c.columns == columns]
    if same and kind == "primary_key":
        schema.remove_constraint(same[0])
    return bool(same) and kind == "unique"


def add_constraint(
    schema: State, table: Table, kind: str, facts: Facts, name: Name | None, batch: object
) -> Constraint:
    using = facts.get("using_index")
    index = schema.index(Name(using.name, table.name.schema), table.name) if using else None
    if kind == "primary_key" and schema.dialect == "mysql":
        name = _PRIMARY
    elif name is None and index is not None:
        name = Name(index.name.name)
    constraint = Constraint(table, name or Name(""), kind, facts, batch)
    if index is not None:
        constraint.columns = index.columns
    if name is None:
        included = tuple(facts.get("include", ()))
        constraint.name = _given_name(schema, table, constraint, included)
    schema.add_constraint(constraint)
    if not constraint.valid and not facts.get("not_enforced"):
        schema.begun(constraint)
    if kind in _INDEXED:
        _give_index(schema, constraint, index, facts)
    elif kind == "foreign_key" and schema.dialect == "mysql":
        _index_foreign_key(schema, constraint)
    if kind in ("primary_key", "not_null"):
        for column in constraint.columns:
            if column in table.columns:
                table.columns[column].nullable = False
    return constraint


def _given_name(
    schema: State, table: Table, constraint: Constraint, included: tuple[Name, ...]
) -> Name:
    kind = constraint.kind
    if schema.dialect == "mysql":
        return Name(_mysql_name(schema, table, constraint))
    if schema.dialect == "sqlite":
        return Name(f"({kind} {len(table.constraints)})")  # it has none
    label = _LABELS[kind]
    if kind in _INDEXED:
        columns = () if kind == "primary_key" else constraint.columns + included
        return Name(schema.relation_name(table.name, columns, label).name)
    columns = _in_check(table, constraint) if kind == "check" else constraint.columns
    return schema.constraint_name(table.name, columns, label)


def _in_check(table: Table, constraint: Constraint) -> tuple[Name, ...]:
    """The column that a CHECK reads, where it reads one only: that one is in its name."""
    import re

    text = re.sub(r"'(?:[^']|'')*'", "''", constraint.expression)
    words = {
        Name(w[1:-1] if w[0] == '"' else w.lower())
        for w in re.findall(r'"[^"]+"|[^\W\d][\w$]*', text)
    }
    named = {word for word in words if word in table.columns or word in promised(table)}
    return tuple(named) if len(named) == 1 else ()


_promised: list[Any] = [(), frozenset()]


def promised(table: Table) -> Collection[Name]:
    """The columns of its CREATE TABLE; the last table's, which is asked again and again."""
    if _promised[0] is not table.promised:
        _promised[:] = table.promised, frozenset(table.promised)
    known: Collection[Name] = _promised[1]
    return known


def _mysql_name(schema: State, table: Table, constraint: Constraint) -> str:
    def taken(text: str) -> bool:
        return Name(text) in table.constraints or index_is_taken(table, text)

    if constraint.kind == "unique" and constraint.columns:
        return schema.numbered(table.name, constraint.columns[0].name, taken, "key")
    label = "ibfk" if constraint.kind == "foreign_key" else "chk"
    return schema.numbered(table.name, f"{table.name.name}_{label}", taken, label)


def index_is_taken(table: Table | View, text: str) -> bool:
    return Name(text) in table.indexes or Name(text, table.name.schema) in table.indexes


def _give_index(schema: State, constraint: Constraint, index: Index | None, facts: Facts) -> None:
    """The index that a key is; USING INDEX takes one that is there and gives it its name."""
    table = constraint.table
    name = Name(constraint.name.name, table.name.schema if schema.dialect != "mysql" else "")
    if index is None:
        shape = {**facts, "unique": constraint.kind != "exclusion", "keys": "", "where": ""}
        index = Index(name, table, shape, constraint.batch)
        index.columns = constraint.columns
        schema.add_index(index)
    elif index.name != name:
        schema.rename_index(index, name)
    index.constraint, constraint.index = constraint, index


def _index_foreign_key(schema: State, constraint: Constraint) -> None:
    """InnoDB makes an index on the referencing columns where none begins with them."""
    table, count = constraint.table, len(constraint.columns)
    alike = having(table, constraint.columns)
    if any(index.columns[:count] == constraint.columns for index in alike):
        return
    facts = {"columns": constraint.columns, "variety": OF_KEY}
    schema.add_index(Index(constraint.name, table, facts, constraint.batch))


def drop_constraint(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    if table is None:
        return
    constraint = table.constraints.get(short(facts["constraint"]))
    if constraint is None:
        table.whole = table.whole and gone(facts)
        return
    if facts.get("in_do"):
        table.whole = False
    drop_constraint_of(schema, constraint, facts.get("cascade", False))


def drop_constraint_of(schema: State, constraint: Constraint, cascade: bool) -> None:
    """CASCADE takes the foreign keys along that refer to the key."""
    schema.remove_constraint(constraint)
    if not cascade or constraint.kind not in ("primary_key", "unique"):
        return
    primary = constraint.kind == "primary_key"
    for other in [*schema.references_to(constraint.table.name)]:
        if other.references_columns == constraint.columns or (
            primary and not other.references_columns
        ):
            schema.remove_constraint(other)


def rename_constraint(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    constraint = table.constraints.get(short(facts["constraint"])) if table else None
    if table is None or constraint is None:
        return
    name = short(facts["new_name"])
    schema.rename_constraint(constraint, name)
    if constraint.index is not None:
        schema.rename_index(constraint.index, Name(name.name, table.name.schema))
    for inherited in parts_of(constraint):
        if inherited.index is None:
            schema.rename_constraint(inherited, name)


def validate(schema: State, facts: Facts, batch: object) -> None:
    table = schema.tables.get(facts["table"])
    constraint = table.constraints.get(short(facts["constraint"])) if table else None
    validated = [constraint] if constraint is not None else []
    for one in validated:
        one.valid = True
        validated += parts_of(one)
