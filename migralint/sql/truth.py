"""What the tokens of a condition say surely of its truth, so that few need a tree of sqlglot."""

from __future__ import annotations

from migralint.model import UNKNOWN
from migralint.sql.tokens import NAME, NUMBER, STRING, SYMBOL, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.model import Unknown
    from migralint.sql.tokens import Token

    Truth = bool | Unknown | None

_DEEPEST = 100  # conditions in brackets, one in the other
_SIMPLE = (WORD, NAME, SYMBOL)
_LESS_OR_GREATER = ("<", ">", "<>", "!=")
_COMPARES = ("=", ">=", "<=", *_LESS_OR_GREATER)
_CONSTANTS = {"true": True, "false": False, "null": None}
# Words that are no column, or that make what follows them another thing than it seems.
_OTHER = frozenset(
    ("and", "any", "all", "array", "between", "case", "cast", "default", "div", "exists", "in",
     "interval", "is", "isnull", "like", "mod", "notnull", "not", "or", "row", "select", "some",
     "user", "values", "with", "xor")
)  # fmt: skip
_HIDES = frozenset(("or", "xor", "case", "between"))  # those that hide which conditions AND joins


def truth(found: Sequence[Token]) -> Truth:
    """True or False for every row, None where it depends on the row; UNKNOWN: ask for the tree."""
    return _truth(found) if all(_is_plain(token) for token in found) else UNKNOWN


def varies(found: Sequence[Token]) -> bool:
    """Whether one of the conditions that must all hold depends on the row, so that not every row
    fulfils them, whatever the others are."""
    if any(token.word in _HIDES or token.symbol == "||" for token in found):
        return False
    return any(truth(part) is None for part in _split(_bare(found), "and"))


def _is_plain(token: Token) -> bool:
    """Of a form that every parser knows: 12, 'text', a word, a name, a symbol."""
    if token.kind == NUMBER:
        return token.text.isdigit() and token.text.isascii()
    return token.written[0] == "'" if token.kind == STRING else token.kind in _SIMPLE


def _truth(found: Sequence[Token], depth: int = 0) -> Truth:
    if depth > _DEEPEST:
        return UNKNOWN
    found = _bare(found)
    for word, decisive in (("or", True), ("and", False)):
        parts = _split(found, word)
        if len(parts) > 1:
            values = [_truth(part, depth + 1) for part in parts]
            if UNKNOWN in values:
                return UNKNOWN
            return decisive if decisive in values else None if None in values else not decisive
    nots = 0
    while nots < len(found) and found[nots].word == "not":
        nots += 1
    if nots:
        inner = _truth(found[nots:], depth + 1)
        return inner if inner is UNKNOWN or inner is None else inner is (nots % 2 == 0)
    return _comparison(found)


def _comparison(found: Sequence[Token]) -> Truth:
    if [token.word for token in found if token.word != "not"][-2:] == ["is", "null"]:
        return None  # of whatever expression
    if found and found[0].word == "exists" and _is_query(found[1:]):
        return None
    left = _operand(found)
    if not left:
        return UNKNOWN
    kind, rest = found[0].kind, found[left:]
    if not rest:
        if kind == NUMBER:
            return found[0].text != "0"
        return _CONSTANTS.get(found[0].text) if kind == WORD and left == 1 else None
    operator, right = rest[0], rest[1:]
    if operator.word:
        return None if _picks(rest) else UNKNOWN
    if operator.symbol not in _COMPARES:
        return UNKNOWN
    if _is_query(right) or (right and operator.symbol in _LESS_OR_GREATER):
        return None
    if not right or _operand(right) != len(right):
        return UNKNOWN
    return _compared(found[:left], operator.symbol, right)


def _compared(left: Sequence[Token], operator: str, right: Sequence[Token]) -> Truth:
    """`a = a` leaves out only NULL; two literals are equal or not."""
    one, other = ("".join(token.written for token in side) for side in (left, right))
    literals = all(side[0].kind in (NUMBER, STRING) for side in (left, right))
    if operator in _LESS_OR_GREATER or "null" in (one.lower(), other.lower()):
        return None
    if one.lower() in _CONSTANTS and other.lower() in _CONSTANTS:
        return True if one.lower() == other.lower() else None
    if one == other:  # an unquoted word may be a function without brackets
        return True if literals or all(token.kind != WORD for token in left) else UNKNOWN
    if not literals or operator != "=":
        return None
    return UNKNOWN if "\\" in one + other or "''" in one + other else False


def _is_query(found: Sequence[Token]) -> bool:
    return len(found) > 2 and found[1].word == "select" and len(_bare(found)) == len(found) - 2


def _picks(rest: Sequence[Token]) -> bool:
    """IS NULL, LIKE 'a%', IN (1, 2), IN (SELECT ...), and these with NOT."""
    words = [token.word for token in rest if token.word]
    last = rest[-1]
    if words[0] == "is":
        return len(words) == len(rest) and words[1:] in (["null"], ["not", "null"])
    words = words[words[0] == "not" :]
    if words in (["like"], ["ilike"]):
        return last.kind == STRING and len(rest) - len(words) < 3
    texts = [token.text for token in rest]
    if words[:2] == ["in", "select"]:
        return _is_query(rest[texts.index("in") + 1 :])
    if words != ["in"] or last.text != ")" or "(" not in texts:
        return False
    inside = rest[texts.index("(") + 1 : -1]
    return bool(inside) and all(
        token.text == "," if number % 2 else token.kind in (NUMBER, STRING)
        for number, token in enumerate(inside)
    )


def _operand(found: Sequence[Token]) -> int:
    """How many tokens a literal, a constant or a column takes; 0 where it is something else."""
    if not found:
        return 0
    if found[0].kind in (NUMBER, STRING):
        return 1
    size = 0
    while size < len(found) and found[size].kind in (WORD, NAME):
        if found[size].word in _OTHER:
            return 0
        size += 2
        if size > len(found) or found[size - 1].text != ".":
            return size - 1
    return 0


def _split(found: Sequence[Token], word: str) -> list[Sequence[Token]]:
    """What stands between the words, those in brackets aside."""
    parts: list[Sequence[Token]] = []
    depth = start = 0
    for index, token in enumerate(found):
        if token.symbol:
            depth += {"(": 1, ")": -1}.get(token.symbol, 0)
        elif not depth and token.word == word:
            parts.append(found[start:index])
            start = index + 1
    return [*parts, found[start:]]


def _bare(found: Sequence[Token]) -> Sequence[Token]:
    """Without the brackets around all of it."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for index, token in enumerate(found):
        if token.symbol == "(":
            opened.append(index)
        elif token.symbol == ")":
            if not opened:
                break
            closing[opened.pop()] = index
    start, end = 0, len(found) - 1
    while closing.get(start) == end:
        start, end = start + 1, end - 1
    return found[start : end + 1]
