"""Constraints: PRIMARY KEY, UNIQUE, FOREIGN KEY, CHECK, EXCLUDE, and MySQL's indexes among them."""

from __future__ import annotations

from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Name

CONSTRAINT_WORDS = words(
    "constraint primary unique foreign check exclude index key fulltext spatial period not"
)
_ATTRIBUTES = words("not deferrable initially no enforced")
_KINDS = frozenset(("primary", "unique", "foreign", "check", "exclude"))


def table_constraint(reader: Reader, table: Name, start: int, inline: bool) -> Found:
    """[CONSTRAINT name] PRIMARY KEY | UNIQUE | FOREIGN KEY | CHECK | EXCLUDE | NOT NULL ..."""
    common: dict[str, Any] = {"table": table, "constraint": NOWHERE, "inline": inline}
    if reader.take("constraint"):
        reader.if_not_exists()  # MariaDB
        if (
            reader.dialect != "mysql" or reader.word() not in _KINDS
        ):  # MySQL: the name may be left out
            common["constraint"] = reader.name()
    if reader.take_all("primary", "key"):
        return _key(reader, "add_primary_key", common, start)
    if reader.take("unique"):
        return _key(reader, "add_unique", common, start)
    if reader.take_all("foreign", "key"):
        return _foreign_key(reader, common, start)
    if reader.take("check"):
        return check(reader, common, start)
    if reader.take("exclude"):
        return _exclusion(reader, common, start)
    if reader.take_all("not", "null"):
        name = reader.column()
        facts = {**common, "column": name, "columns": (name,), **attributes(reader)}
        facts.pop("no_inherit", None)
        return reader.found("add_not_null_constraint", start, **facts)
    return _mysql_index(reader, common, start)


def _key(reader: Reader, kind: str, common: dict[str, Any], start: int) -> Found:
    if reader.dialect == "mysql":
        reader.one_of(("key", "index"))
        reader.if_not_exists()  # MariaDB
        if not reader.opens() and reader.word() != "using":
            common["constraint"] = reader.name()
        index_parameters(reader)
    elif reader.take_all("using", "index"):
        facts = {**common, "using_index": reader.name()}
        return reader.found(kind, start, **facts, **attributes(reader))
    if kind == "add_unique":
        common["nulls_not_distinct"] = nulls_not_distinct(reader)
    columns = reader.columns()
    conflict_clause(reader)
    if reader.dialect == "postgres" and reader.take("include"):
        common["include"] = reader.columns()
    index_parameters(reader)
    return reader.found(kind, start, **common, columns=columns, **attributes(reader))


def _foreign_key(reader: Reader, common: dict[str, Any], start: int) -> Found:
    if reader.dialect == "mysql":
        reader.if_not_exists()
        if not reader.opens():
            common["constraint"] = reader.name()
    facts = {**common, "columns": reader.columns(), **references(reader)}
    return reader.found("add_foreign_key", start, **facts, **attributes(reader))


def check(reader: Reader, common: dict[str, Any], start: int) -> Found:
    """Behind CHECK, of a table or of a column."""
    inside = reader.skip_parens()
    facts = {**common, "expression": reader.source(*inside), "no_inherit": False}
    conflict_clause(reader)
    return reader.found("add_check", start, **{**facts, **attributes(reader)})


def _exclusion(reader: Reader, common: dict[str, Any], start: int) -> Found:
    method = reader.identifier() if reader.take("using") else ""
    columns = reader.columns()
    index_parameters(reader)
    if reader.take("where"):
        reader.skip_parens()
    facts = {**common, "columns": columns, "method": method, **attributes(reader)}
    return reader.found("add_exclusion", start, **facts)


def _mysql_index(reader: Reader, common: dict[str, Any], start: int) -> Found:
    variety = reader.one_of(("fulltext", "spatial"))
    if (not reader.one_of(("index", "key")) and not variety) or reader.dialect != "mysql":
        raise Unread(f"expected a constraint at {reader.near()}")
    if_not_exists = reader.if_not_exists()
    name = NOWHERE if reader.opens() or reader.word() == "using" else reader.name()
    index_parameters(reader)
    columns = reader.columns()
    index_parameters(reader)
    return reader.found(
        "create_index", start, table=common["table"], index=name, columns=columns,
        variety=variety, if_not_exists=if_not_exists, inline=common["inline"],
    )  # fmt: skip


