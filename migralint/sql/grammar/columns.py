"""Column definitions, in CREATE TABLE and in ALTER TABLE: types, defaults, inline constraints."""

from __future__ import annotations

from migralint.sql.grammar.constraints import (
    attributes,
    check,
    conflict_clause,
    deferrable_words,
    index_parameters,
    nulls_not_distinct,
    references,
)
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread, words
from migralint.sql.tokens import SYMBOL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Name

# Behind a type or a default, these words begin something else.
AFTER_TYPE = words(
    "constraint not null default check unique primary references generated collate deferrable "
    "initially as auto_increment autoincrement comment on key first after storage compression "
    "invisible visible virtual stored persistent using no options charset srid column_format "
    "engine_attribute secondary_engine_attribute"
)
_AFTER_DEFAULT = AFTER_TYPE - {"as", "no", "using"}
# These cannot be a type's first word: the type is missing.
_NO_TYPE = words("constraint not null default check unique primary references collate")
_MAY_LENGTHEN = frozenset(("character", "with", "without"))
_TYPE_ENDS = AFTER_TYPE | _MAY_LENGTHEN
_LONGER_TYPE = frozenset(("time", "varying", "large", "local"))
SERIAL = words("serial bigserial smallserial serial2 serial4 serial8")
_CONSTRAINT_STARTS = words("not null default check unique primary references generated")
_FACTS = words("not null default generated collate")
_TIGHT_BEFORE = frozenset("(),.[]:")


def type_text(
    reader: Reader, stops: frozenset[str] = AFTER_TYPE, symbols: str = ",", required: bool = True
) -> str:
    """A type as one string: words in lower case, single spaces, quoted names as written."""
    start, first = reader.at, reader.peek()
    missing = first.kind == SYMBOL or first.word in _NO_TYPE
    if missing or (reader.dialect == "sqlite" and first.word in stops):
        if required and reader.dialect != "sqlite":
            raise Unread(f"expected a type at {reader.near()}")
        return ""
    reader.at += 1
    ends = _TYPE_ENDS if stops is AFTER_TYPE else stops | _MAY_LENGTHEN
    while reader.at < reader.stop:
        word = reader.word()
        if word in stops:
            break
        if word in _MAY_LENGTHEN:
            # VARCHAR(9) CHARACTER SET x is MySQL's; TIMESTAMP WITH TIME ZONE belongs to the type
            national = reader.tokens[reader.at - 1].text == "national"
            if reader.peek(1).text not in _LONGER_TYPE and not national:
                break
            reader.at += 1 if national else 2
            continue
        before = reader.at
        reader.skip_until(ends, symbols)
        if reader.at == before:
            break
    return _spelled(reader, start, reader.at)


def _spelled(reader: Reader, start: int, stop: int) -> str:
    if start + 1 == stop and reader.tokens[start].word:
        return reader.tokens[start].word
    pieces: list[str] = []
    for token in reader.tokens[start:stop]:
        text = token.word or token.written
        tight = not pieces or text[0] in _TIGHT_BEFORE or pieces[-1][-1] in "(.[:"
        pieces.append(text if tight else " " + text)
    return "".join(pieces).replace(",", ", ").replace(",  ", ", ")


def column(reader: Reader, table: Name, start: int, typed: bool = True, **more: Any) -> list[Found]:
    """A column's definition from its name on: the column, then its inline constraints."""
    name = reader.column()
    kind = type_text(reader, required=typed)
    facts: dict[str, Any] = {"table": table, "column": name, "type": kind, **more}
    facts["serial"] = kind in SERIAL
    facts["nullable"] = not facts["serial"]
    constraints = column_constraints(reader, table, name, facts)
    if facts.get("identity"):
        facts["nullable"] = False
    return [reader.found("add_column", start, **facts), *constraints]


def column_constraints(
    reader: Reader, table: Name, name: Name, facts: dict[str, Any]
) -> list[Found]:
    """NOT NULL, DEFAULT ... change `facts`; UNIQUE, CHECK ... are operations of their own."""
    found: list[Found] = []
    while reader.at < reader.stop:
        if reader.word() in _FACTS:
            _column_fact(reader, facts)
            continue
        start, named = reader.at, NOWHERE
        if reader.take("constraint") and reader.word() not in _CONSTRAINT_STARTS:
            named = reader.name()
        common = {"table": table, "constraint": named, "columns": (name,), "inline": True}
        operation = _column_constraint(reader, common, facts, start)
        if operation is not None:
            found.append(operation)
    return found


