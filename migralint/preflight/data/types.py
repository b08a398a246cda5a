"""Questions about a column's new type: which values of today do not fit it.

Without USING the server casts as an assignment does: too long a text is an error, a number is
rounded. An explicit cast to varchar(n) cuts instead, which loses data and does not fail.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migralint.knowledge import types
from migralint.model import UNKNOWN, Name
from migralint.preflight.data.question import Question, Undecided, qualified
from migralint.sql.tokens import NAME, NUMBER, WORD, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migralint.knowledge.types import Type
    from migralint.model import Operation
    from migralint.preflight.data.standing import Moment

    Answer = Question | Undecided

_TEXTS = ("text", "character varying", "character", "citext", "bpchar", "name", "char", "varchar",
          "tinytext", "mediumtext", "longtext")  # fmt: skip
_RANGES = {
    "smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1),
    "tinyint": (-(2**7), 2**7 - 1), "mediumint": (-(2**23), 2**23 - 1),
}  # fmt: skip
_BYTES = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1}  # MySQL's
_NUMBERS = (*_RANGES, "numeric", "decimal", "real", "double precision", "double", "float", "money")
# What the input functions accept, spaces around it allowed.
_INTEGER = r"^\s*[+-]?[0-9]+\s*$"
_NUMERIC = (
    r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$|^\s*(nan|[+-]?inf(inity)?)\s*$"
)
_UUID = r"^\s*\{?[0-9a-f]{4}(-?[0-9a-f]{4}){7}\}?\s*$"
_MORE = ("with", "without", "time", "zone", "precision", "varying")  # words of a type's name
_BETWEEN = ("(", ")", "::", "[", "]", ".", ",")
_TRY = ("", "", "")
_BOOLEAN = r"^\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|0|1)\s*$"


def only_casts(using: str, column: Name) -> bool:
    """Whether the expression is the column through casts and nothing else."""
    own, before = False, ""
    for token in tokens(using, "postgres"):
        last, before = before, token.text
        if token.kind not in (WORD, NAME):
            if token.text not in _BETWEEN and not (token.kind == NUMBER and own):
                return False
        elif not own:
            own = token.text == column.name
            if not own:
                return False
        elif last not in ("::", ".") and token.text not in _MORE:
            return False
    return own


def column_of(moment: Moment, operation: Operation) -> Name:
    """MySQL's CHANGE a b renames first: by then the column has its new name."""
    facts = operation.facts
    new: Name = facts.get("new_name") or facts["column"]
    return new if new in moment.table(facts["table"]).columns else facts["column"]


def ask(moment: Moment, operation: Operation) -> Iterable[Answer]:
    facts = operation.facts
    table, column = facts["table"], column_of(moment, operation)
    standing = moment.table(table)
    said = f"changing {table}.{column} to {facts['type']}"
    old, new = standing.types.get(column, ""), str(facts["type"])
    using = str(facts.get("using") or "")
    if standing.untold((column,)):
        if using or any(True for _ in _cast(moment, operation, said, old, new)):
            yield Undecided(said, "its values are made by an earlier statement")
    elif using and not only_casts(using, column):
        yield from _evaluated(moment, operation, said, using, new)
    else:
        yield from _cast(moment, operation, said, old, new)


def _evaluated(
    moment: Moment, operation: Operation, said: str, using: str, new: str
) -> Iterable[Answer]:
    """An expression of the author's own is worked out for every row: it fails or it does not."""
    facts = operation.facts
    read = types.read(new)
    cast = f"({using})::{new}" if read is not UNKNOWN and read.builtin else f"({using})"
    values = moment.enum(new)
    columns = (facts["column"],)
    if values is not None:
        where = f"({using})::text NOT IN ({_labels(values)})" if values else "true"
        if "::" in using:
            yield Undecided(
                said, "its USING has casts to a type that is made by an earlier statement"
            )
            return
        yield Question(
            said, "a value that the type has not", facts["table"], columns, where, "22P02"
        )
        return
    what = "a value for which USING fails"
    yield Question(said, what, facts["table"], columns, "", "", tried=cast)


