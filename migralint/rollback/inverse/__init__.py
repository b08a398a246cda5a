"""Kind of operation -> the way back from it. A kind that is in none of the tables has none."""

from __future__ import annotations

from migralint.rollback.grades import NOTHING, At, Undo, impossible
from migralint.rollback.inverse import columns, indexes, keys, objects, others, tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INVERSE: dict[str, Callable[[At], Undo]] = {
    **tables.INVERSE,
    **columns.INVERSE,
    **keys.INVERSE,
    **indexes.INVERSE,
    **objects.INVERSE,
    **others.INVERSE,
}


def undo(at: At) -> Undo:
    operation = at.view.operation
    facts = operation.facts
    if facts.get("in_routine") or at["idle"] is True:
        return NOTHING
    if facts.get("in_do") and (facts.get("guarded") or facts.get("in_loop")):
        return impossible("inside of a DO block: whether it ran is not known")
    inverse = INVERSE.get(operation.kind)
    return inverse(at) if inverse else impossible(f"{operation.kind}: no way back is known")
