"""Whether two texts of a migration do the same: what each fix has to prove before it is written."""

from __future__ import annotations

from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Migration, Operation

# what the wording of a fix says; all other facts stay
GUARDS = frozenset(("if_exists", "if_not_exists"))


def same(before: Migration, after: Migration) -> bool:
    """The same statements with the same operations and facts, but for their guards."""
    return _seen(before) == _seen(after)


def _seen(migration: Migration) -> list[list[tuple[str, dict[str, Any]]]]:
    statements = split(migration.text, migration.dialect, migration.forward)
    return [
        [(operation.kind, _facts(operation)) for operation in operations(s, migration.dialect)]
        for s in statements
    ]


def _facts(operation: Operation) -> dict[str, Any]:
    """Without where a body begins; the body of a DO block is judged by the operations in it."""
    left_out = GUARDS | {"body_at"} | ({"body"} if operation.kind == "do_block" else frozenset())
    return {name: value for name, value in operation.facts.items() if name not in left_out}