def _labels(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _cast(moment: Moment, operation: Operation, said: str, old: str, new: str) -> Iterable[Answer]:
    facts = operation.facts
    table, column = facts["table"], column_of(moment, operation)
    sql = qualified(table, column, moment.dialect)
    explicit = bool(facts.get("using"))
    values = moment.enum(new)
    if values is not None:
        if moment.enum(old) is not None and not explicit and old != new:
            always = "one enum is not cast to another without USING (42804)"
            yield Question(said, "", table, (column,), "", "42804", always=always)
            return
        yield _enum(said, table, column, sql, new, values)
        return
    before, after = (types.read(text, moment.dialect) if text else UNKNOWN for text in (old, new))
    if before is UNKNOWN or after is UNKNOWN:
        yield Undecided(said, f"what it is now could not be read ({old or 'unknown'})")
        return
    if before == after or not after.builtin:
        if before != after:
            yield Undecided(said, f"{new} is a type of your own")
        return
    if _needs_using(before, after, moment.dialect) and not explicit:
        always = f"{old} is not cast to {new} without USING (42804)"
        yield Question(said, "", table, (column,), "", "42804", always=always)
        return
    found = _condition(before, after, sql, explicit, moment)
    if found is None:
        return
    if found == _TRY:
        yield from _tried(moment, said, table, column, sql, new)
        return
    where, what, code = found
    yield Question(said, what, table, (column,), where, code)


def _enum(said: str, table: Name, column: Name, sql: str, new: str, values: list[str]) -> Question:
    fits = f"IN ({_labels(values)})" if values else "IN (NULL)"
    if new.rstrip().endswith("[]"):
        where = f"EXISTS (SELECT FROM unnest({sql}::text[]) AS one WHERE one NOT {fits})"
    else:
        where = f"{sql}::text NOT {fits}" if values else f"{sql} IS NOT NULL"
    return Question(said, "a value that the new type has not", table, (column,), where, "22P02")


def _needs_using(before: Type, after: Type, dialect: str) -> bool:
    """What PostgreSQL casts only when told to."""
    if dialect != "postgres" or before.dimensions or after.dimensions:
        return False
    if before.name in _TEXTS:
        return after.name not in _TEXTS
    numbers = before.name in _NUMBERS, after.name in _NUMBERS
    if after.name in _TEXTS or before.name == after.name or all(numbers):
        return False
    return True in numbers or before.name in ("boolean", "uuid")


def _condition(
    before: Type, after: Type, sql: str, explicit: bool, moment: Moment
) -> tuple[str, str, str] | None:
    """(condition, what, SQLSTATE); None where all fits, _TRY where the cast itself must say it."""
    if before.dimensions or after.dimensions:
        return _TRY
    if after.name == "enum" and after.values and moment.dialect == "mysql":
        labels = _labels(list(after.values)).replace("\\", "\\\\")
        return f"{sql} NOT IN ({labels})", "a value that the new list has not", "1265"
    if after.name in _TEXTS:
        return _too_long(before, after, sql, explicit, moment.dialect)
    if before.name in _NUMBERS and after.name in _RANGES:
        if before.unsigned == after.unsigned and _fits(before.name, after.name):
            return None
        low, high = _RANGES[after.name]
        low, high = (0, high - low) if after.unsigned else (low, high)
        value = sql if before.name in _RANGES else f"round({sql})"
        return f"{value} NOT BETWEEN {low} AND {high}", "a value outside of its range", "22003"
    if before.name in _NUMBERS and after.name in ("numeric", "decimal"):
        if not after.arguments:
            return None
        return _digits(after, sql, before), "a value with too many digits", "22003"
    if before.name in _TEXTS and moment.dialect == "postgres":
        return _parsed(after, sql, moment.version)
    return _TRY


def _fits(before: str, after: str) -> bool:
    return (
        before in _RANGES
        and _RANGES[after][0] <= _RANGES[before][0]
        and _RANGES[before][1] <= _RANGES[after][1]
    )


def _digits(after: Type, sql: str, before: Type) -> str:
    precision, scale = (*after.arguments, 0)[:2]
    value = f"{sql}::numeric" if before.name in ("real", "double precision", "money") else sql
    return f"abs(round({value}, {scale})) >= {10 ** (precision - scale)}"


def _too_long(
    before: Type, after: Type, sql: str, explicit: bool, dialect: str
) -> tuple[str, str, str] | None:
    if not after.arguments:
        held = _BYTES.get(after.name) if dialect == "mysql" else None
        what = f"a text of more than {held} bytes"
        return (f"length({sql}) > {held}", what, "1406") if held else None
    limit = after.arguments[0]
    if before.name in _TEXTS and before.arguments and before.arguments[0] <= limit:
        return None
    if explicit and dialect == "postgres":
        return None  # cut without an error
    text = sql if before.name in _TEXTS else f"{sql}::text"
    length = "length" if dialect == "postgres" else "char_length"
    return f"{length}(rtrim({text})) > {limit}", f"a text longer than {limit} characters", "22001"


def _parsed(after: Type, sql: str, version: int) -> tuple[str, str, str]:
    """From text: what the type's input function would not read."""
    if version >= 16 and not after.arguments:
        name = after.name.replace("'", "''")
        return f"NOT pg_input_is_valid({sql}::text, '{name}')", f"no {after.name}", "22P02"
    forms: dict[str, Callable[[str], str]] = {
        "uuid": lambda text: f"{text} !~* '{_UUID}'",
        "boolean": lambda text: f"{text} !~* '{_BOOLEAN}'",
        **dict.fromkeys(_RANGES, lambda text: _integer(text, after.name)),
        "numeric": lambda text: f"{text} !~* '{_NUMERIC}'",
    }
    form = forms.get(after.name)
    if form is None or (after.name == "numeric" and after.arguments):
        return _TRY
    return form(f"{sql}::text"), f"no {after.name}", "22P02"


def _integer(text: str, name: str) -> str:
    low, high = _RANGES[name]
    value = f"CASE WHEN {text} ~ '{_INTEGER}' THEN {text}::numeric END"
    return f"({text} !~ '{_INTEGER}' OR {value} NOT BETWEEN {low} AND {high})"


def _tried(
    moment: Moment, said: str, table: Name, column: Name, sql: str, new: str
) -> Iterable[Answer]:
    """No condition says it better than the cast itself, tried on every row."""
    if moment.dialect != "postgres":
        yield Undecided(said, "no query of ours decides this change of type")
        return
    what = f"a value that is no {new}"
    yield Question(said, what, table, (column,), "", "", tried=f"{sql}::{new}")
