"""How a migration is run: in one transaction with its history row, or statement by statement.

One transaction wherever the database can. What is known to refuse one is seen here; what is not,
the server says, and apply runs the migration again without (nothing has been done by then).
"""

from __future__ import annotations

import re

from migralint.model import MigralintError, Record, replace
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migralint.model import Migration, Operation, Statement
    from migralint.runner.databases import Database

# Layouts whose tools have a mark for "no transaction", and the mode that discover then reports.
MARKED = {"goose": "statement", "flyway": "statement", "atlas": "statement", "diesel": "query",
          "dbmate": "query", "sqlx": "query"}  # fmt: skip
# Kinds that run no code of the user's own, which could change settings.
PLAIN = frozenset([
    "create_table", "drop_table", "rename_table", "add_column", "drop_column", "rename_column",
    "set_not_null", "drop_not_null", "set_default", "drop_default", "add_primary_key",
    "add_unique", "add_foreign_key", "add_check", "validate_constraint", "drop_constraint",
    "create_index", "drop_index", "rename_index", "create_type", "drop_type", "add_enum_value",
    "rename_enum_value", "create_schema", "create_sequence", "comment",
])  # fmt: skip
FROM_STDIN = re.compile(r"(?i)\bfrom\s+stdin\b")
COPY_END = re.compile(r"(?m)^\\\.[ \t]*\r?$")
# SQLite: what does no harm where a file turns foreign keys off for another part of it.
HARMLESS = frozenset([
    "create_table", "create_index", "drop_index", "add_column", "create_view", "drop_view",
    "create_trigger", "drop_trigger", "pragma", "begin", "commit", "rename_column",
    "rename_table", "other", "comment", "select",
])  # fmt: skip


class Step(Record):
    """A statement to send, what it does, and the rows that follow a COPY ... FROM stdin."""

    statement: Statement
    operations: tuple[Operation, ...]
    data: str | None = None


class Mode(Record):
    """`settings` are set around the transaction; `reason` says why there is none; `reading` is all
    that the file holds, for the linter."""

    transaction: bool
    steps: tuple[Step, ...]
    reason: str = ""
    settings: Mapping[str, str] = {}
    reading: tuple[list[Statement], list[Operation]] | None = None

    @property
    def leaves_session_alone(self) -> bool:
        """Surely no statement of it changes a setting, the role or the search_path."""
        if any(step.statement.problem or step.data is not None for step in self.steps):
            return False
        made = (operation for step in self.steps for operation in step.operations)
        return all(op.kind in PLAIN and op.facts.get("as_query") is not True for op in made)


def mode(migration: Migration, db: Database) -> Mode:
    statements = split(migration.text, migration.dialect, migration.forward)
    made = [operations(statement, migration.dialect) for statement in statements]
    found = _mode(migration, tuple(_steps(migration, statements, made)), db)
    return replace(found, reading=(statements, [o for own in made for o in own]))


def _mode(migration: Migration, steps: tuple[Step, ...], db: Database) -> Mode:
    marked = MARKED.get(migration.layout) == migration.transaction
    if marked and migration.transaction != "file":
        return Mode(False, steps, f"the file says so ({migration.opt_out})")
    for step in steps:
        for operation in step.operations:
            if db.refuses_transaction(operation.kind, operation.facts):
                return Mode(False, steps, _refusal(migration.dialect, operation))
    steps, own = _unwrapped(steps)
    if own:
        return Mode(False, steps, f"line {own.line} controls transactions by itself")
    if migration.dialect == "sqlite":
        return _with_foreign_keys(steps)
    used = _enum_value_used(steps)
    if used:
        return Mode(False, steps, f"line {used.line} uses an enum value that this file adds")
    return Mode(True, steps)


def _refusal(dialect: str, operation: Operation) -> str:
    if dialect == "mysql":
        return "MySQL commits each statement that changes the schema"
    verb = " ".join(operation.statement.text.split()[:2]).upper()
    return f"{verb} (line {operation.line}) cannot run in a transaction"


