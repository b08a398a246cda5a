"""What sqlglot's tree says of conditions and data statements. Imported, and asked, only on demand.

Each question is first put to the text: most conditions answer it without a tree, and importing
sqlglot costs more than everything else that the hook does.
"""

from __future__ import annotations

import re

from migralint.model import UNKNOWN
from migralint.sql.tokens import NAME, NUMBER, PARAMETER, STRING, SYMBOL, WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Unknown
    from migralint.sql.tokens import Token

_NULL_COMPARED = re.compile(r"(?:[^<>=!:]=|<>|!=)\s*null\b|\bnull\s*(?:=|<>|!=)", re.I)
_LARGEST = 100_000  # characters: sqlglot needs seconds and gigabytes beyond
_VALUES = (STRING, NUMBER, PARAMETER)


def always_true(condition: str, dialect: str) -> bool | Unknown:
    """Whether the condition holds for every row: TRUE, 1 = 1, a = a, or one of these behind OR."""
    found = tokens(condition, dialect, _LARGEST)
    words = {token.text for token in found if token.kind == WORD}
    if not found or len(condition) > _LARGEST:
        return UNKNOWN
    if not words & {"or", "not", "case", "coalesce"} and _names_a_value(found):
        return False
    tree = _parse(condition, dialect)
    return UNKNOWN if tree is None else _truth(tree) is True


def _names_a_value(found: list[Token]) -> bool:
    """A conjunct `column = literal` is enough: the whole is not always true."""
    for before, operator, after in zip(found, found[1:], found[2:], strict=False):
        compares = operator.kind == SYMBOL and operator.text in (
            "=",
            "<",
            ">",
            "<=",
            ">=",
            "<>",
            "!=",
        )
        if compares and before.kind in (WORD, NAME) and after.kind in _VALUES:
            return True
        if (
            before.kind in (WORD, NAME)
            and operator.text in ("is", "in", "like", "ilike", "between")
            and operator.kind == WORD
        ):
            return True
    return False


def _parse(condition: str, dialect: str) -> Any:
    """The tree of a condition, None where sqlglot cannot read it."""
    import logging

    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = sqlglot.parse_one(f"SELECT 1 WHERE {condition}", dialect=dialect)
    except (SqlglotError, RecursionError, TypeError):
        return None
    where = tree.args.get("where") if isinstance(tree, expressions.Select) else None
    return where.this if where is not None else None


def _truth(node: Any) -> bool | None:
    """The value of a constant condition, None where it depends on the row."""
    from sqlglot import expressions as e

    if isinstance(node, e.Paren):
        return _truth(node.this)
    if isinstance(node, e.Boolean):
        return bool(node.this)
    if isinstance(node, e.Literal) and not node.is_string:
        return str(node.this) not in ("0", "0.0")
    if isinstance(node, e.Not):
        inner = _truth(node.this)
        return None if inner is None else not inner
    if isinstance(node, e.And | e.Or):
        values = _truth(node.this), _truth(node.expression)
        decisive = isinstance(node, e.Or)
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    if isinstance(node, e.EQ | e.GTE | e.LTE | e.NullSafeEQ):
        return _compared(node)
    return None


def _compared(node: Any) -> bool | None:
    from sqlglot import expressions as e

    left, right = node.this, node.expression
    if left == right and isinstance(left, e.Column | e.Literal | e.Boolean):
        return True  # `a = a` leaves out only NULL
    if isinstance(left, e.Literal) and isinstance(right, e.Literal) and isinstance(node, e.EQ):
        return False
    return None


def compares_with_null(text: str, dialect: str) -> bool:
    """Whether a condition somewhere in the text compares with NULL by =, <> or !=.

    `SET a = NULL` and `a := NULL` assign; so a match counts only behind WHERE, ON, AND, OR, WHEN,
    CHECK or HAVING, with nothing of SET in between.
    """
    if not _NULL_COMPARED.search(text):
        return False
    found = tokens(text, dialect, _LARGEST)
    state: list[bool] = [False]  # per bracket: are we in a condition?
    for index, token in enumerate(found):
        if token.kind == SYMBOL and token.text == "(":
            state.append(state[-1])
        elif token.kind == SYMBOL and token.text == ")":
            state.pop() if len(state) > 1 else None
        elif token.kind == WORD and token.text in _CONDITION_WORDS:
            state[-1] = True
        elif token.kind == WORD and token.text in _LIST_WORDS:
            state[-1] = False
        elif (
            token.kind == WORD and token.text == "null" and state[-1] and _is_compared(found, index)
        ):
            return True
    return False


_CONDITION_WORDS = frozenset(("where", "on", "and", "or", "when", "check", "having", "not"))
_LIST_WORDS = frozenset(
    ("set", "select", "values", "then", "else", "returning", "default", "update", "from")
)


def _is_compared(found: list[Token], index: int) -> bool:
    beside = [found[index - 1]] if index else []
    if index + 1 < len(found):
        beside.append(found[index + 1])
    return any(token.kind == SYMBOL and token.text in ("=", "<>", "!=") for token in beside)


def bounded(condition: str, dialect: str) -> bool:
    """Whether the condition surely picks few rows: a key equals a value or is in a list of values.

    Without the schema a key is a column that is named like one.
    """
    found = tokens(condition, dialect, _LARGEST)
    if any(token.kind == WORD and token.text == "or" for token in found):
        return False
    for index, token in enumerate(found[:-2]):
        if token.kind not in (WORD, NAME) or not _KEY.search(token.text):
            continue
        operator, value = found[index + 1], found[index + 2]
        if operator.text == "=" and value.kind in _VALUES:
            return True
        if operator.text == "in" and _is_value_list(found, index + 2):
            return True
    return False


_KEY = re.compile(r"(?:^|_)(?:id|uuid|key|slug|code|email|name|token)$|[a-z](?:Id|ID|Key|Uuid)$")


def _is_value_list(found: list[Token], index: int) -> bool:
    """(1, 2, 3)"""
    if found[index].text != "(":
        return False
    for token in found[index + 1 :]:
        if token.text == ")":
            return True
        if token.kind not in _VALUES and token.text != ",":
            return False
    return False


def selects_rows(text: str, dialect: str) -> bool:
    """Whether INSERT ... SELECT takes rows of a table: a FROM of its own, not of a subquery's."""
    depth, least = 0, 1
    for token in tokens(text, dialect, _LARGEST):
        if token.kind == SYMBOL:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        elif token.kind == WORD and token.text == "select":
            least = min(least, depth)
        elif token.kind == WORD and token.text == "from" and depth <= least:
            return True
    return False