def _column_constraint(
    reader: Reader, common: dict[str, Any], facts: dict[str, Any], start: int
) -> Found | None:
    if reader.take_all("primary", "key"):
        facts["primary_key"], facts["nullable"] = True, False
        reader.one_of(("asc", "desc"))
        conflict_clause(reader)
        if reader.take("autoincrement"):
            facts["auto_increment"] = True
        index_parameters(reader)
        return reader.found("add_primary_key", start, **common, **attributes(reader))
    if reader.take("unique"):
        reader.take("key")
        facts["unique"] = True
        common["nulls_not_distinct"] = nulls_not_distinct(reader)
        conflict_clause(reader)
        index_parameters(reader)
        return reader.found("add_unique", start, **common, **attributes(reader))
    if reader.take("check"):
        facts["check"] = True
        return check(reader, common, start)
    if reader.word() == "references":
        reference = references(reader)
        facts["references"] = reference["references"]
        return reader.found("add_foreign_key", start, **common, **reference, **attributes(reader))
    _column_fact(reader, facts)
    return None


def _column_fact(reader: Reader, facts: dict[str, Any]) -> None:
    if reader.take_all("not", "null"):
        facts["nullable"] = False
        attributes(reader)
        conflict_clause(reader)
    elif reader.take("null"):
        facts["nullable"] = True
    elif reader.take("default"):
        facts["has_default"] = True
        facts["default"] = default_text(reader)
    elif reader.take("generated"):
        _generated(reader, facts)
    elif reader.word() == "as" and reader.dialect != "postgres":
        reader.at += 1
        _computed(reader, facts)
    elif reader.take("collate"):
        start = reader.at
        reader.name()
        facts["collation"] = reader.source(start, reader.at)
    elif not deferrable_words(reader) and not _column_option(reader, facts):
        raise Unread(f"did not expect {reader.near()} in a column's definition")


def _column_option(reader: Reader, facts: dict[str, Any]) -> bool:
    """What one database alone has: storage, foreign options; MySQL's and SQLite's attributes."""
    if reader.one_of(("storage", "compression")):
        reader.next()
        return True
    if reader.take("options"):
        reader.skip_parens()
        return True
    return reader.dialect != "postgres" and _mysql_option(reader, facts)


def _mysql_option(reader: Reader, facts: dict[str, Any]) -> bool:
    if reader.one_of(("auto_increment", "autoincrement")):
        facts["auto_increment"] = True
    elif reader.take("comment"):
        reader.literal()
        facts["comment"] = True
    elif reader.take_all("on", "update"):
        reader.skip_until(_AFTER_DEFAULT, ",")
    elif reader.take("first"):
        facts["position"] = "first"
    elif reader.take("after"):
        reader.column()
        facts["position"] = "after"
    elif reader.take("charset") or reader.take_all("character", "set"):
        facts["charset"] = reader.identifier()
    elif reader.one_of(("column_format", "engine_attribute", "secondary_engine_attribute", "srid")):
        reader.symbol("=")
        reader.next()
    elif reader.take_all("on", "conflict"):
        reader.next()
    else:
        return bool(reader.one_of(("invisible", "visible", "key", "signed")))
    return True


def _generated(reader: Reader, facts: dict[str, Any]) -> None:
    if not reader.take("always"):
        reader.expect("by", "default")
        reader.take_all("on", "null")
    reader.expect("as")
    if reader.take("identity"):
        facts["identity"] = True
        if reader.opens():
            reader.skip_parens()
    else:
        _computed(reader, facts)


def _computed(reader: Reader, facts: dict[str, Any]) -> None:
    inside = reader.skip_parens()
    facts["expression"] = reader.source(*inside)
    stored = reader.one_of(("stored", "virtual", "persistent"))
    # VIRTUAL is the default of PostgreSQL 18, MySQL and SQLite; before 18 STORED must be written.
    facts["generated"] = "stored" if stored in ("stored", "persistent") else "virtual"


def default_text(reader: Reader) -> str:
    """The expression behind DEFAULT as written; its first token may be any word, as NULL is."""
    start = reader.at
    if reader.done():
        raise Unread("DEFAULT without an expression")
    if reader.opens():
        reader.skip_parens()
    else:
        reader.at += 1
    reader.skip_until(_AFTER_DEFAULT, ",")
    return reader.source(start, reader.at)
