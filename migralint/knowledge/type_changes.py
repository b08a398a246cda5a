"""What a change of a column's type does: is the table written again, and does every old value fit?

`type_change` follows what PostgreSQL does in ATColumnChangeRequiresRewrite and in the support
functions of its length coercions; the tests ask a server about every pair of a matrix of types.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from migralint.built import measured
from migralint.knowledge import types
from migralint.model import UNKNOWN
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.knowledge.types import Type
    from migralint.model import Unknown

NOTHING, REWRITE, REFUSED = "nothing", "rewrite", "refused"

_STRINGS = ("text", "character varying", "character", "bpchar", "name", "citext")
_TIMESTAMPS = ("timestamp without time zone", "timestamp with time zone")
_TEMPORAL = (*_TIMESTAMPS, "time without time zone", "time with time zone", "interval")
_FULL_PRECISION = 6


def type_change(
    old: str,
    new: str,
    version: int,
    using: str = "",
    column: str = "",
    timezone: str = "",
    old_variety: str = "",
    new_variety: str = "",
) -> str | Unknown:
    """What PostgreSQL does to the rows: "nothing", "rewrite", "refused" or UNKNOWN.

    `timezone` is the session's TimeZone ("" unknown). A variety says what a type of the project's
    own is: "enum", "composite", "constrained domain", "domain TYPE" (without one), "" unknown.
    """
    if new_variety == "constrained domain":
        return REWRITE
    before, after = _under(old, old_variety), _under(new, new_variety)
    path = _casts(using, column) if using else ()
    if path is None:
        return REWRITE
    steps = [types.read(step) for step in path]
    varieties = {old: old_variety, new: new_variety}
    results = []
    for texts, source, target, explicit in _pairs([old, *path, new], [before, *steps, after]):
        known = (varieties.get(texts[0], ""), varieties.get(texts[1], ""))
        results.append(_step(source, target, version, explicit, timezone, known))
    for result in (REFUSED, REWRITE, UNKNOWN):
        if result in results:
            return result
    return NOTHING


# Types that share the operators of another's indexes; an array of any type has those of arrays.
_OPERATORS = {"character varying": "text", "cidr": "inet"}


def operators_change(
    old: str, new: str, old_variety: str = "", new_variety: str = ""
) -> bool | Unknown:
    """Must an index on the column be built again, though the rows stay as they are?

    So it is where the default operator class of the new type is another one: text -> citext,
    timestamp -> timestamptz (in UTC), int -> oid.
    """
    before, after = _under(old, old_variety), _under(new, new_variety)
    if before is UNKNOWN or after is UNKNOWN or not (before.builtin and after.builtin):
        return UNKNOWN
    if before.dimensions and after.dimensions:
        return False
    names = [_OPERATORS.get(t.name, "oid" if t.name.startswith("reg") else t.name)
             for t in (before, after)]  # fmt: skip
    return names[0] != names[1]


def _under(text: str, variety: str) -> Type | Unknown:
    """The type; for a domain whose base is known, that."""
    return types.read(variety.removeprefix("domain ") if variety.startswith("domain ") else text)


def _pairs(
    texts: list[str], read: list[Type | Unknown]
) -> list[tuple[tuple[str, str], Type | Unknown, Type | Unknown, bool]]:
    last = len(read) - 2
    return [
        ((texts[i], texts[i + 1]), read[i], read[i + 1], i < last) for i in range(len(read) - 1)
    ]


_CAST = pattern(r"(?is)cast\s*\((.*)\s+as\s+([^()]*(?:\([\d\s,]*\))?[^()]*)\)")
_LONGEST_CAST = 300
_COLUMN = pattern(r'(?:(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)\s*\.\s*)?("(?:[^"]|"")+"|[^\W\d][\w$]*)')


def _casts(using: str, column: str) -> tuple[str, ...] | None:
    """The types that the expression casts the column to, one by one; None if it does more."""
    text = using.strip()
    if len(text) > _LONGEST_CAST:
        return None
    if text.startswith("(") and _closes(text) == len(text) - 1:
        return _casts(text[1:-1], column)
    if cast := _CAST.fullmatch(text):
        inner = _casts(cast[1], column)
        return None if inner is None else (*inner, cast[2].strip())
    if "::" in text:
        rest, _, target = text.rpartition("::")
        inner = _casts(rest, column)
        return None if inner is None or types.read(target) is UNKNOWN else (*inner, target.strip())
    named = _COLUMN.fullmatch(text)
    if not named or (column and _folded(named[1]) != _folded(column)):
        return None
    return ()


def _closes(text: str) -> int:
    """Where the parenthesis closes that opens the text."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return position
    return -1


