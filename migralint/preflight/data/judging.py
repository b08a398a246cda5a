"""What becomes of a question: nothing, a warning, or a statement that will fail."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.model import Record
from migralint.preflight.check import failed, warned
from migralint.preflight.data import asking
from migralint.preflight.data.question import Question, alias, bad_rows, key_of
from migralint.preflight.data.question import rows as all_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Operation
    from migralint.preflight.check import Check
    from migralint.preflight.data.asking import Answer
    from migralint.preflight.data.question import Undecided
    from migralint.preflight.data.standing import Moment
    from migralint.runner.databases import Database, Session

NAME = "data"
LATER = "data, later"  # what has nothing in its way today; gathered into one check
EXAMPLES = 3
_HINT = "Mend these rows, or write a migration before it that does."
# undefined_table, undefined_column, undefined_object, undefined_function
_NOT_THERE = ("42P01", "42703", "42704", "42883")


class Point(Record):
    """Where a question is asked: the operation at `place` (path:line), `moment` in front of it."""

    db: Database
    session: Session
    moment: Moment
    operation: Operation
    place: str
    timeout: str

    def ask(self, sql: str) -> Answer:
        return asking.ask(self.db, self.session, sql, self.timeout)


def judged(point: Point, question: Question | Undecided) -> list[Check]:
    said = f"{point.place}: {question.said}"
    if not isinstance(question, Question):
        return [warned(NAME, f"{said}: not decidable by a query: {question.why}")]
    if question.always:
        return [_fails(point, question, question.always, "", ())]
    standing, before = point.moment.table(question.table), doubts(point, question)[0]
    if not question.source and (not standing.source or standing.untold(question.columns)):
        why = f"{before} has run" if before else "its values are made"
        return [warned(LATER, f"{said}: not decidable before {why}")]
    count_sql, rows_sql = _queries(point.moment, question)
    answer = point.ask(count_sql)
    if answer.rows is None:
        return [_unanswered(point, question, answer, before, rows_sql)]
    count = 0 if question.tried else int(answer.rows[0][0])
    if count:
        told = f"{counted(count, 'row')} with {question.what}"
        lines = (*_examples(point, question), rows_sql)
        return [_fails(point, question, told, question.code, lines)]
    if before:
        waits = f"{said}: not decidable before {before} has run; today nothing is in the way"
        return [warned(LATER, waits)]
    return []


def _fails(point: Point, question: Question, told: str, code: str, lines: tuple[str, ...]) -> Check:
    """It would fail today; whether it still does when its turn comes is another question."""
    said = f"{point.place}: {question.said}"
    maybe = "" if question.always else next(filter(None, doubts(point, question)), "")
    if maybe:
        return warned(NAME, f"{said}: not decidable before {maybe} has run; today {told}", lines)
    if point.operation.facts.get("in_do"):
        return warned(NAME, f"{said} fails if the DO block comes to it: {told}", lines)
    shown = f" ({code})" if code and point.session.url.dialect == "postgres" else ""
    return failed(NAME, f"{said} will fail{shown}: {told}", lines, _HINT if lines else "")


def _unanswered(point: Point, question: Question, answer: Answer, before: str, sql: str) -> Check:
    said = f"{point.place}: {question.said}"
    if answer.late:
        why = f"not decided within {point.timeout} (--data-timeout); run the query by hand"
        return warned(NAME, f"{said}: {why}", (sql,))
    if question.tried and answer.code.startswith("22"):
        told = f"at least one row with {question.what}"
        return _fails(point, question, told, answer.code, (*_first(point, question), sql))
    if before and answer.code in _NOT_THERE:
        return warned(LATER, f"{said}: not decidable before {before} has run")
    return warned(NAME, f"{said}: the query could not be asked: {answer.error}", (sql,))


def doubts(point: Point, question: Question) -> tuple[str, str]:
    """Earlier statements: (one that may add rows of the kind, one that may take such rows away)."""
    moment = point.moment
    if question.held:
        return "", ""
    standing = moment.table(question.table)
    adding = [moment.anywhere]
    removing: list[str] = []
    if not question.source:
        adding += [standing.updated(question.columns), *standing.inserts]
        if question.code != "23502":
            adding += [standing.recast.get(column, "") for column in question.columns]
        removing += standing.removals
    for parent, columns in question.parents:
        other = moment.table(parent)
        adding += [other.updated(columns), *other.removals]
        removing += other.inserts
    return _near(point.place, adding), _near(point.place, removing)


def _near(place: str, places: list[str]) -> str:
    """The first of them; `line 3` where it is in the same file."""
    other = next(filter(None, places), "")
    path, _, line = other.rpartition(":")
    return f"line {line}" if path and place.startswith(f"{path}:") else other


def _queries(moment: Moment, question: Question) -> tuple[str, str]:
    """(the count, what a person runs to see all rows)."""
    if question.tried:
        where = f" WHERE {question.where}" if question.where else ""
        sql = f"SELECT count({question.tried}) FROM {all_rows(moment, question)}{where}"
        return sql, f"{sql};"
    rows = bad_rows(moment, question)
    return f"SELECT count(*) {rows}", f"SELECT * {rows};"


def _examples(point: Point, question: Question) -> list[str]:
    keys = ", ".join(key_of(point.moment, question))
    if not keys:
        return []
    rows = bad_rows(point.moment, question)
    answer = point.ask(f"SELECT {keys} {rows} ORDER BY {keys} LIMIT {EXAMPLES}")
    if not answer.rows:
        return []
    shown = "; ".join(", ".join(str(value)[:60] for value in row) for row in answer.rows)
    return [f"for example {_names(point, question)} = {shown}"]


def _names(point: Point, question: Question) -> str:
    return ", ".join(column.sql for column in point.moment.table(question.table).key)


def _first(point: Point, question: Question) -> list[str]:
    """The first row for which the expression fails: by halving, since only failing tells it."""
    from time import monotonic

    from migralint.runner.durations import milliseconds

    moment = point.moment
    keys = ", ".join(key_of(moment, question))
    source = all_rows(moment, question)
    counted_rows = point.ask(f"SELECT count(*) FROM {source}") if keys else None
    if counted_rows is None or not counted_rows.rows:
        return []
    fine, fails = 0, int(counted_rows.rows[0][0])
    deadline = monotonic() + milliseconds(point.timeout) / 1000
    where = f" WHERE {question.where}" if question.where else ""
    named = alias(question.table, moment.dialect)
    while fails - fine > 1 and monotonic() < deadline:
        middle = (fine + fails) // 2
        some = f"(SELECT * FROM {source} ORDER BY {keys} LIMIT {middle})"
        answer = point.ask(f"SELECT count({question.tried}) FROM {some} AS {named}{where}")
        if answer.late:
            return []
        fine, fails = (middle, fails) if answer.rows is not None else (fine, middle)
    if fails - fine > 1:
        return []
    found = point.ask(f"SELECT {keys} FROM {source} ORDER BY {keys} LIMIT 1 OFFSET {fine}")
    values = ", ".join(str(value)[:60] for value in found.rows[0]) if found.rows else ""
    return [f"for example {_names(point, question)} = {values}"] if values else []
