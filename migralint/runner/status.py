"""What the history says of the folder, in words and as JSON. Nothing is written."""

from __future__ import annotations

from migralint.model import Record
from migralint.runner import choosing, history
from migralint.runner.target import answering, judged, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.runner.databases import Session
    from migralint.runner.environment import Environment
    from migralint.runner.history import State
    from migralint.runner.target import Target

UP_TO_DATE = "Database schema is up to date"


class Status(Record):
    """`table`: is there a history; `server` names what answered; `withheld` are the names of those
    that are pending and wait until they are named."""

    states: tuple[State, ...]
    table: bool
    server: str
    environment: Environment
    withheld: tuple[str, ...] = ()

    def of(self, *kinds: str) -> list[State]:
        return [state for state in self.states if state.state in kinds]

    @property
    def pending(self) -> list[State]:
        """What the next apply runs."""
        found = (s for s in self.of(*choosing.PENDING) if s.name not in self.withheld)
        return [state for state in found if state.local]

    @property
    def wrong(self) -> list[State]:
        """What stands in the way of an apply, or of trusting the folder."""
        return [s for s in self.states if s.state == "failed" or s.edited or s.missing]


def status(target: Target) -> Status:
    session = open_session(target, False)
    try:
        with answering(session.url):
            return looked(target, session)
    finally:
        target.db.close(session)


def looked(target: Target, session: Session) -> Status:
    rows = history.read(target.db, session, target.table)
    states = tuple(history.states(target.locals, rows or ()))
    known = judged(target, session)
    waiting = choosing.withheld(known, states)
    return Status(states, rows is not None, session.server.shown, known.environment, waiting)


def text(target: Target, found: Status, verbose: bool = False) -> str:
    where = f"{found.server}, {found.environment.name}: {found.environment.why}"
    lines = [f"{target.found.url.shown} ({where}), {target.folder}"]
    sections = (
        ("failed", found.of("failed"), "`migralint resolve` tells what became of it"),
        (
            "edited since applied",
            [s for s in found.states if s.edited],
            "put the file back as it was",
        ),
        ("applied, but missing from the folder", _missing(found), "is this the right branch?"),
        (
            "rolled back, and still in the folder",
            [s for s in found.pending if s.comes_again],
            "the next deploy applies it again: withdraw or replace it",
        ),
        (
            "tried and rolled back, pending again",
            [s for s in _again(found, False) if not s.comes_again],
            "",
        ),
        ("repeatable, changed since applied", _again(found, True), "`migralint apply` runs them"),
        ("pending", [s for s in found.pending if not s.rows], "`migralint apply` applies them"),
        (
            "withheld until it is named",
            [s for s in found.states if s.name in found.withheld],
            "once no running code needs what it takes away: `migralint apply --only-to NAME`",
        ),
    )
    for title, states, hint in sections:
        lines += _section(title, states, hint)
    if verbose:  # what was rolled back and withdrawn is over: it is listed for who asks
        withdrawn = [s for s in found.of("rolled back") if not s.local]
        lines += _section("rolled back and withdrawn", withdrawn, "")
        lines += _section("applied", found.of("applied"), "")
    applied = len(found.of("applied"))
    if not found.table:
        lines.append("There is no history table yet.")
    if not found.pending and not found.of("failed"):
        waiting = f", {len(found.withheld)} withheld" if found.withheld else ""
        lines.append(f"{UP_TO_DATE} ({applied} applied{waiting}).")
    else:
        lines.append(
            f"{applied} applied, {len(found.pending)} pending, {len(found.of('failed'))} failed."
        )
    return "\n".join(lines)


def _missing(found: Status) -> list[State]:
    return [state for state in found.states if state.missing and state.state == "applied"]


def _again(found: Status, changed: bool) -> list[State]:
    """Pending with rows: after a failure, or a repeatable one that was applied and has changed."""
    return [s for s in found.pending if s.rows and (s.state == "pending") == changed]


def _section(title: str, states: Sequence[State], hint: str) -> list[str]:
    if not states:
        return []
    lines = [f"{title}{f' ({hint})' if hint else ''}:"]
    for state in states[:50]:
        late = "  earlier than what is applied already" if state.late else ""
        told = ""
        if state.state in ("failed", "rolled back") and state.last and state.last.logs:
            told = "  " + state.last.logs.strip().partition("\n")[0][:200]
        lines.append(f"  {state.name}{late}{told}")
    if len(states) > 50:
        lines.append(f"  ... and {len(states) - 50} more")
    return lines


def as_json(target: Target, found: Status) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": target.found.url.shown,
        "server": found.server,
        "folder": target.folder,
        "environment": found.environment.name,
        "history_table": target.table if found.table else None,
        "up_to_date": not found.pending and not found.of("failed"),
        "migrations": [_entry(state, found.withheld) for state in found.states],
    }


def _entry(state: State, withheld: Sequence[str]) -> dict[str, Any]:
    last = history.as_mapping(state.last) if state.last else {}
    return {
        "name": state.name,
        "path": state.local.migration.path if state.local else None,
        "state": state.state,
        "edited": state.edited,
        "missing": state.missing,
        "out_of_order": state.late,
        "repeatable": state.repeatable,
        "withheld": state.name in withheld,
        "attempts": len(state.rows),
        **last,
    }
