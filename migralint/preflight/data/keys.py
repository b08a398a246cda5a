"""Questions about keys: duplicates, rows without the row that they refer to, exclusions."""

from __future__ import annotations

import re

from migralint.knowledge.schema.lookup import EXPRESSION
from migralint.knowledge.schema.objects import mentions
from migralint.model import UNKNOWN, Name
from migralint.preflight.data.question import Question, Undecided, qualified
from migralint.sql.tokens import Token, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment, Standing

    Answer = Question | Undecided

_FULL = re.compile(r"(?i)\bmatch\s{1,100}full\b")
_PREFIX = re.compile(r"[`\w]+\s{0,20}\((\d{1,5})\)")


def mentioned(standing: Standing, text: str) -> tuple[Name, ...]:
    return tuple(column for column in standing.columns if mentions(text, column.name))


def expression(key: str, dialect: str = "postgres") -> str:
    """The expression of an index key without operator class, order and what else follows it."""
    depth = 0
    for token, _, end in placed(key, dialect):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == ")" and depth == 0:
            return key[:end]
    return key


def _keys(moment: Moment, operation: Operation) -> list[str]:
    """The keys as SQL; MySQL's `name(10)` is the beginning of the value."""
    facts = operation.facts
    written = _prefixes(moment, operation)
    found = []
    for column in facts["columns"]:
        if column.name == EXPRESSION:
            found.append(f"({expression(column.sql, moment.dialect)})")
        elif moment.dialect == "mysql" and column.name in written:
            sql = qualified(facts["table"], column, moment.dialect)
            found.append(f"left({sql}, {written[column.name]})")
        else:
            found.append(qualified(facts["table"], column, moment.dialect))
    return found


def _prefixes(moment: Moment, operation: Operation) -> dict[str, str]:
    """MySQL: how many characters of a column are the key, where it says so."""
    if moment.dialect != "mysql":
        return {}
    start = operation.statement.start
    text = operation.statement.text[operation.start - start : operation.end - start]
    found = {}
    for match in _PREFIX.finditer(text[text.find("(") + 1 :]):
        found[match[0].partition("(")[0].strip(" `")] = match[1]
    return found