def _folded(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.lower()


def _step(
    before: Type | Unknown,
    after: Type | Unknown,
    version: int,
    explicit: bool,
    timezone: str,
    varieties: tuple[str, str],
) -> str | Unknown:
    if before is UNKNOWN or after is UNKNOWN:
        return UNKNOWN
    if before.dimensions or after.dimensions:
        return _array_step(before, after, version, explicit)
    if before == after:
        return NOTHING
    if not (before.builtin and after.builtin):
        return _own_type_step(after, explicit, varieties)
    if before.name == after.name:
        return NOTHING if _keeps_length(before, after) else REWRITE
    if before.name in _TIMESTAMPS and after.name in _TIMESTAMPS:
        return _zone_step(after, version, timezone)
    cast = measured("postgres-casts")["casts"].get(before.name, {}).get(after.name, "  ")
    method, context = cast[0], cast[1]
    if context == "e" and not explicit:
        return REFUSED
    if method == "b":
        return REWRITE if after.arguments else NOTHING
    if method != " " or after.name in _STRINGS or (explicit and before.name in _STRINGS):
        return REWRITE
    return REFUSED


def _array_step(before: Type, after: Type, version: int, explicit: bool) -> str | Unknown:
    if before.dimensions and after.dimensions:
        inner = _step(_element(before), _element(after), version, explicit, "", ("", ""))
        same = before.name == after.name and inner == NOTHING
        unlimited = same and not after.arguments
        return (
            NOTHING
            if unlimited or _element(before) == _element(after)
            else _at_least_rewrite(inner)
        )
    if before.dimensions and after.name in _STRINGS:
        return REWRITE
    if explicit and not before.dimensions and before.name in _STRINGS:
        return REWRITE
    return REFUSED if before.builtin and after.builtin else UNKNOWN


def _element(array: Type) -> Type:
    return types.Type(array.name, array.arguments, 0, (), False, array.builtin)


def _at_least_rewrite(inner: str | Unknown) -> str | Unknown:
    return REWRITE if inner == NOTHING else inner


def _own_type_step(after: Type, explicit: bool, varieties: tuple[str, str]) -> str | Unknown:
    old, new = varieties
    if old in ("enum", "composite") and after.builtin:
        return REWRITE if after.name in _STRINGS else REFUSED
    if new in ("enum", "composite"):
        return REWRITE if explicit else REFUSED
    return UNKNOWN


def _zone_step(after: Type, version: int, timezone: str) -> str | Unknown:
    """timestamp and timestamptz are the same bytes where the session's zone is UTC (from 12 on)."""
    if version < 12 or (after.arguments and after.arguments[0] < _FULL_PRECISION):
        return REWRITE
    if not timezone:
        return UNKNOWN
    return NOTHING if timezone.upper() in ("UTC", "GMT", "ETC/UTC", "ZULU") else REWRITE


def _keeps_length(before: Type, after: Type) -> bool:
    old, new = before.arguments, after.arguments
    if old == new:
        return True
    if before.name in ("character", "bit"):
        return False
    if not new:
        return True
    if before.name == "numeric":
        return bool(old) and old[1:] == new[1:] and new[0] >= old[0]
    if before.name in _TEMPORAL and new[0] >= _FULL_PRECISION:
        return True
    return bool(old) and new[0] >= old[0]


def widening(
    old: str, new: str, version: int, timezone: str = "", using: str = "", column: str = ""
) -> bool | Unknown:
    """Every old value fits the new type, and the table is not written again (PostgreSQL)."""
    lossy = narrowing(old, new)
    change = type_change(old, new, version, using=using, column=column, timezone=timezone)
    if lossy is True or change in (REWRITE, REFUSED):
        return False
    return UNKNOWN if UNKNOWN in (lossy, change) else True


def narrowing(old: str, new: str, dialect: str = "postgres") -> bool | Unknown:
    """Is some value of the old type none of the new one, or only a cut or rounded one?"""
    from migralint.knowledge import ranges

    before, after = types.read(old, dialect), types.read(new, dialect)
    if before is UNKNOWN or after is UNKNOWN:
        return UNKNOWN
    return ranges.narrows(before, after, dialect)
