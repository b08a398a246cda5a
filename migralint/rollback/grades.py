"""How well a step of a migration can be taken back.

lossless: schema and rows of before come back (what was written since may go). lossy: something
that was there before does not come back. impossible: there is no way back in SQL.
"""

from __future__ import annotations

from migralint.model import UNKNOWN, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.knowledge.schema import Schema
    from migralint.knowledge.timeline import View
    from migralint.model import Name
    from migralint.rollback.definitions import Definitions

LOSSLESS, LOSSY, IMPOSSIBLE = "lossless", "lossy", "impossible"
GRADES = (LOSSLESS, LOSSY, IMPOSSIBLE)


class Undo(Record):
    """The way back from one operation. `sql`: statements without their semicolons. `late`: those
    that come after all other steps, because what they read must be again what it was."""

    grade: str
    sql: tuple[str, ...] = ()
    reason: str = ""
    operation: str = ""
    object: str = ""
    line: int = 0
    late: tuple[str, ...] = ()


class At(Record):
    """One operation where it stands: `schema` and `known` are those of the moment before it.

    For what makes a constraint or an index, `schema` is that of the moment after it, `made` what it
    made, and `nullable` are the columns that could be NULL before.
    """

    view: View
    schema: Schema
    known: Definitions
    made: tuple[Any, ...] = ()
    nullable: tuple[Name, ...] = ()

    @property
    def dialect(self) -> str:
        return self.view.migration.dialect

    def __getitem__(self, fact: str) -> Any:
        """The value of a fact, None where it is not known."""
        value = self.view.fact(fact)
        return None if value is UNKNOWN else value


def lossless(*sql: str, reason: str = "") -> Undo:
    return Undo(LOSSLESS, sql, reason)


def lossy(*sql: str, reason: str) -> Undo:
    return Undo(LOSSY, sql, reason)


def impossible(reason: str) -> Undo:
    return Undo(IMPOSSIBLE, (), reason)


NOTHING = lossless(reason="nothing to take back")
