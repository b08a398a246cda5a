"""What a schema holds: tables with their columns, constraints and indexes, views, types.

`batch` is the path of the migration that made a thing, None for what was there before. These are
not frozen: the replay changes them, and nothing but the replay may.
"""

from __future__ import annotations

from sys import intern

from migralint.knowledge.schema.lookup import EXPRESSION, of_kind
from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Column:
    """`filled` once an UPDATE or a default gave it values; `own` is a type of the project's own."""

    __slots__ = (
        "auto_increment", "batch", "charset", "default", "filled", "generated", "name", "nullable",
        "own", "sequence", "type",
    )  # fmt: skip

    def __init__(self, name: Name, facts: Mapping[str, Any], batch: object) -> None:
        get = facts.get
        self.name = name
        self.type: str = intern(get("type", ""))
        self.nullable: bool = get("nullable", True)
        self.default: str = get("default", "")
        self.generated: str = "identity" if get("identity") else get("generated", "")
        self.auto_increment: bool = get("auto_increment", False)
        self.charset: str = get("charset", "")
        self.batch = batch
        self.filled: bool = bool(self.default and self.default.lower() != "null") or get(
            "serial", False
        )
        self.own: OwnType | None = None
        self.sequence: Name | None = None


class Constraint:
    """`kind` is the operation's, without "add_"; `valid` is false until NOT VALID is validated.

    `parent` is the constraint of a partitioned table that made this one on the partition.
    """

    __slots__ = (
        "batch", "columns", "expression", "index", "kind", "name", "no_inherit", "on_delete",
        "parent", "references", "references_columns", "table", "valid",
    )  # fmt: skip

    def __init__(
        self, table: Table, name: Name, kind: str, facts: Mapping[str, Any], batch: object
    ) -> None:
        get = facts.get
        self.table = table
        self.name = name
        self.kind = kind
        self.columns: tuple[Name, ...] = tuple(get("columns", ()))
        self.expression: str = get("expression", "")
        self.references: Name | None = get("references")
        self.references_columns: tuple[Name, ...] = tuple(get("references_columns", ()))
        self.on_delete: str = get("on_delete", "")
        self.valid = not get("not_valid", False)
        self.no_inherit: bool = get("no_inherit", False)
        self.index: Index | None = None
        self.parent: Constraint | None = None
        self.batch = batch

    def about(self) -> tuple[tuple[Name, ...], str, str]:
        """The columns, the condition that may mention more, the kind."""
        return self.columns, self.expression, self.kind

    def unfinished(self) -> str:
        """What is left to do, in words; "" if it is done or gone."""
        if self.valid or self.table.constraints.get(self.name) is not self:
            return ""
        return f"constraint {self.name} of {self.table.name} is still NOT VALID"


class Index:
    """`keys` as written between the brackets; `constraint` is the one that made it, if any."""

    __slots__ = (
        "batch", "columns", "constraint", "include", "keys", "method", "name", "parent", "table",
        "unique", "variety", "where",
    )  # fmt: skip

    def __init__(
        self, name: Name, table: Table | View, facts: Mapping[str, Any], batch: object
    ) -> None:
        get = facts.get
        self.name = name
        self.table = table
        self.columns: tuple[Name, ...] = tuple(get("columns", ()))
        self.keys: str = get("keys", "")
        self.include: tuple[Name, ...] = tuple(get("include", ()))
        self.unique: bool = get("unique", False)
        self.method: str = get("method", "")
        self.where: str = get("where", "")
        self.variety: str = get("variety", "")
        self.constraint: Constraint | None = None
        self.parent: Index | None = None
        self.batch = batch

    @property
    def has_expression(self) -> bool:
        return any(column.name == EXPRESSION for column in self.columns)

    def about(self) -> tuple[tuple[Name, ...], str, str]:
        """The columns, what may mention more (the condition, expressions), the name in any case."""
        texts = f"{self.where} {self.keys}" if self.has_expression else self.where
        return (*self.columns, *self.include), texts, self.name.name.lower()

    def reads(self, column: Name) -> bool:
        """Whether it goes when the column does: a key, an included column, in an expression."""
        if column in self.columns or column in self.include:
            return True
        if self.where and mentions(self.where, column.name):
            return True
        return self.has_expression and mentions(self.keys, column.name)


def mentions(text: str, name: str) -> bool:
    """Whether the name stands there in any case, and not as a part of a longer one."""
    text, name = text.lower(), name.lower()
    at = text.find(name)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(name) : at + len(name) + 1]
        if not any(c.isalnum() or c in "_$" for c in around):
            return True
        at = text.find(name, at + 1)
    return False