def duplicates(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, columns = facts["table"], facts.get("columns")
    said = f"the unique key {_label(operation)}on {table}"
    if not columns or columns is UNKNOWN:
        yield Undecided(said, "its columns could not be read")
        return
    standing = moment.table(table)
    keys = _keys(moment, operation)
    where = [f"({facts['where']})"] if facts.get("where") else []
    if not facts.get("nulls_not_distinct"):
        where += [f"{key} IS NOT NULL" for key in keys]
    plain = [column for column in columns if column.name != EXPRESSION]
    if any(column in standing.distinct for column in plain):
        return  # a sequence gives each row its own
    if any((standing.columns.get(column) or "").startswith("NULL") for column in plain) and (
        not facts.get("nulls_not_distinct")
    ):
        return  # a new column is NULL in every row
    text = " ".join([*keys, str(facts.get("where") or "")])
    used = tuple(dict.fromkeys((*plain, *mentioned(standing, text))))
    listed = ", ".join(column.sql for column in columns)
    yield Question(
        said, f"the same ({listed}) as another row", table, used, " AND ".join(where), "23505",
        partition=tuple(keys),
    )  # fmt: skip


def computed(moment: Moment, operation: Operation) -> Iterable[Answer]:
    """The expressions of an index, worked out for every row: one that fails fails the index."""
    facts = operation.facts
    table, columns = facts["table"], facts.get("columns")
    if moment.dialect != "postgres" or not columns or columns is UNKNOWN:
        return
    for column in columns:
        if column.name != EXPRESSION:
            continue
        text = expression(column.sql)
        used = mentioned(moment.table(table), f"{text} {facts.get('where') or ''}")
        where = str(facts.get("where") or "")
        said = f"the index {_label(operation)}on {table}"
        what = f"a value for which {text} fails"
        yield Question(said, what, table, used, where, "", tried=f"({text})")


def _label(operation: Operation) -> str:
    facts = operation.facts
    name = facts.get("index") or facts.get("constraint")
    return f"{name} " if name is not None and name.name else ""


def orphans(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, columns, parent = facts["table"], facts.get("columns"), facts.get("references")
    said = f"the foreign key {_label(operation)}from {table} to {parent}"
    if not columns or not parent or UNKNOWN in (columns, parent):
        yield Undecided(said, "its columns could not be read")
        return
    other = moment.table(parent)
    referred = tuple(facts.get("references_columns") or other.key)
    if other.source and (len(referred) != len(columns) or other.untold(referred)):
        yield Undecided(said, f"what it refers to in {parent} is not known today")
        return
    held = _held_before(moment, table, (tuple(columns), parent, referred), other)
    own = [qualified(table, column, moment.dialect) for column in columns]
    text = operation.statement.text[operation.start - operation.statement.start :]
    full = len(columns) > 1 and _FULL.search(text[: operation.end - operation.start]) is not None
    where = _without_parent(own, referred, other)
    if full:
        some = " OR ".join(f"{sql} IS NOT NULL" for sql in own)
        none = " OR ".join(f"{sql} IS NULL" for sql in own)
        where = f"({where}) OR (({some}) AND ({none}))"
    yield Question(
        said, f"nothing in {parent} to refer to", table, tuple(columns), where, "23503",
        parents=((parent, referred),), held=held,
    )  # fmt: skip


def _held_before(
    moment: Moment, table: Name, wanted: tuple[tuple[Name, ...], Name, tuple[Name, ...]],
    other: Standing,
) -> bool:  # fmt: skip
    """The same foreign key held until it was dropped, and no row has changed since."""
    standing = moment.table(table)
    columns, parent, referred = wanted
    for (own, to, keys), changes in standing.released.items():
        if (own, to) == (columns, parent) and (keys or other.key) == referred:
            return changes == (standing.changes, other.changes)
    return False


def _without_parent(own: list[str], referred: tuple[Name, ...], other: Standing) -> str:
    there = " AND ".join(f"{sql} IS NOT NULL" for sql in own)
    if not other.source:
        return there
    pairs = zip(own, referred, strict=True)
    same = " AND ".join(f"referenced.{column.sql} = {sql}" for sql, column in pairs)
    rows = f"SELECT 1 FROM {other.relation(referred)} AS referenced WHERE {same}"
    return f"{there} AND NOT EXISTS ({rows})"


def excluded(moment: Moment, operation: Operation) -> Iterable[Answer]:
    """Two rows for which every operator of the constraint holds."""
    facts = operation.facts
    table, standing = facts["table"], moment.table(facts["table"])
    said = f"the exclusion constraint {_label(operation)}on {table}"
    text = operation.statement.text[operation.start - operation.statement.start :]
    elements, where = _elements(text[: operation.end - operation.start])
    if not elements or standing.changed or not standing.source:
        yield Undecided(said, "its elements could not be read" if not elements else
                        "the table changes before it")  # fmt: skip
        return
    if where:
        where = f"({where})"
    pairs = [f"ours.key{i} OPERATOR({op}) theirs.key{i}" for i, (_, op) in enumerate(elements)]
    keys = ", ".join(f"({sql}) AS key{i}" for i, (sql, _) in enumerate(elements))
    named = qualified(table, Name("ctid"), moment.dialect)
    filtered = f" WHERE {where}" if where else ""
    rows = f"(SELECT ctid AS place, {keys} FROM {standing.source}{filtered})"
    met = (
        f"SELECT ours.place FROM {rows} AS ours JOIN {rows} AS theirs "
        f"ON ours.place <> theirs.place AND {' AND '.join(pairs)}"
    )
    used = mentioned(standing, " ".join(sql for sql, _ in elements) + f" {where}")
    yield Question(said, "a conflict with another row", table, used, f"{named} IN ({met})", "23P01")


def _elements(text: str) -> tuple[list[tuple[str, str]], str]:
    """[(expression, operator)] of EXCLUDE USING method (...), and its WHERE."""
    found: list[tuple[str, str]] = []
    read = [*placed(text, "postgres")]
    depth, start, seen, at, where = 0, 0, False, -1, ""
    for index, (token, begin, end) in enumerate(read):
        if token.text == "(":
            depth += 1
            if depth == 1 and not found and start == 0:
                start, seen = end, True
        elif token.word == "with" and depth == 1 and seen:
            at = index
        if at >= 0 and seen and depth == 1 and token.text in (",", ")") and index > at:
            found.append(_element(text[start:begin], read[at], start))
            start, at = end, -1
        if token.text == ")":
            depth -= 1
            seen = seen and depth > 0
        if token.word == "where" and depth == 0:
            where = text[end:]
            inner = expression(where)
            where = inner.strip()
            break
    return found, where


def _element(text: str, word: tuple[Token, int, int], start: int) -> tuple[str, str]:
    """What stands before and behind the `word` WITH; `start` is where the text begins."""
    written, operator = text[: word[1] - start].strip(), text[word[2] - start :].strip()
    if operator.lower().startswith("operator"):
        operator = operator.partition("(")[2].rpartition(")")[0].strip()
    if "(" in written:
        return expression(written), operator
    return written.split()[0], operator
