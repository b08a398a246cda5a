"""What the server really does while a migration runs, beside what was predicted.

`trace_statements(db, session, statements, version)` runs statements on a scratch database and tells
for each which locks it took on the relations that were there before, which of them the server wrote
again or read in whole, and where that differs from knowledge/locks.py.
"""

from __future__ import annotations

from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.runner.databases import Database, Session

SHOWN = 200


class Difference(Record):
    """One point in which server and prediction differ. `what`: lock, rewrite or scan.

    `way` is "stricter" where the server did more than was predicted, "looser" where it did less.
    """

    relation: str
    what: str
    way: str
    predicted: str
    found: str

    def __str__(self) -> str:
        return f"{self.relation}: predicted {self.predicted}, the server: {self.found}"


class Traced(Record):
    """One statement. `state`: traced, or not run (`said` says why); a failure is raised.

    `locks` are the strongest that it newly took, by relation; `held` the relations whose predicted
    lock an earlier statement of the transaction holds already, so that nobody can tell. `assumed`
    are sentences: what the prediction left open, and what it was.
    """

    path: str
    line: int
    statement: str
    state: str = "traced"
    said: str = ""
    locks: Mapping[str, str] = {}
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    seconds: float = 0.0
    transaction: bool = True
    predicted: Mapping[str, str] = {}
    predicted_rewrites: tuple[str, ...] = ()
    predicted_scans: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


def trace_statements(
    db: Database, session: Session, statements: str | Sequence[str], version: int = 0
) -> tuple[Traced, ...]:
    """Run the statements (of one migration, in the mode of `apply`) and commit them.

    `version` is the server's major version for the prediction, 0 for that of the session. A
    statement that the server refuses raises MigralintError, as apply does.
    """
    from migralint.model import Migration
    from migralint.trace.running import trace_migration

    text = statements if isinstance(statements, str) else ";\n".join(statements) + ";\n"
    migration = Migration("(statements)", text, "", "statements", "plain", session.url.dialect)
    return trace_migration(db, session, migration, version)