class Table:
    """`whole` where its CREATE TABLE was seen: only then a column that is not here does not exist.

    `promised` are the columns of the CREATE TABLE, before the replay has come to each of them;
    `indexes_by` and `constraints_by` have them by what they are about (see lookup.py).
    """

    __slots__ = (
        "batch", "children", "columns", "constraints", "constraints_by", "default_partition",
        "indexes", "indexes_by", "name", "of_type", "options", "parents", "partition",
        "partitioned", "policies", "promised", "row_security", "temporary", "triggers", "unlogged",
        "whole",
    )  # fmt: skip

    def __init__(self, name: Name, batch: object, facts: Mapping[str, Any], whole: bool) -> None:
        get = facts.get
        self.name = name
        self.batch = batch
        self.options: str = get("options", "")
        self.of_type: Name | None = get("of_type")
        self.columns: dict[Name, Column] = {}
        self.constraints: dict[Name, Constraint] = {}
        self.constraints_by: dict[str, dict[Constraint, None]] | None = None
        self.indexes: dict[Name, Index] = {}
        self.indexes_by: dict[str, dict[Index, None]] | None = None
        self.temporary: bool = get("temporary", False)
        self.unlogged: bool = get("unlogged", False)
        self.partitioned: bool = get("partitioned", False)
        self.partition = False
        self.default_partition: Table | None = None
        self.parents: dict[Table, None] = {}
        self.children: dict[Table, None] = {}
        self.policies: dict[Name, None] = {}
        self.triggers: dict[Name, tuple[bool, object]] = {}
        self.row_security = False
        self.promised: tuple[Name, ...] = tuple(get("columns", ()))
        self.whole = whole

    @property
    def primary_key(self) -> Constraint | None:
        return next(iter(of_kind(self, "primary_key")), None)


class Disabled:
    """A trigger that was switched off."""

    __slots__ = ("table", "trigger")

    def __init__(self, table: Table, trigger: Name) -> None:
        self.table = table
        self.trigger = trigger

    def unfinished(self) -> str:
        enabled = self.table.triggers.get(self.trigger, (True, None))[0]
        return "" if enabled else f"trigger {self.trigger} of {self.table.name} is still disabled"


class Expanded:
    """A column that was copied into a new one, which is to take its place."""

    __slots__ = ("new", "old", "table")

    def __init__(self, table: Table, old: Column, new: Column) -> None:
        self.table = table
        self.old = old
        self.new = new

    def unfinished(self) -> str:
        columns = self.table.columns.values()
        if self.old not in columns or self.new not in columns:
            return ""
        return f"{self.table.name} still has {self.old.name}, which was copied into {self.new.name}"


class View:
    """A view or materialized view; what its query names is worked out when somebody asks."""

    __slots__ = ("_words", "batch", "indexes", "indexes_by", "materialized", "name", "query")

    def __init__(self, name: Name, facts: Mapping[str, Any], batch: object) -> None:
        self.name = name
        self.query: str = facts.get("query", "")
        self.materialized: bool = facts.get("materialized", False)
        self.indexes: dict[Name, Index] = {}
        self.indexes_by: dict[str, dict[Index, None]] | None = None
        self.batch = batch
        self._words: frozenset[str] | None = None

    children: Mapping[Any, None] = {}

    @property
    def text(self) -> str:
        """The query on one line, in lower case but for quoted names, without its strings."""
        return _read(self.query)[0]

    def joins(self, name: str) -> bool:
        """Whether the name surely stands behind FROM or JOIN; most queries lack it altogether."""
        return name in self.words and name in self.relations

    @property
    def relations(self) -> list[str]:
        """What surely stands behind FROM or JOIN; a list with commas gives its first name only."""
        return _read(self.query)[1]

    @property
    def words(self) -> frozenset[str]:
        """The names in the query, folded as PostgreSQL folds them."""
        if self._words is None:
            import re

            text = self.text
            quoted = re.findall(r'"((?:[^"]|"")+)"', text)
            bare = re.findall(r"[^\W\d][\w$]*", re.sub(r'"(?:[^"]|"")+"', " ", text).lower())
            self._words = frozenset((*quoted, *bare))
        return self._words


_last_read: list[Any] = ["", "", []]  # a long query is asked for each of its many columns


def _read(query: str) -> tuple[str, list[str]]:
    if _last_read[0] is not query:
        import re

        line = " ".join(re.sub(r"'(?:[^']|'')*'", "''", query).split())
        text = "".join(p if p[:1] == '"' else p.lower() for p in re.split(r'("[^"]*")', line))
        found = re.findall(r'\b(?:from|join) (?:only )?(?:[\w$]+\.)?("[^"]+"|[\w$]+)', text)
        _last_read[:] = query, text, [name.strip('"') for name in found]
    return _last_read[1], _last_read[2]


class OwnType:
    """A type or domain of the project's own; `values` of an enum in their order.

    `variety` is enum, composite, range, "constrained domain" or "domain TYPE". `columns` are those
    of the type, arrays of it too, each with its table.
    """

    __slots__ = ("batch", "columns", "name", "values", "variety")

    def __init__(self, name: Name, variety: str, values: list[str], batch: object) -> None:
        self.name = name
        self.variety = variety
        self.values = values
        self.batch = batch
        self.columns: dict[Column, Table] = {}
