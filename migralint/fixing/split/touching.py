"""Whether two statements may change places: what each of them concerns, read cautiously."""

from __future__ import annotations

from migralint.model import Name, Record
from migralint.sql.operations import operations
from migralint.sql.statements import split
from migralint.sql.tokens import NAME, WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from migralint.knowledge.schema import Index
    from migralint.model import Operation

    Indexes = Mapping[Name, Index]

DATA = frozenset(("insert", "update", "delete", "merge", "select", "copy"))
# These change nothing for a statement on the same table that shares no name with them.
APART = frozenset(
    (
        *("add_column", "drop_column", "alter_column_type", "set_default", "drop_default"),
        *(
            "rename_column",
            "set_not_null",
            "drop_not_null",
            "add_primary_key",
            "add_unique",
            "add_foreign_key",
        ),
        *("add_check", "add_exclusion", "add_not_null_constraint", "validate_constraint"),
        *("drop_constraint", "rename_constraint", "create_index", "drop_index", "rename_index"),
        *("reindex", "comment", "create_table", "create_type", "add_enum_value"),
        *("create_sequence", "create_extension", "insert", "update", "delete"),
    )
)
# Only beside these does it matter that two statements name the same column.
CHANGING = frozenset(
    (
        *("add_column", "drop_column", "rename_column", "alter_column_type", "set_default"),
        *("drop_default", "create_table", "insert", "update", "delete"),
    )
)
# They concern the session or mark a transaction, and stay where they are.
SESSION = frozenset(("set", "reset", "begin", "commit", "session"))
OBJECTS = ("index", "constraint", "type_name", "sequence", "view", "routine", "using_index")
COLUMNS = ("column", "columns", "new_name", "include")


class Touch(Record):
    """`tables` are those that are changed, `read` those that a key refers to; `columns` and
    `objects` the other names, `words` all names in the text, `keys` the (table, column) of new
    keys, `referred` the (table, column) that foreign keys need, "" for the primary key,
    `lost` the tables that may lose a key,
    `unknown`: an index whose columns nobody knows, `unnamed`: rows without names of columns."""

    kinds: frozenset[str]
    tables: frozenset[str]
    read: frozenset[str]
    columns: frozenset[str]
    objects: frozenset[str]
    words: frozenset[str]
    keys: frozenset[tuple[str, str]]
    referred: frozenset[tuple[str, str]]
    lost: frozenset[str]
    unknown: bool
    unnamed: bool


# A trigger of ours, its function and our checks concern nothing but the column that they are for.
OURS = frozenset(
    (
        *("create_trigger", "create_routine", "drop_trigger", "drop_routine"),
        *("drop_constraint", "drop_view"),
    )
)


NONE: Indexes = {}
# What takes an index along, or changes what it is of.
TAKES_INDEXES = frozenset(
    (
        *("drop_column", "drop_table", "alter_column_type", "rename_table", "rename_column"),
        *("drop_constraint", "drop_schema"),
    )
)


# What can go only when nothing hangs on it, and what lets go of such things.
NEEDS_NOBODY = frozenset(
    (
        *("drop_type", "drop_domain", "drop_routine", "drop_sequence", "drop_extension"),
        *("drop_view", "drop_schema", "drop_table", "drop_object", "drop_owned", "alter_type"),
        *("rename_type", "drop_constraint", "drop_index"),
    )
)
LETS_GO = frozenset(
    (
        *("drop_column", "alter_column_type", "set_default", "drop_default", "drop_table"),
        *("drop_view", "drop_constraint", "drop_index", "drop_trigger", "drop_policy"),
        *("drop_routine", "drop_type", "delete", "update", "detach_partition"),
    )
)


def of_sql(texts: Iterable[str], indexes: Indexes = NONE, ours: bool = False) -> Touch:
    """`ours`: statements that a recipe wrote."""
    made: list[Operation] = []
    whole = ";\n".join(texts)
    for statement in split(whole, "postgres"):
        made += operations(statement, "postgres")
    return of([o for o in made if not (ours and o.kind in OURS)], whole, indexes)


