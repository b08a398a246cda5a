"""The names that a server gives to what the SQL leaves unnamed.

PostgreSQL: makeObjectName, ChooseConstraintName and ChooseIndexName of its source; the numbering
counts on while the name is taken. MySQL: https://dev.mysql.com/doc/refman/8.4/en/create-table.html
"""

from __future__ import annotations

from migralint.knowledge.schema.lookup import EXPRESSION
from migralint.model import Name
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST = 63
_CALL = pattern(r'\s*\(*\s*(?:[\w$]+\.)?([^\W\d][\w$]*|"[^"]+")\s*\(')
_CAST = pattern(r'\s*\(*\s*(?:[\w$]+\.)?([^\W\d][\w$]*|"[^"]+")\s*\)*\s*::')


def joined(first: str, second: str, label: str) -> str:
    """first_second_label within 63 bytes: the longer of the first two is cut."""
    room = LONGEST - len(label) - 1 - (1 if second else 0)
    one, two = first.encode()[:room], second.encode()[:room]
    while len(one) + len(two) > room:
        if len(one) > len(two):
            one = one[:-1]
        else:
            two = two[:-1]
    parts = [one.decode(errors="ignore"), two.decode(errors="ignore"), label]
    return "_".join(part for part in parts if part)


def free(
    first: str, second: str, label: str, taken: Callable[[str], bool], number: int
) -> tuple[str, int]:
    """The name with the first number behind it, from `number` on, that makes it unused."""
    while taken(name := joined(first, second, f"{label}{number or ''}")):
        number += 1
    return name, number


def of_columns(columns: Iterable[Name]) -> str:
    """The middle of the name of a key; an index's expressions by their function, or `expr`."""
    seen: dict[str, int] = {}  # each with the number that was tried behind it
    for column in columns:
        word = name = _of_expression(column.sql) if column.name == EXPRESSION else column.name
        while name in seen:
            seen[word] += 1
            name = f"{word}{seen[word]}"
        seen[name] = 0
    return "_".join(seen)


def _of_expression(text: str) -> str:
    found = _CALL.match(text) or _CAST.match(text)
    if found is None:
        return "expr"
    word = found[1]
    return word[1:-1] if word.startswith('"') else word.lower()
