"""The schema as it stands: names -> what they are, and how much of it is known.

What the migrations do not say (a table that was made before the folder begins, dynamic SQL) is not
in here. `certain` tells where absence means something: nothing unknown is taken for missing.
"""

from __future__ import annotations

from migralint.knowledge.schema import names
from migralint.knowledge.schema.lookup import called, enlist, parts_of, parts_of_index, strike
from migralint.knowledge.schema.objects import (
    Column,
    Constraint,
    Disabled,
    Expanded,
    Index,
    OwnType,
    Table,
    View,
)
from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Any

    from migralint.model import Statement, Unknown

# A folder that begins in the middle of a database's life uses older tables sooner than this.
_ENOUGH = 3
# What every database has, whoever made the folder.
_SYSTEM = ("pg_catalog", "information_schema", "pg_toast", "mysql", "performance_schema", "sys")


class State:
    """One database's schema. `batch` is the migration that is replayed, `number` counts them.

    `open_schemas` are those of which something was used that no migration made; `doubtful` names
    may be there still, because a condition decided; `gaps` say what could not be read.
    `complete`: the folder's tool sees to it that the migrations make the whole schema. Without that
    word `proofs` count the migrations that used what earlier ones had made, and nothing else.
    """

    def __init__(self, dialect: str = "postgres", complete: bool = False) -> None:
        self.dialect = dialect
        self.complete = complete
        self.proofs = 0
        self.tables: dict[Name, Table] = {}
        self.views: dict[Name, View] = {}
        self.views_by: dict[str, dict[View, int]] | None = None  # see lookup.py
        self.indexes: dict[Name, Index] = {}  # not in MySQL, where a table has its own
        self.sequences: dict[Name, Column | None] = {}
        self.types: dict[Name, OwnType] = {}
        self.generating: dict[Table, None] = {}  # the tables that have had generated columns
        self.typed: dict[Name, dict[Table, None]] = {}  # the tables OF a type
        self.referring: dict[Name, dict[Constraint, None]] = {}
        self.constraint_names: dict[Name, int] = {}
        self.taken: dict[tuple[str, ...], int] = {}  # the numbers below are, of what has no name
        self.gaps: list[str] = []
        self.spaces: dict[str, set[str]] = {}  # the other schemas that have had one of the name
        self.open_schemas: set[str] = set()
        self.doubtful: set[Name] = set()
        self.made_in: dict[str, int] = {}  # schema -> the number of the migration that began it
        self.altering_routines: set[str] = set()
        self.temporary: list[Table] = []
        self.unfinished: dict[int, list[Constraint | Disabled | Expanded]] = {}  # since when
        self.batch: object = None
        self.proven: object = None  # the last migration that counted among the proofs
        self.number = 0
        self.numbers: dict[object, int] = {}
        self.statement: Statement | None = None
        self.skipped: tuple[Statement | None, Name | None] = (None, None)
        self._read_types: dict[str, Name | None] = {}

    # looking up

    def column(self, table: Name, column: Name) -> Column | None:
        known = self.tables.get(table)
        return known.columns.get(column) if known else None

    def index(self, name: Name, table: Name | None = None) -> Index | None:
        """By its name; MySQL's with the table."""
        if self.dialect != "mysql":
            return self.indexes.get(name)
        known = self.tables.get(table) if table is not None else None
        if known is None:
            return None
        return known.indexes.get(name) or called(known, name.name)

    def table_of(self, name: Name) -> Table:
        """The table, made known (not whole) where no CREATE TABLE was seen."""
        known = self.tables.get(name)
        if known is None:
            known = Table(name, None, {}, whole=False)
            if "{{" not in name.name:
                self.tables[name] = known
                self.place(name)
        return known

    def own_type(self, text: str) -> OwnType | None:
        """The project's own type that a type text names, an array of it too."""
        if text not in self._read_types:
            self._read_types[text] = _own_name(text)
        name = self._read_types[text]
        return self.types.get(name) if name is not None else None

    def references_to(self, table: Name) -> Collection[Constraint]:
        """The foreign keys of any table that refer to this one."""
        return self.referring.get(table, ())

    def has_relation(self, name: Name) -> bool:
        return (
            name in self.tables
            or name in self.indexes
            or name in self.views
            or name in self.sequences
        )

    def is_later(self, batch: object, other: object) -> bool:
        """Whether the one migration is known to come after the other."""
        numbers = self.numbers
        return batch in numbers and other in numbers and numbers[batch] > numbers[other]

    def certain(self, table: Table | None) -> bool:
        """Whether what is not found in the table (or anywhere, for None) does not exist."""
        return not self.gaps and (table is None or table.whole)

    def absent(self, table: Table | None) -> bool | Unknown:
        """The value of a fact whose thing was not found: False, or UNKNOWN."""
        return False if self.certain(table) else UNKNOWN

    @property
    def proven_whole(self) -> bool:
        """Whether the migrations seem to be all there are: their tool or their sense says so."""
        return self.complete or self.proofs >= _ENOUGH

    def missing(self, name: Name) -> bool:
        """Whether the table surely does not exist: all that made its schema was seen."""
        if self.gaps or not name.name or "{{" in name.sql or name.schema.lower() in _SYSTEM:
            return False
        if name.schema in self.open_schemas or name in self.doubtful:
            return False
        if not self.proven_whole:
            return False
        begun = self.made_in.get(name.schema)
        if (
            begun is None
            or begun >= self.number
            or name.name.lower().startswith(("pg_", "sqlite_"))
        ):
            return False
        if self.dialect == "mysql" and _in_any_case(name, self.tables):
            return False
        return not self.has_relation(name)

    def namesakes(self, name: str) -> Iterator[Name]:
        """What a table or view that is called so may be: one of each schema that has had one."""
        yield Name(name)
        for space in self.spaces.get(name, ()):
            yield Name(name, space)

    # changing

    def place(self, name: Name) -> None:
        """There is a table or view of this name now."""
        if name.schema:
            self.spaces.setdefault(name.name, set()).add(name.schema)

    def gap(self, reason: str) -> None:
        """Something happened that could not be read: from now on nothing is surely missing."""
        if reason not in self.gaps:
            self.gaps.append(reason)

    def begun(self, thing: Constraint | Disabled | Expanded) -> None:
        """A change of several steps, of which this migration makes the first."""
        self.unfinished.setdefault(self.number, []).append(thing)

    def add_table(self, table: Table) -> None:
        self.tables[table.name] = table
        self.place(table.name)
        self.made_in.setdefault(table.name.schema, self.number)
        self.doubtful.discard(table.name)

    def add_column(self, table: Table, column: Column) -> None:
        table.columns[column.name] = column
        if column.generated in ("stored", "virtual"):
            self.generating[table] = None
        own = self.own_type(column.type) if self.types else None
        if own is not None:
            column.own = own
            own.columns[column] = table

    def forget_column(self, column: Column) -> None:
        if column.own is not None:
            column.own.columns.pop(column, None)
        if column.sequence is not None:
            self.freed()
            self.sequences.pop(column.sequence, None)

    def add_index(self, index: Index) -> None:
        former = index.table.indexes.get(index.name)
        if former is not None:
            strike(index.table.indexes_by, former)
        index.table.indexes[index.name] = index
        enlist(index.table.indexes_by, index)
        if self.dialect != "mysql":
            self.indexes[index.name] = index

    def remove_index(self, index: Index) -> None:
        """With those that it has made on partitions."""
        gone = [index]
        for one in gone:
            self.freed()
            strike(one.table.indexes_by, one)
            one.table.indexes.pop(one.name, None)
            if self.indexes.get(one.name) is one:
                del self.indexes[one.name]
            gone += parts_of_index(one)

    def rename_index(self, index: Index, name: Name) -> None:
        self.freed()
        strike(index.table.indexes_by, index)
        index.table.indexes.pop(index.name, None)
        self.indexes.pop(index.name, None)
        index.name = name
        self.add_index(index)

    def add_constraint(self, constraint: Constraint) -> None:
        table = constraint.table
        former = table.constraints.get(constraint.name)
        if former is not None:
            strike(table.constraints_by, former)
        table.constraints[constraint.name] = constraint
        enlist(table.constraints_by, constraint)
        self._count(constraint, 1)
        if constraint.references is not None:
            self.referring.setdefault(constraint.references, {})[constraint] = None

    def remove_constraint(self, constraint: Constraint) -> None:
        """With those that it has made on partitions and heirs."""
        gone = [constraint]
        for one in gone:
            table = one.table
            if table.constraints.get(one.name) is one:
                del table.constraints[one.name]
                strike(table.constraints_by, one)
                self._count(one, -1)
            if one.references is not None:
                self.referring.get(one.references, {}).pop(one, None)
            if one.index is not None:
                self.remove_index(one.index)
            gone += parts_of(one)

    def rename_constraint(self, constraint: Constraint, name: Name) -> None:
        table = constraint.table
        table.constraints.pop(constraint.name, None)
        strike(table.constraints_by, constraint)
        self._count(constraint, -1)
        constraint.name = name
        table.constraints[name] = constraint
        enlist(table.constraints_by, constraint)
        self._count(constraint, 1)

    def _count(self, constraint: Constraint, by: int) -> None:
        if by < 0:
            self.freed()
        key = Name(constraint.name.name, constraint.table.name.schema)
        self.constraint_names[key] = self.constraint_names.get(key, 0) + by

    # names that the server gives

    def relation_name(self, table: Name, columns: tuple[Name, ...], label: str) -> Name:
        """For an index, a key or a sequence: PostgreSQL keeps them apart from all relations."""

        def taken(text: str) -> bool:
            name = Name(text, table.schema)
            return self.has_relation(name) or self.constraint_names.get(name, 0) > 0

        return Name(self._free(table, columns, label, taken), table.schema)

    def constraint_name(self, table: Name, columns: tuple[Name, ...], label: str) -> Name:
        def taken(text: str) -> bool:
            return self.constraint_names.get(Name(text, table.schema), 0) > 0

        return Name(self._free(table, columns, label, taken))

    def _free(
        self, table: Name, columns: tuple[Name, ...], label: str, taken: Callable[[str], bool]
    ) -> str:
        middle = names.of_columns(columns)
        tried = (table.schema, table.name, middle, label)
        name, number = names.free(table.name, middle, label, taken, self.taken.get(tried, 0))
        if number:
            self.taken[tried] = number
        return name

    def numbered(self, table: Name, word: str, taken: Callable[[str], bool], label: str) -> str:
        """MySQL's: a, a_2, a_3 for an index; t_ibfk_1, t_ibfk_2 for a foreign key."""
        tried = (table.schema, table.name, word, label)
        number = self.taken.get(tried, 1)
        bare = label not in ("ibfk", "chk")
        while taken(name := word if bare and number == 1 else f"{word}_{number}"):
            number += 1
        self.taken[tried] = number
        return name

    def freed(self) -> None:
        """A name is free again: it may be the first one to be tried."""
        self.taken.clear()


def _in_any_case(name: Name, tables: Iterable[Name]) -> bool:
    """Whether a MySQL server on Windows or macOS, or one that is told to, would find the table."""
    return any(known.name.lower() == name.name.lower() for known in tables)


def _own_name(text: str) -> Name | None:
    """The name in a type text where it is none of the server's own types."""
    from migralint.knowledge import types

    read = types.read(text)
    if read is UNKNOWN or read.builtin:
        return None
    schema, _, name = read.name.rpartition(".")
    return Name(name, schema)


def made(facts: Mapping[str, Any]) -> bool:
    """Whether the statement may find what it makes in place already."""
    return bool(facts.get("if_not_exists") or facts.get("guarded"))


def gone(facts: Mapping[str, Any]) -> bool:
    """Whether the statement may find what it drops or changes gone already."""
    return bool(facts.get("if_exists") or facts.get("guarded") or facts.get("in_do"))
