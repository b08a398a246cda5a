"""What a recipe is given, and what it answers: which words go, which statements come later."""

from __future__ import annotations

from migralint.knowledge.facts import server_version
from migralint.model import UNKNOWN, Edit, Name, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.knowledge.schema import Constraint, Schema, Table
    from migralint.knowledge.timeline import View
    from migralint.model import Finding, Operation

    Recipe = Callable[["Found"], "Change | str"]

# What a statement of a later step is, in the order in which steps are made of those that are ready:
# may share a transaction; alone and outside of one; commits batches, so alone and outside of one;
# reads a table under a weak lock, with others of its kind; waits for a release of the code.
WAYS = ("together", "alone", "batches", "validate", "contract")


class Piece(Record):
    """Statements of a later step. `word` names the step, `why` is the comment above it.

    `like` is SQL that says which tables and columns are concerned, where `sql` hides it (a DO).
    `atomic`: the statements must be committed together.
    """

    way: str
    sql: tuple[str, ...]
    word: str
    why: str = ""
    like: str = ""
    atomic: bool = False


class Change(Record):
    """What becomes of the action of a finding: `gone`, or edited in place; `before` and `here` are
    statements around its own in the same file; `later` are the steps that follow, in order.

    `atomic`: the statement and what is `here` must be committed together.
    """

    edits: tuple[Edit, ...] = ()
    gone: bool = False
    before: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    later: tuple[Piece, ...] = ()
    atomic: bool = False


class Found(Record):
    """A finding where it stands. `before` is the schema in front of the migration."""

    finding: Finding
    view: View
    before: Schema

    @property
    def operation(self) -> Operation:
        return self.view.operation

    @property
    def version(self) -> int:
        return server_version(self.view)

    @property
    def schema(self) -> Schema:
        """As it is behind the migration."""
        return self.view.timeline.schema

    @property
    def table(self) -> str:
        return str(self.view.fact("table"))

    @property
    def column(self) -> str:
        return str(self.view.fact("column"))

    @property
    def text(self) -> str:
        """The action as written."""
        own = self.operation.statement
        return own.text[self.operation.start - own.start : self.operation.end - own.start]

    @property
    def known_table(self) -> Table | None:
        """The table as it is in front of the migration, where a migration made it."""
        return self.before.tables.get(self.view.fact("table"))


def key_of(found: Found) -> str:
    """The column whose ranges a backfill can take: a primary key of one column, "" for none."""
    table = found.known_table
    key = table.primary_key if table else None
    return str(key.columns[0]) if key and len(key.columns) == 1 else ""


def partitioned(found: Found) -> bool:
    """Surely a partitioned table, or one with heirs."""
    table = found.known_table
    return found.view.fact("partitioned_table") is True or bool(table and table.children)


def constraint_of(found: Found) -> tuple[str, bool]:
    """The constraint's name, and whether it is written in the statement; the server's otherwise."""
    named = found.view.fact("constraint")
    if named is not UNKNOWN and named.name:
        return str(named), True
    made = _made(found)
    return (_sql(made.name) if made else ""), False


def _made(found: Found) -> Constraint | None:
    """The constraint that the replay has made of the operation."""
    table = found.schema.tables.get(found.view.fact("table"))
    kind = found.operation.kind.removeprefix("add_")
    facts = found.operation.facts
    own = [
        constraint
        for constraint in (table.constraints.values() if table else ())
        if constraint.kind == kind
        and constraint.batch == found.view.migration.path
        and (not facts.get("columns") or constraint.columns == tuple(facts["columns"]))
        and constraint.expression == facts.get("expression", "")
    ]
    return own[0] if len(own) == 1 else None


def _sql(name: Name) -> str:
    from migralint.knowledge.advice import quoted

    return quoted(name.name, "postgres")


def quoted(text: str) -> str:
    from migralint.knowledge.advice import quoted as quote

    return quote(text[:63], "postgres")


def cut(found: Found, start: int, end: int, text: str = "") -> Edit:
    """Words of the action that go, with the space in front of them; offsets are the action's."""
    at, whole = found.operation.start, found.view.migration.text
    start, end = at + start, at + end
    while not text and whole[start - 1 : start] in (" ", "\t"):
        start -= 1
    return Edit(start, end, text)


def inline(found: Found) -> bool:
    return found.view.fact("inline") is True