def of(made: Iterable[Operation], text: str, indexes: Indexes = NONE) -> Touch:
    """`indexes` are those that stand before, by name: of which table and columns they are."""
    found = list(made)
    dropped = [o.facts["index"] for o in found if o.kind in ("drop_index", "rename_index")]
    known = [indexes[name] for name in dropped if name in indexes]
    columns = {c.name for index in known for c in (*index.columns, *index.include)}
    return Touch(
        kinds=frozenset(o.kind for o in found),
        tables=frozenset(_names(found, ("table",))) | {index.table.name.name for index in known},
        read=frozenset(_names(found, ("references",))),
        columns=frozenset(_names(found, COLUMNS)) | columns,
        objects=frozenset(_names(found, OBJECTS)),
        words=frozenset(t.text for t in tokens(text, "postgres") if t.kind in (WORD, NAME)),
        keys=frozenset(pair for o in found if _is_key(o) for pair in _pairs(o, "table", "columns")),
        referred=frozenset(
            pair
            for o in found
            if o.kind == "add_foreign_key"
            for pair in _pairs(o, "references", "references_columns")
        ),
        lost=frozenset(
            (
                *(index.table.name.name for index in known if index.unique),
                *_names([o for o in found if o.kind == "drop_constraint"], ("table",)),
            )
        ),
        unknown=len(known) < len(dropped),
        unnamed=any(o.kind == "insert" and not o.facts.get("has_columns") for o in found),
    )


def _is_key(operation: Operation) -> bool:
    unique = operation.kind == "create_index" and operation.facts.get("unique")
    return bool(unique) or operation.kind in ("add_unique", "add_primary_key")


def _pairs(operation: Operation, table: str, columns: str) -> Iterator[tuple[str, str]]:
    own = list(_names([operation], (table,)))
    named = list(_names([operation], (columns,)))
    if operation.kind == "add_primary_key" or (operation.kind == "add_foreign_key" and not named):
        named.append("")
    return ((one, column) for one in own for column in named)


def _names(made: Iterable[Operation], facts: tuple[str, ...]) -> Iterator[str]:
    for operation in made:
        for fact in facts:
            yield from _of_fact(operation.facts.get(fact))


def _of_fact(value: Any) -> Iterator[str]:
    if isinstance(value, Name) and value.name:
        yield value.name
    elif isinstance(value, tuple):
        for item in value:
            yield from _of_fact(item)


def conflict(a: Touch, b: Touch) -> bool:
    """Whether the one must stay in front of the other; True unless they are known not to mind."""
    if a.kinds <= SESSION or b.kinds <= SESSION:
        return False
    if "unparsed" in a.kinds | b.kinds or "dynamic_sql" in a.kinds | b.kinds:
        return True
    if (a.unknown and b.kinds & TAKES_INDEXES) or (b.unknown and a.kinds & TAKES_INDEXES):
        return True
    if _keeps_a_key(a, b) or _keeps_a_key(b, a):
        return True
    if not a.tables & b.tables and (_frees(a, b) or _frees(b, a)):
        return True
    if a.objects & b.words or b.objects & a.words or a.keys & b.referred or b.keys & a.referred:
        return True
    if not _meet(a, b):
        return bool((a.read & b.tables and not b.kinds <= APART)
                    or (b.read & a.tables and not a.kinds <= APART))  # fmt: skip
    if not (a.kinds <= APART and b.kinds <= APART):
        return True
    if a.kinds & DATA and b.kinds & DATA:
        return True
    if (a.unnamed and "column" in " ".join(b.kinds)) or (
        b.unnamed and "column" in " ".join(a.kinds)
    ):
        return True
    changing = a.kinds & CHANGING or b.kinds & CHANGING
    return bool(changing and (a.columns & b.words or b.columns & a.words))


def _keeps_a_key(a: Touch, b: Touch) -> bool:
    """A new foreign key holds on to any key that it finds, to one that is to go, too; and a new
    key has to wait until the one before has gone."""
    keys = {table for table, _ in b.keys}
    return (bool(b.referred) and a.unknown) or bool(a.lost & (b.read | keys))


def _frees(a: Touch, b: Touch) -> bool:
    """What hangs on a type, a function, a key of another table, no statement says."""
    return bool(a.kinds & NEEDS_NOBODY and b.kinds & LETS_GO)


def _meet(a: Touch, b: Touch) -> bool:
    """They change one table, or the one reads (in a query, a body) what the other changes."""
    if a.tables & b.tables:
        return True
    own, other = _reads(a), _reads(b)
    return bool((own and b.tables & a.words) or (other and a.tables & b.words))


def _reads(touch: Touch) -> bool:
    return bool(touch.kinds & DATA) or not touch.kinds <= APART
