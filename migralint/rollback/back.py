"""Take a migration back by its script: linted, planned, asked about, run as a migration is run.

The script and the mark in the history are one transaction where the database can; where it cannot,
the migration stands as failed from the first statement to the last, so that a kill in between is
told the truth about.
"""

from __future__ import annotations

import os

from migralint.model import MigralintError, Record, Report, replace
from migralint.rollback import order, rows, scripts
from migralint.runner import gate, history
from migralint.runner.apply import take_lock
from migralint.runner.execute import execute
from migralint.runner.failure import Words, error_of
from migralint.runner.history import Local, State
from migralint.runner.modes import Mode, mode
from migralint.runner.outcome import Run
from migralint.runner.plan import Planned, planned
from migralint.runner.progress import Progress, Watch
from migralint.runner.target import answering, judged, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.rollback.scripts import Script
    from migralint.runner.databases import Session
    from migralint.runner.outcome import Outcome
    from migralint.runner.signals import Received
    from migralint.runner.target import Target


class Options(Record):
    """`allowed`: out-of-order, or nothing."""

    name: str
    allowed: tuple[str, ...] = ()
    lock_wait: float = 120
    lock_timeout: str = "5s"
    statement_timeout: str = ""
    retries: int = 5


class Way(Record):
    """How one migration is to be taken back: what a person is shown before it is done."""

    state: State
    script: Script
    planned: Planned
    mode: Mode
    report: Report
    notes: tuple[str, ...]


class Undoing(Progress):
    def end(self, count: int, verb: str = "rolled back") -> None:
        super().end(count, verb)


def look(target: Target, options: Options) -> tuple[Target, Way]:
    """The way back on the database as it stands; nothing is written. Refused: status 5."""
    session = open_session(target, False)
    target = judged(target, session)
    try:
        with answering(session.url):
            state, notes = _chosen(target, session, options)
            script = _script(target, state)
            return target, _way(target, session, state, script, notes)
    finally:
        target.db.close(session)


def take_back(
    target: Target, options: Options, way: Way, progress: Progress, received: Received
) -> State:
    """Carry the script out. The state of the migration afterwards, as history and folder say."""
    session = open_session(target, True, options.lock_timeout, options.statement_timeout)
    watch = Watch(target.db, session, progress)
    run = Run(target.db, target.table, progress, watch, received, options.retries, rows)
    try:
        with answering(session.url):
            take_lock(target, session, options.lock_wait, progress)
            _unchanged(target, session, options, way)
            gate.check_rights(target, session, [way.mode])
            migration = gate.as_run(way.script.migration, way.mode)
            outcome = execute(
                run, session, Local(way.state.name, migration, way.script.data), way.mode
            )
            if outcome.signal or outcome.state not in ("applied", "skipped"):
                raise error_of(_as_written(way), outcome, 0, WORDS)
            after = history.read(target.db, outcome.session, target.table)
        return next(
            s for s in history.states(target.locals, after or ()) if s.name == way.state.name
        )
    finally:
        watch.close()
        target.db.close(session)


def _chosen(target: Target, session: Session, options: Options) -> tuple[State, list[str]]:
    found = history.read(target.db, session, target.table)
    if found is None:
        raise MigralintError(f"{target.found.url.shown} has no history: nothing is applied")
    states = history.states(target.locals, found)
    return order.choose(states, found, options.name, options.allowed)


def _script(target: Target, state: State) -> Script:
    script = scripts.find(target, state)
    if script is None:
        raise MigralintError(
            f"there is no script that takes {state.name} back",
            hint=f"Write {scripts.home(target.folder)}/{state.name}.sql; "
            f"`migralint rollback {state.name} --write` puts a draft there.",
        )
    scripts.check(script)
    return script


def _way(
    target: Target, session: Session, state: State, script: Script, notes: Sequence[str]
) -> Way:
    how = mode(script.migration, target.db)
    if not how.steps:
        raise MigralintError("the script holds no statement", path=script.path)
    as_pending = State(state.name, "pending", (), Local(state.name, script.migration, script.data))
    lenient = replace(target, config=_lenient(target))
    report = gate.lint(lenient, session, [as_pending], [how])
    (shown,) = planned(lenient, session, [as_pending], [how], report)
    return Way(state, script, shown, how, report, tuple(notes))


def _lenient(target: Target) -> Config:
    """Outside production what destroys is shown and does not refuse: it is what a way back does.

    In production the gate makes it an error again, which only a suppression lets through.
    """
    from migralint import rules

    folder = os.path.join(rules.builtin_directory(), gate.DESTRUCTIVE)
    found = {name.removesuffix(".yaml"): "warning" for name in os.listdir(folder)}
    return replace(target.config, rules={**found, **target.config.rules})


def refuse(target: Target, way: Way) -> None:
    """MigralintError with status 5 where the linter stops the script."""
    hint = (
        "Change the script, or allow the finding with a reason: "
        "`-- migralint: allow RULE (why)` above the statement."
    )
    gate.refuse(target, way.report, "nothing was rolled back", hint)


def _unchanged(target: Target, session: Session, options: Options, way: Way) -> None:
    """Under the lock: the history is still what the person was shown."""
    state, _ = _chosen(target, session, options)
    if [row.id for row in state.rows] != [row.id for row in way.state.rows]:
        raise MigralintError(
            f"the history of {state.name} has changed in the meantime: nothing was rolled back",
            hint="Run it again.",
            status=5,
        )


def _as_written(way: Way) -> Local:
    return Local(way.state.name, way.script.migration, way.script.data)


def _next(local: Local, outcome: Outcome) -> list[str]:
    again = f"`migralint rollback {local.name}`"
    if outcome.state == "rolled back":
        return [f"Run {again} again."] if _was_in_the_way(outcome) else [f"Mend it, then {again}."]
    if outcome.state in ("unknown", "applied"):
        return ["`migralint status` tells whether it is rolled back."]
    return [
        "It stands as failed now. Carry out the rest of the script by hand, then",
        f"`migralint resolve --rolled-back {local.name}`; or put back what the script took,",
        f"then `migralint resolve --applied {local.name}`.",
    ]


def _was_in_the_way(outcome: Outcome) -> bool:
    error = outcome.error
    return error is None or error.busy or error.lost


WORDS = Words(
    "the rollback of",
    "Nothing of the script is in the database: the migration is applied, as before.",
    _next,
)
