"""The tables as they will stand when a pending statement runs, seen from the data of today.

Each table is followed through the pending operations: a column that is added without a value is
NULL, one that is renamed keeps its rows. What changes the data itself leaves a doubt: a query of
today cannot decide what depends on it.
"""

from __future__ import annotations

from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.knowledge.schema import Schema
    from migralint.model import Operation

    # columns, the table referred to, its columns (none: its key)
    Reference = tuple[tuple[Name, ...], Name, tuple[Name, ...]]


class Standing:
    """One table. `source` is what its rows are read from today, "" where it has none yet.

    `columns` maps each column to the SQL that gives its value on `source` (None: cannot be told
    today), `types` to its type; `distinct` are those that a sequence fills, `key` those of the
    primary key as it is today. `changed`: the columns are not those of today.
    Earlier statements: `updates` are (columns, place), no columns meaning all, `inserts` and
    `removals` places. `references` are the foreign keys that hold, by name; `released` those that
    did until they were dropped, with the number of changes to both tables then. `filled` are the
    columns in which an UPDATE left no NULL, with what `written` said then; `recast` those whose
    values an earlier change of type may have rounded or cut, with its place.
    """

    __slots__ = (
        "changed", "columns", "constraints", "distinct", "filled", "indexes", "inserts", "key",
        "recast", "references", "released", "removals", "required", "source", "types", "updates",
    )  # fmt: skip

    def __init__(self, source: str) -> None:
        self.source = source
        self.columns: dict[Name, str | None] = {}
        self.types: dict[Name, str] = {}
        self.required: set[Name] = set()
        self.distinct: set[Name] = set()
        self.filled: dict[Name, int] = {}
        self.recast: dict[Name, str] = {}
        self.key: tuple[Name, ...] = ()
        self.constraints: set[str] = set()
        self.indexes: dict[str, tuple[Name, ...]] = {}
        self.changed = False
        self.updates: list[tuple[frozenset[Name], str]] = []
        self.inserts: list[str] = []
        self.removals: list[str] = []
        self.references: dict[str, Reference] = {}
        self.released: dict[Reference, tuple[int, int]] = {}

    @property
    def is_empty(self) -> bool:
        """Made by a pending statement, and nothing has been written into it."""
        return not self.source and not self.updates and not self.inserts

    @property
    def changes(self) -> int:
        """How many earlier statements have changed its rows."""
        return len(self.updates) + len(self.inserts) + len(self.removals)

    def written(self, column: Name) -> int:
        """How many earlier statements have written into the column."""
        updates = [touched for touched, _ in self.updates if not touched or column in touched]
        return len(updates) + len(self.inserts)

    def updated(self, columns: Iterable[Name]) -> str:
        """The first earlier statement that changes what is in these columns, "" for none."""
        wanted = frozenset(columns)
        for touched, place in self.updates:
            if not touched or not wanted or touched & wanted:
                return place
        return ""

    def relation(self, columns: Iterable[Name]) -> str:
        """What stands behind FROM: the table, or a query that gives its columns as they will be.

        Where these `columns` are today what they will be, it is the table.
        """
        if not self.changed or all(self._is_plain(name) for name in columns):
            return self.source
        shown = [
            f"{value} AS {name.sql}" for name, value in self.columns.items() if value is not None
        ]
        source = f"{self.source} AS made" if self.source.startswith("(") else self.source
        return f"(SELECT {', '.join(shown)} FROM {source})"

    def _is_plain(self, name: Name) -> bool:
        value = self.columns.get(name)
        return value is not None and value.strip('"`') == name.name

    def untold(self, columns: Iterable[Name]) -> bool:
        """Whether one of the columns will have values that today's data does not tell."""
        return any(self.columns.get(name, "") is None for name in columns)

    def touch(self, place: str, columns: Iterable[Name] = ()) -> None:
        self.updates.append((frozenset(columns), place))


def of_schema(schema: Schema) -> dict[Name, Standing]:
    """The tables of the live schema."""
    found = {}
    for table in schema.tables.values():
        standing = Standing(table.name.sql)
        for column in table.columns.values():
            standing.columns[column.name] = column.name.sql
            standing.types[column.name] = column.type
            if not column.nullable:
                standing.required.add(column.name)
        key = table.primary_key
        standing.key = key.columns if key else ()
        standing.references = {
            c.name.name: (c.columns, c.references, c.references_columns)
            for c in table.constraints.values()
            if c.kind == "foreign_key" and c.valid and c.references is not None
        }
        standing.constraints = {name.name for name in table.constraints}
        standing.indexes = {name.name: index.columns for name, index in table.indexes.items()}
        found[table.name] = standing
    return found


def enums_of(schema: Schema) -> dict[Name, list[str]]:
    return {name: list(own.values) for name, own in schema.types.items() if own.variety == "enum"}


class Moment:
    """Where the walk through the pending operations stands. `anywhere` is the place of an earlier
    statement that may have changed any table (a procedure, dynamic SQL), "" for none.
    `partitioned` tells (strategy, keys, default partition) of the tables that are."""

    def __init__(self, schema: Schema, version: int, dialect: str) -> None:
        self.dialect = dialect
        self.version = version
        self.tables = of_schema(schema)
        self.enums = enums_of(schema)
        self.referring = {
            name: [c.table.name for c in schema.references_to(name)] for name in schema.tables
        }
        self.not_valid: dict[tuple[Name, str], Operation] = {}
        self.partitioned: dict[Name, tuple[str, list[str], Name | None]] = {}
        self.anywhere = ""

    def table(self, name: Name) -> Standing:
        """A table that nobody has told of is asked under the name that the statement gives it."""
        if name not in self.tables:
            self.tables[name] = Standing(name.sql)
        return self.tables[name]

    def enum(self, text: str) -> list[str] | None:
        """The labels of the enum that a type text names, an array of it too."""
        from migralint.knowledge import types

        read = types.read(text)
        if read is UNKNOWN or read.builtin:
            return None
        schema, _, name = read.name.rpartition(".")
        return self.enums.get(Name(name, "" if schema == "public" else schema))
