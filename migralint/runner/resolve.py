"""Say what became of a migration, and take over a database that has tables already (baseline).

The rows are those that `prisma migrate resolve` writes; nothing of the migration is run.
"""

from __future__ import annotations

from migralint.model import MigralintError
from migralint.runner import history
from migralint.runner import rows as writing
from migralint.runner.choosing import up_to
from migralint.runner.target import open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.runner.databases import Session
    from migralint.runner.history import Local, State
    from migralint.runner.target import Target

LOCK_WAIT = 10.0


def applied(target: Target, names: list[str]) -> list[str]:
    """Record these migrations as applied; the rows of failed attempts become rolled back."""
    chosen = [_local(target, name) for name in names]

    def record_all(session: Session, states: dict[str, State]) -> list[str]:
        for local in chosen:
            if states[local.name].state == "applied":
                raise MigralintError(f"{local.name} is recorded as applied already")
        for local in chosen:
            _one(target, session, local)
        return [local.name for local in chosen]

    return _locked(target, record_all, makes_table=True)


def _one(target: Target, session: Session, local: Local) -> None:
    db = target.db
    db.begin(session, {})
    writing.mark_rolled_back(db, session, target.table, local.name)
    writing.insert_resolved(db, session, target.table, local)
    db.commit(session)


def applied_to(target: Target, version: str) -> list[str]:
    """Baseline: all migrations to this version that the history does not know yet."""

    def record_all(session: Session, states: dict[str, State]) -> list[str]:
        chosen = up_to(list(states.values()), version)
        for state in chosen:
            if state.local:
                _one(target, session, state.local)
        return [state.name for state in chosen]

    return _locked(target, record_all, makes_table=True)


def rolled_back(target: Target, name: str) -> list[str]:
    """Record a failed migration as rolled back; the file need not be there any more."""

    def record_it(session: Session, states: dict[str, State]) -> list[str]:
        state = states.get(name)
        if state is not None and not state.rows:
            raise MigralintError(
                f"{name} is pending: no attempt at it is recorded",
                hint="`migralint apply` runs it; there is nothing to take back.",
            )
        if state is None:
            raise MigralintError(
                f"the history knows no migration {name}", hint=close_to(name, list(states))
            )
        if state.state == "applied":
            raise MigralintError(
                f"{name} is applied, not failed", hint="Only a failed one is rolled back."
            )
        if state.state == "failed":
            writing.mark_rolled_back(target.db, session, target.table, name)
        return [name]

    return _locked(target, record_it, makes_table=False)


def _locked(
    target: Target, act: Callable[[Session, dict[str, State]], list[str]], makes_table: bool
) -> list[str]:
    from migralint.runner.progress import pause

    db, session = target.db, open_session(target, True)
    try:
        tries = 0
        while not db.lock(session):
            tries += 1
            if tries > LOCK_WAIT * 5:
                who = db.holder(session)
                raise MigralintError(f"another applier holds the lock: {who}", status=4)
            pause(0.2)
        rows = history.read(db, session, target.table)
        if rows is None and makes_table:
            history.create(db, session, target.table)
        states = {state.name: state for state in history.states(target.locals, rows or ())}
        return act(session, states)
    finally:
        db.close(session)


def _local(target: Target, name: str) -> Local:
    name = name.rstrip("/").rpartition("/")[2]
    for local in target.locals:
        if name in (local.name, local.migration.version, local.migration.path.rpartition("/")[2]):
            return local
    raise MigralintError(
        f"{target.folder} holds no migration {name}",
        hint=close_to(name, [x.name for x in target.locals]),
    )


def close_to(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, 3, 0.4)
    return f"Did you mean {' or '.join(close)}?" if close else "`migralint status` lists them."
