"""Walk through a folder to the migration that is meant, and back through its operations."""

from __future__ import annotations

from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline
from migralint.model import replace
from migralint.rollback.definitions import Definitions
from migralint.rollback.grades import At, Undo
from migralint.rollback.inverse import undo
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from migralint.config import Config
    from migralint.knowledge.timeline import View
    from migralint.model import Migration, Name, Operation

# These are asked after the operation: only then it is known which name the server gave.
_NAMED_BY_SERVER = frozenset(
    [
        "add_primary_key",
        "add_unique",
        "add_foreign_key",
        "add_check",
        "add_exclusion",
        "add_not_null_constraint",
        "create_index",
    ]
)


def way_back(config: Config, earlier: Sequence[Migration], migration: Migration) -> list[Undo]:
    """What takes the migration back, its last operation first."""
    # the folder's first migration begins with an empty database: what is not here is not there
    schema, known = Schema(migration.dialect, True), Definitions()
    again = Schema(migration.dialect, True)
    for other in earlier:
        for operation in _operations(other):
            schema.apply(operation, other.path)
            again.apply(operation, other.path)
            known.note(operation, schema)
    known.begun = known.changes
    made = _operations(migration)
    timeline = Timeline(migration, made, again, config, frozenset((migration.path,)))
    found = [_step(view, schema, known) for view in timeline.views]
    return list(_with_late_ones(found[::-1]))


def _with_late_ones(steps: list[Undo]) -> Iterator[Undo]:
    """What is late waits until the end, in its order."""
    yield from steps
    for step in steps:
        if step.late:
            yield replace(step, sql=step.late, late=())


def _operations(migration: Migration) -> list[Operation]:
    return [
        operation
        for statement in split(migration.text, migration.dialect, migration.forward)
        for operation in operations(statement, migration.dialect)
    ]


def _step(view: View, schema: Schema, known: Definitions) -> Undo:
    operation = view.operation
    after = operation.kind in _NAMED_BY_SERVER
    found = None if after else undo(At(view, schema, known))
    before, nullable = (_things(view, schema), _nullable(view, schema)) if after else (set(), ())
    schema.apply(operation, view.migration.path)
    known.note(operation, schema)
    if found is None:
        new = [t for t in _in_order(view, schema) if t not in before]
        found = undo(At(view, schema, known, tuple(new), nullable))
    return replace(
        found, operation=operation.kind, object=str(view.fact("object")), line=operation.line
    )


def _in_order(view: View, schema: Schema) -> list[Any]:
    """The constraints of the table, or its indexes."""
    name = view.operation.facts["table"]
    table: Any = schema.tables.get(name) or schema.views.get(name)
    if table is None:
        return []
    index = view.operation.kind == "create_index"
    return list((table.indexes if index else table.constraints).values())


def _things(view: View, schema: Schema) -> set[Any]:
    return set(_in_order(view, schema))


def _nullable(view: View, schema: Schema) -> tuple[Name, ...]:
    names: Sequence[Name] = view.operation.facts.get("columns", ())
    using = view.operation.facts.get("using_index")
    index = schema.index(using, view.operation.facts["table"]) if using and using.name else None
    found = [
        schema.column(view.operation.facts["table"], n) for n in (index.columns if index else names)
    ]
    return tuple(column.name for column in found if column is not None and column.nullable)
