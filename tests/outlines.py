"""How the tests write down what the token grammar makes of a statement: a line an operation.

    ALTER TABLE t ADD COLUMN a varchar(9)
        add_column table=t column=a type="varchar(9)" nullable

A fact that is true stands alone; false and empty ones are left out; names are as they were folded.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from migralint.model import Name
from migralint.sql.grammar.reader import Found
from migralint.sql.outline import outline
from migralint.sql.statements import split

_DATA = os.path.join(os.path.dirname(__file__), "data")


def found(sql: str, dialect: str) -> list[Found]:
    return [one for statement in split(sql, dialect) for one in outline(statement, dialect)]


def lines(sql: str, dialect: str) -> str:
    """Each operation with its facts."""
    return "\n".join(_line(one) for one in found(sql, dialect))


def cases(name: str) -> list[tuple[str, str]]:
    """The statements of a file of tests/data, each with the lines expected of it."""
    with open(os.path.join(_DATA, name), encoding="utf-8") as file:
        blocks = [block.splitlines() for block in file.read().strip().split("\n\n")]
    return [(sql, "\n".join(line.strip() for line in wanted)) for sql, *wanted in blocks]


def _line(one: Found) -> str:
    facts = [(name, _text(value)) for name, value in one.facts.items() if value is not False]
    return " ".join([one.kind, *(f"{n}={t}" if t != "True" else n for n, t in facts if t)])


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]" if value else ""
    if isinstance(value, Name):
        return f"{value.schema}.{value.name}" if value.schema else value.name
    text = str(value)
    return text if re.fullmatch(r"[\w.@*]*", text) else json.dumps(text, ensure_ascii=False)
