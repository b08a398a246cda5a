"""What conditions and data statements say. Imported only on demand.

Each question is put to the text: most conditions answer it without a tree of sqlglot, importing
which costs more than everything else that the hook does.
"""

from __future__ import annotations

from migralint.model import UNKNOWN
from migralint.regex import pattern
from migralint.sql.tokens import NAME, NUMBER, PARAMETER, STRING, WORD, tokens
from migralint.sql.truth import truth, varies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from migralint.model import Unknown
    from migralint.sql.tokens import Token

_NULL_COMPARED = pattern(r"(?i)(?:[^<>=!:]=|<>|!=)\s*null\b|\bnull\s*(?:=|<>|!=)")
_LARGEST = 100_000  # characters: sqlglot needs seconds and gigabytes beyond
_VALUES = (STRING, NUMBER, PARAMETER)
_COMPARES = ("=", "<", ">", "<=", ">=", "<>", "!=")
_ASKS = ("is", "in", "like", "ilike", "between")


def always_true(condition: str, dialect: str) -> bool | Unknown:
    """Whether the condition holds for every row: TRUE, 1 = 1, a = a, or one of these behind OR."""
    found = tokens(condition, dialect, _LARGEST)
    words = {token.word for token in found}
    if not found or len(condition) > _LARGEST:
        return UNKNOWN
    if not words & {"or", "not", "case", "coalesce"} and _names_a_value(found):
        return False
    known = truth(found)
    if known is not UNKNOWN:
        return known is True
    if varies(found):
        return False
    from migralint.sql import tree

    return tree.always_true(condition, dialect)


def _names_a_value(found: list[Token]) -> bool:
    """A conjunct `column = literal` is enough: the whole is not always true."""
    for before, operator, after in zip(found, found[1:], found[2:], strict=False):
        if before.kind not in (WORD, NAME):
            continue
        if operator.word in _ASKS or (operator.symbol in _COMPARES and after.kind in _VALUES):
            return True
    return False


def compares_with_null(text: str, dialect: str) -> bool:
    """Whether a condition somewhere in the text compares with NULL by =, <> or !=.

    `SET a = NULL` and `a := NULL` assign; so a match counts only behind WHERE, ON, AND, OR, WHEN,
    CHECK or HAVING, with nothing of SET in between.
    """
    if "null" not in text.lower() or not _NULL_COMPARED.search(text):
        return False
    found = tokens(text, dialect, _LARGEST)
    state: list[bool] = [False]  # per bracket: are we in a condition?
    for index, token in enumerate(found):
        if token.symbol == "(":
            state.append(state[-1])
        elif token.symbol == ")":
            state.pop() if len(state) > 1 else None
        elif token.word in _CONDITION_WORDS:
            state[-1] = True
        elif token.word in _LIST_WORDS:
            state[-1] = False
        elif token.word == "null" and state[-1] and _is_compared(found, index):
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
    return any(token.symbol in ("=", "<>", "!=") for token in beside)


def bounded(condition: str, dialect: str, unique: Collection[str] | None = None) -> bool:
    """Whether the condition surely picks few rows: a key equals a value or is in a list of values.

    A key is a `unique` column, or one that refers to a row; where the table is not known (None),
    also one that is named like a key.
    """
    keys = _KEY if unique is None else _REFERENCE
    found = tokens(condition, dialect, _LARGEST)
    if any(token.word == "or" for token in found):
        return False
    for index, token in enumerate(found[:-2]):
        if token.kind not in (WORD, NAME):
            continue
        names = {token.text, token.text.lower()}
        if not keys.search(token.text) and names.isdisjoint(unique or ()):
            continue
        operator, value = found[index + 1], found[index + 2]
        if operator.text == "=" and value.kind in _VALUES:
            return True
        if operator.text == "in" and _is_value_list(found, index + 2):
            return True
    return False


_KEY = pattern(r"(?:^|_)(?:id|uuid|key|slug|code|email|name|token)$|[a-z](?:Id|ID|Key|Uuid)$")
_REFERENCE = pattern(r"(?:^|_)(?:id|uuid)$|[a-z](?:Id|ID|Uuid)$")


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
        if token.symbol:
            depth += {"(": 1, ")": -1}.get(token.symbol, 0)
        elif token.word == "select":
            least = min(least, depth)
        elif token.word == "from" and depth <= least:
            return True
    return False