def _steps(
    migration: Migration, statements: Sequence[Statement], made: Sequence[Sequence[Operation]]
) -> Iterator[Step]:
    """The statements without what is for psql; COPY with the rows that follow it."""
    for statement, own in zip(statements, made, strict=True):
        if statement.form == "psql":
            _psql(migration, statement)
        elif statement.form == "sql":
            data = _rows(migration.text, statement.end) if _reads_stdin(statement, own) else None
            yield Step(statement, tuple(own), data)


def _psql(migration: Migration, statement: Statement) -> None:
    """pg_dump's \\restrict changes nothing; anything else would be left out without a word."""
    word = statement.text.split()[0]
    if word in ("\\restrict", "\\unrestrict"):
        return
    raise MigralintError(
        f"{word} is a command of psql, not SQL",
        path=migration.path,
        line=statement.line,
        hint="Write the SQL that it stands for; the server does not know it.",
    )


def _reads_stdin(statement: Statement, made: Sequence[Operation]) -> bool:
    return made[0].kind == "copy" and FROM_STDIN.search(statement.text) is not None


def _rows(text: str, after: int) -> str:
    """COPY's rows: from the line behind the statement to the line that is `\\.`."""
    begin = text.find("\n", after) + 1 or len(text)
    end = COPY_END.search(text, begin)
    return text[begin : end.start() if end else len(text)]


def _kinds(step: Step) -> set[str]:
    return {operation.kind for operation in step.operations}


def _unwrapped(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], Statement | None]:
    """Without a BEGIN and COMMIT around the whole file: our transaction stands for them.

    The second part is a statement that begins or ends a transaction elsewhere, if there is one.
    """
    # A statement that cannot be read may be one of these too; the state is looked at after each.
    control = [i for i, step in enumerate(steps) if _kinds(step) & {"begin", "commit", "rollback"}]
    if not control:
        return steps, None
    first, last = steps[control[0]], steps[control[-1]]
    if (
        len(control) == 2
        and control == [_first_real(steps), len(steps) - 1]
        and _kinds(first) == {"begin"}
        and _kinds(last) == {"commit"}
        and len(first.statement.text.split()) < 3
        and "prepared" not in last.statement.text.lower()
    ):
        return steps[: control[0]] + steps[control[0] + 1 : -1], None
    return steps, first.statement


def _first_real(steps: Sequence[Step]) -> int:
    """The first statement that is not a setting: SET may stand before BEGIN."""
    return next((i for i, step in enumerate(steps) if not _kinds(step) <= {"set", "pragma"}), 0)


def _enum_value_used(steps: Sequence[Step]) -> Statement | None:
    """PostgreSQL refuses a value that the same transaction has added (55P04)."""
    added: list[str] = []
    for step in steps:
        if "comment" not in _kinds(step) and any(v in step.statement.text for v in added):
            return step.statement
        for operation in step.operations:
            if operation.kind == "add_enum_value":
                added.append("'" + str(operation.facts["value"]).replace("'", "''") + "'")
    return None


def _with_foreign_keys(steps: tuple[Step, ...]) -> Mode:
    """`PRAGMA foreign_keys` does nothing inside a transaction, so it is turned off around it.

    Where the file turns them off for a part and relies on them in another, no transaction can be.
    """
    kept: list[Step] = []
    off = turned_off = False
    relies: Statement | None = None
    for step in steps:
        said = _foreign_keys(step)
        if said is not None:
            off = not said
            turned_off = turned_off or off
            continue
        if not off and relies is None and not _kinds(step) <= HARMLESS:
            relies = step.statement
        kept.append(step)
    if not turned_off:
        return Mode(True, tuple(kept))
    if relies is not None:
        return Mode(
            False, steps, f"line {relies.line} runs with foreign keys on, another part without"
        )
    return Mode(True, tuple(kept), settings={"foreign_keys": "off"})


def _foreign_keys(step: Step) -> bool | None:
    """What the statement sets `foreign_keys` to, None where it does not."""
    for operation in step.operations:
        if (
            operation.kind == "pragma"
            and str(operation.facts["parameter"]).lower() == "foreign_keys"
        ):
            value = str(operation.facts["value"]).strip(" ='\"()").lower()
            return value in ("1", "on", "true", "yes") if value else None
    return None
