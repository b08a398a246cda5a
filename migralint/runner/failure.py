"""Failure says everything: which migration and statement, why, what stays, what to type next."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.runner.databases import ServerError
    from migralint.runner.history import Local
    from migralint.runner.outcome import Outcome

SHOWN_LINES = 3


class Words(Record):
    """What is said of the thing that failed: a migration, or the script that takes one back."""

    subject: str
    undone: str
    ways: Callable[[Local, Outcome], list[str]]


def error_of(
    local: Local, outcome: Outcome, done: int, words: Words | None = None
) -> MigralintError:
    """`done` migrations before this one have been applied by the same run.

    The error's `stays` is whether this run has left anything in the database; `failed` is what
    stopped it.
    """
    words = words or MIGRATION
    line, column = place(outcome)
    what = f"{words.subject} {local.name} {_how(outcome)}"
    said = _stays(outcome, done, words.undone)
    parts = [what, *_server(outcome.error), *_excerpt(outcome, line), *said]
    error = MigralintError(
        "\n".join(parts),
        path=local.migration.path,
        line=line,
        column=column,
        hint="\n  ".join(words.ways(local, outcome)),
        status=_status(outcome),
    )
    whole = outcome.state == "rolled back" or (
        outcome.state == "failed"
        and not (outcome.committed or outcome.invalid)
        and not (outcome.error and outcome.error.lost)
    )
    error.stays = done > 0 or not whole  # type: ignore[attr-defined]
    error.failed = (local, outcome)  # type: ignore[attr-defined]
    return error


def _status(outcome: Outcome) -> int:
    if outcome.signal:
        return 128 + outcome.signal
    return 4 if outcome.error is not None and outcome.error.lost else 1


def place(outcome: Outcome) -> tuple[int, int]:
    """Line and column in the file: those that the server points at, else the statement's."""
    if outcome.step is None:
        return 0, 0
    statement = outcome.step.statement
    position = outcome.error.position if outcome.error else 0
    if not position:
        return statement.line, statement.column
    before = statement.text[: position - 1]
    newline = before.rfind("\n")
    column = statement.column + len(before) if newline < 0 else len(before) - newline
    return statement.line + before.count("\n"), column


def _how(outcome: Outcome) -> str:
    if outcome.signal:
        return "was interrupted"
    if outcome.error is None:
        return "failed"
    tries = f" after {outcome.attempts} attempts" if outcome.attempts > 1 else ""
    code = f" ({outcome.error.code})" if outcome.error.code else ""
    return f"failed{tries}: {outcome.error.message}{code}"


def _server(error: ServerError | None) -> list[str]:
    if error is None:
        return []
    found = [f"  detail: {error.detail}"] * bool(error.detail)
    return found + [f"  the server's hint: {error.hint}"] * bool(error.hint)


def _excerpt(outcome: Outcome, line: int) -> list[str]:
    """The lines that failed, without the passwords in them."""
    if outcome.step is None:
        return ["  while committing"] if outcome.error is not None else []
    from migralint.findings import masked

    statement = outcome.step.statement
    rows = statement.text.split("\n")
    first = max(line - statement.line, 0)
    shown = rows[first : first + SHOWN_LINES]
    found = [f"  {line + i} | {masked(text.rstrip()[:200])}" for i, text in enumerate(shown)]
    return found + (["  ..."] if len(rows) > first + SHOWN_LINES else [])


def _stays(outcome: Outcome, done: int, undone: str) -> list[str]:
    """What is in the database now."""
    parts = [f"in the way was {who}" for who in outcome.blockers[:3]]
    total = len(outcome.mode.steps)
    if outcome.state == "rolled back":
        parts.append(undone)
    elif outcome.state == "unknown":
        parts.append("Whether it was committed is not known: the connection broke at that moment.")
    elif outcome.state == "applied":
        parts.append("It was committed before the signal was answered.")
    else:
        parts.append(_partly(outcome, total))
    parts += [
        f"The index {name} was left INVALID: it slows writes and serves no query."
        for name in outcome.invalid
    ]
    if done:
        stay = "was applied and stays" if done == 1 else "were applied and stay"
        parts.append(f"{counted(done, 'migration')} before it {stay}.")
    return parts


def _partly(outcome: Outcome, total: int) -> str:
    why = f"It ran without a transaction ({outcome.mode.reason}): " if outcome.mode.reason else ""
    doubt = ""
    if outcome.error is not None and outcome.error.lost:
        doubt = " The connection broke, so the statement after them may have been carried out too."
    elif outcome.signal:
        doubt = " The statement after them was cancelled."
    if not (outcome.committed or doubt):
        return f"{why}this run has put no statement of it into the database."
    return f"{why}{outcome.committed} of {total} statements are in the database and stay.{doubt}"


def _next(local: Local, outcome: Outcome) -> list[str]:
    """The command to type."""
    if outcome.state == "rolled back":
        if outcome.error is not None and not (outcome.error.busy or outcome.error.lost):
            return ["Correct the migration and run `migralint apply` again."]
        return ["Run `migralint apply` again."]
    if outcome.state in ("unknown", "applied"):
        return ["`migralint status` tells what is applied; then run `migralint apply` again."]
    again = f"`migralint resolve --rolled-back {local.name}`, then `migralint apply`"
    first = ", which drops the INVALID index first" if outcome.invalid else ""
    if outcome.invalid and not outcome.committed:
        return [f"Mend the cause, then {again}{first}."]
    cause = "Mend the cause and undo" if outcome.invalid else "Undo"
    return [
        f"{cause} what is there (or guard it, IF NOT EXISTS), then {again}{first};",
        f"or carry out the rest by hand, then `migralint resolve --applied {local.name}`.",
    ]


MIGRATION = Words("the migration", "It was rolled back: nothing of it is in the database.", _next)