def drop_constraint(reader: Reader, table: Name, start: int, constraint_type: str) -> Found:
    """Behind DROP CONSTRAINT, and MySQL's DROP FOREIGN KEY and DROP CHECK."""
    if_exists = reader.if_exists()
    name = reader.name()
    facts = {
        "constraint_type": constraint_type,
        "if_exists": if_exists,
        "cascade": reader.cascade(),
    }
    return reader.found("drop_constraint", start, table=table, constraint=name, **facts)


def references(reader: Reader) -> dict[str, Any]:
    """REFERENCES t (a) ON DELETE ...: the facts of a foreign key."""
    reader.expect("references")
    facts: dict[str, Any] = {"references": reader.name(), "on_delete": "", "on_update": ""}
    if reader.opens():
        facts["references_columns"] = reader.columns()
    while not reader.done():
        if reader.take_all("on", "delete"):
            facts["on_delete"] = _referential_action(reader)
        elif reader.take_all("on", "update"):
            facts["on_update"] = _referential_action(reader)
        elif reader.take("match"):
            reader.next()
        else:
            break
    return facts


def _referential_action(reader: Reader) -> str:
    first = reader.one_of(("cascade", "restrict"))
    if first:
        return first
    if reader.take_all("no", "action"):
        return "no action"
    reader.expect("set")
    second = reader.one_of(("null", "default"))
    if not second:
        raise Unread(f"ON DELETE: did not expect {reader.near()}")
    if reader.opens():
        reader.skip_parens()
    return f"set {second}"


def deferrable_words(reader: Reader) -> bool:
    return (
        reader.take("deferrable")
        or reader.take_all("not", "deferrable")
        or reader.take_all("initially", "deferred")
        or reader.take_all("initially", "immediate")
    )


def attributes(reader: Reader) -> dict[str, Any]:
    """DEFERRABLE, NOT VALID, NOT ENFORCED, NO INHERIT behind a constraint, in any order."""
    facts: dict[str, Any] = {}
    while reader.word() in _ATTRIBUTES:
        if reader.take_all("not", "valid"):
            facts["not_valid"] = True
        elif reader.take_all("not", "enforced"):
            facts["not_enforced"] = True
            facts["not_valid"] = True  # nothing is checked when it is added
        elif reader.take("deferrable") or reader.take_all("initially", "deferred"):
            facts["deferrable"] = True
        elif reader.take_all("no", "inherit"):
            facts["no_inherit"] = True
        elif not (reader.take("enforced") or deferrable_words(reader)):
            break
    return facts


def nulls_not_distinct(reader: Reader) -> bool:
    if reader.take_all("nulls", "not", "distinct"):
        return True
    reader.take_all("nulls", "distinct")
    return False


def conflict_clause(reader: Reader) -> None:
    """SQLite: ON CONFLICT ABORT and the like behind a constraint."""
    if reader.dialect == "sqlite" and reader.take_all("on", "conflict"):
        reader.next()


def index_parameters(reader: Reader) -> None:
    """INCLUDE, WITH, USING INDEX TABLESPACE behind UNIQUE and PRIMARY KEY; MySQL's options."""
    while not reader.done():
        if reader.take("include") or reader.take("with"):
            if not reader.take("parser"):
                reader.skip_parens()
            else:
                reader.next()
        elif reader.take_all("using", "index", "tablespace"):
            reader.name()
        elif reader.dialect != "mysql":
            return
        elif reader.one_of(("using", "key_block_size", "parser", "comment")):
            reader.symbol("=")
            reader.next()
        elif not reader.one_of(("visible", "invisible", "ignored")) and not reader.take_all(
            "not", "ignored"
        ):
            return
