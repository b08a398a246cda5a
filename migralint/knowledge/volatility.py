"""Does an expression differ from row to row? Told by the functions that it calls.

PostgreSQL writes a table again for a new column whose default is volatile; now() is stable, one
value for the whole statement, and costs nothing.
https://www.postgresql.org/docs/current/xfunc-volatility.html
"""

from __future__ import annotations

from migralint.built import measured
from migralint.model import UNKNOWN
from migralint.sql.tokens import NAME, PARAMETER, SYMBOL, TEMPLATE, WORD, Token, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Unknown

# Words before a parenthesis that is no call, and syntax that looks like a call and is immutable.
_SYNTAX_WORDS = """
    all and any array as between by case cast check coalesce collate default distinct do else end
    except exists extract filter first from full greatest grouping having in intersect is join last
    least like limit normalize not null nullif nulls offset on or order over overlay position row
    select similar some substring symmetric then to treat trim union using values when where with
    xmlattributes xmlconcat xmlelement xmlforest xmlparse xmlpi xmlroot xmlserialize json_array
    json_object json_value json_query json_exists json_scalar merge_action current_date current_time
    current_timestamp localtime localtimestamp ilike isnull notnull bigint bit bool boolean bpchar
    char character date dec decimal float integer int int2 int4 int8 interval nchar numeric real
    precision
    smallint text time timestamp timestamptz timetz varbit varchar varying zone
"""
_SYNTAX = frozenset(_SYNTAX_WORDS.split())
_SELECTS = ("select", "values", "table")


def is_volatile(expression: str) -> bool | Unknown:
    """True for random() and the like, False for now(), UNKNOWN for the project's own functions."""
    answers = list(_answers(tokens(expression, "postgres")))
    if True in answers:
        return True
    return UNKNOWN if UNKNOWN in answers else False


def volatility(schema: str, name: str) -> str | Unknown:
    """What a function of PostgreSQL or its extensions is: "volatile", "stable" or "immutable"."""
    data = measured("postgres-functions")
    if schema in ("", "pg_catalog"):
        for kind in ("volatile", "stable", "immutable"):
            if _among(name, data[kind]) or _among(name, data[f"newer_{kind}"]):
                return kind
    if schema != "pg_catalog":  # an extension may live in any schema
        for kind in ("volatile", "stable", "immutable"):
            if _among(name, data[f"extension_{kind}"]):
                return kind
    return UNKNOWN


def _among(name: str, names: str) -> bool:
    return f" {name} " in f" {names} "


def _answers(parts: list[Token]) -> Iterator[bool | Unknown]:
    """One for each call, and one for each thing whose value cannot be known here."""
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else None
        if part.kind in (PARAMETER, TEMPLATE) or (part.kind == WORD and part.text in _SELECTS):
            yield UNKNOWN
        if part.kind not in (WORD, NAME) or following is None or following.text != "(":
            continue
        if (
            following.kind != SYMBOL
            or _is_type(parts, index)
            or (part.kind == WORD and part.text in _SYNTAX)
        ):
            continue
        found = volatility(_schema(parts, index), part.text)
        yield UNKNOWN if found is UNKNOWN else found == "volatile"


def _is_type(parts: list[Token], index: int) -> bool:
    """Behind :: and AS stands a type, whose parenthesis is a length."""
    start = index - 2 if _schema(parts, index) else index
    before = parts[start - 1] if start else None
    return before is not None and (
        (before.kind == SYMBOL and before.text == "::")
        or (before.kind == WORD and before.text == "as")
    )


def _schema(parts: list[Token], index: int) -> str:
    if index >= 2 and parts[index - 1].kind == SYMBOL and parts[index - 1].text == ".":
        return parts[index - 2].text
    return ""
