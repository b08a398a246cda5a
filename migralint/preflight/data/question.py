"""A question to today's data, and the SQL that it becomes."""

from __future__ import annotations

from migralint.model import Name, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.preflight.data.standing import Moment

COPIES = "migralint_copies"


class Question(Record):
    """Which rows of `table` stand in the way.

    `said` names what fails, `what` what is the matter with a row ("NULL in it"). `where` is the
    condition ("" for every row), `columns` are those that it reads; `source` replaces the table's
    rows. `code` is the SQLSTATE of the failure. `partition` are the keys of which there may be one
    row each. `parents` are the tables that it reads too, and which columns of them. `always` says
    why it fails whatever the data is, `tried` is an expression that shows it by failing itself
    (on the rows of `where`), where no condition says it. `held`: the same was enforced behind every
    earlier statement that wrote rows.
    """

    said: str
    what: str
    table: Name
    columns: tuple[Name, ...]
    where: str
    code: str
    source: str = ""
    partition: tuple[str, ...] = ()
    parents: tuple[tuple[Name, tuple[Name, ...]], ...] = ()
    always: str = ""
    tried: str = ""
    held: bool = False


class Undecided(Record):
    """A statement that depends on the data in a way that no query of today decides."""

    said: str
    why: str


def quote(name: str, dialect: str) -> str:
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def alias(table: Name, dialect: str) -> str:
    """The table's own name, so that conditions that use it are understood."""
    return quote(table.name, dialect)


def qualified(table: Name, column: Name, dialect: str) -> str:
    return f"{alias(table, dialect)}.{column.sql}"


def bad_rows(moment: Moment, question: Question) -> str:
    """FROM ... WHERE ..., the rows that stand in the way."""
    named = alias(question.table, moment.dialect)
    source = question.source or rows(moment, question)
    where = f" WHERE {question.where}" if question.where else ""
    if not question.partition:
        return f"FROM {source}{where}"
    keys = ", ".join(question.partition)
    inner = (
        f"SELECT {named}.*, count(*) OVER (PARTITION BY {keys}) AS {COPIES} FROM {source}{where}"
    )
    return f"FROM ({inner}) AS {named} WHERE {COPIES} > 1"


def rows(moment: Moment, question: Question) -> str:
    """All rows, under the table's own name."""
    standing = moment.table(question.table)
    read = standing.relation((*question.columns, *standing.key))
    if read.strip('"`') == question.table.name:
        return read
    return f"{read} AS {alias(question.table, moment.dialect)}"


def key_of(moment: Moment, question: Question) -> Sequence[str]:
    """The columns of the primary key, where the rows have them; nothing else is ever shown."""
    standing = moment.table(question.table)
    if question.source or any(standing.columns.get(column) is None for column in standing.key):
        return ()
    return [qualified(question.table, column, moment.dialect) for column in standing.key]
