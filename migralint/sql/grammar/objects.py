"""What the statements on all kinds of objects share: names, DROP, OWNER TO, SET SCHEMA, COMMENT."""

from __future__ import annotations

from migralint.model import Name
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread
from migralint.sql.tokens import NAME, NUMBER, STRING, SYMBOL, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Objects that no rule tells apart.
OTHER_OBJECTS = (
    "access method", "aggregate", "cast", "collation", "conversion", "default conversion",
    "event trigger", "foreign data wrapper", "language", "procedural language", "trusted language",
    "trusted procedural language", "operator class", "operator family", "operator", "server",
    "statistics", "text search configuration", "text search dictionary", "text search parser",
    "text search template", "transform", "user mapping", "large object", "event", "logfile group",
    "resource group", "spatial reference system", "package", "package body", "virtual table",
)  # fmt: skip
_TAKE_MORE = ("add", "alter", "drop", "owner", "rename", "reset", "set")
# Their new name is a fact; tables, types and indexes have operations of their own for it.
_RENAMED = ("alter_view", "alter_sequence", "alter_domain")
_TWO_WORDS = ("materialized", "foreign", *(w.split()[0] for w in OTHER_OBJECTS if " " in w))


def each_name(
    reader: Reader,
    kind: str,
    fact: str,
    facts: dict[str, Any],
    tail: Callable[[], dict[str, Any]] | None = None,
    name: Callable[[Reader], Name] = Reader.name,
) -> Iterator[Found]:
    """a, b ...: one operation a name, whose span is the name (the statement for the only one).

    `tail` reads what follows the names and concerns them all; CASCADE where it is left out.
    """
    spans: list[tuple[Name, int, int]] = []
    while True:
        start = reader.at
        one = name(reader)
        if reader.opens():  # the arguments of a function
            reader.skip_parens()
        spans.append((one, start, reader.at))
        if not reader.symbol(","):
            break
    facts = {**facts, **(tail() if tail else {"cascade": reader.cascade()})}
    if reader.dialect == "mysql" and reader.take("wait"):  # MariaDB
        reader.next()
    reader.finish()
    alone = len(spans) == 1
    for one, start, stop in spans:
        reader.at = reader.stop if alone else stop
        yield reader.found(kind, 0 if alone else start, **{fact: one}, **facts)
    reader.at = reader.stop


def drop_named(
    reader: Reader, kind: str, fact: str, cascades: bool = True, **facts: Any
) -> Iterator[Found]:
    """DROP kind [IF EXISTS] a, b [CASCADE]"""
    facts["if_exists"] = reader.if_exists()

    def tail() -> dict[str, Any]:
        cascade = reader.cascade()
        if kind == "drop_database":  # DROP DATABASE d WITH (FORCE)
            reader.take("with")
            if reader.opens():
                reader.skip_parens()
        return {"cascade": cascade} if cascades else {}

    name = role_name if kind == "drop_role" else Reader.name
    return each_name(reader, kind, fact, facts, tail, name)


def drop_on_table(reader: Reader, kind: str, fact: str) -> Iterator[Found]:
    """DROP TRIGGER, RULE, POLICY name ON table."""
    facts: dict[str, Any] = {"if_exists": reader.if_exists(), fact: reader.name()}
    if reader.dialect == "postgres":
        reader.expect("on")
        facts["table"] = reader.name()
    cascade = reader.cascade()
    if kind != "drop_policy":
        facts["cascade"] = cascade
    yield reader.found(kind, 0, **facts)


def create_named(reader: Reader, kind: str, fact: str, **facts: Any) -> Iterator[Found]:
    """A form of which only the name is a fact: CREATE kind name ..."""
    if_not_exists = reader.if_not_exists()
    facts[fact] = reader.name()
    if kind == "create_database":
        facts["if_not_exists"] = if_not_exists
    if kind == "create_subscription":
        tokens = reader.tokens[reader.at : reader.stop]
        facts["has_password"] = any(t.kind == STRING and "password=" in t.text for t in tokens)
    reader.at = reader.stop
    yield reader.found(kind, 0, **facts)


def role_name(reader: Reader) -> Name:
    """A role; MySQL: user@host."""
    name = reader.name()
    if reader.dialect == "mysql" and reader.peek().text.startswith("@"):
        bare = reader.next().text == "@"
        if bare and not reader.done():
            reader.identifier()
    return name


# objects that no rule tells apart


def object_name(reader: Reader) -> Name:
    """The name of any object: an operator, a number and `FOR role` are among these."""
    if reader.done() or reader.opens():
        return NOWHERE
    if reader.take("for"):  # USER MAPPING FOR role, TRANSFORM FOR type
        return reader.name()
    start, ahead = reader.at, 0
    while reader.peek(ahead).kind in (WORD, NAME) and reader.peek(ahead + 1).text == ".":
        ahead += 2
    token = reader.peek(ahead)
    if token.kind not in (SYMBOL, NUMBER) or token.text in "(),;.":
        return reader.name()
    schema = reader.within(start, start + ahead - 1).name().name if ahead else ""
    reader.at = start + ahead + 1
    return Name(token.text, "" if schema == "public" else schema, reader.source(start, reader.at))


def create_other(reader: Reader, object_type: str) -> Iterator[Found]:
    reader.if_not_exists()
    unnamed = reader.word() == "on" or reader.done()  # CREATE STATISTICS ON a, b FROM t
    name = NOWHERE if unnamed else object_name(reader)
    if reader.done() and object_type in ("cast", "operator", "aggregate", "statistics"):
        raise Unread(f"CREATE {object_type.upper()} without a definition")
    reader.at = reader.stop
    yield reader.found("create_object", 0, object_type=object_type, object=name)


def drop_other(reader: Reader, object_type: str) -> Iterator[Found]:
    facts: dict[str, Any] = {"object_type": object_type, "if_exists": reader.if_exists()}

    def name(inner: Reader) -> Name:
        found = object_name(inner)
        if inner.opens():
            inner.skip_parens()
        while inner.one_of(("using", "server", "language")):  # OPERATOR CLASS x USING btree
            inner.name()
        return found

    return each_name(reader, "drop_object", "object", facts, name=name)


def alter_other(reader: Reader, object_type: str) -> Iterator[Found]:
    reader.if_exists()
    name = object_name(reader)
    if reader.opens() and object_type in ("aggregate", "operator"):
        reader.skip_parens()
    if reader.one_of(("using", "server", "on")):
        reader.name()
    yield altered(reader, "alter_object", "object", object_type, name)


def altered(reader: Reader, kind: str, fact: str, object_type: str, name: Name) -> Found:
    """OWNER TO, SET SCHEMA, which all objects share; what else it is stands in `action`."""
    if reader.take_all("owner", "to"):
        owned = {"object_type": object_type, "object": name, "owner": reader.name()}
        return reader.found("change_owner", 0, **owned)
    if reader.take_all("set", "schema"):
        moved = {"object_type": object_type, "object": name, "new_schema": reader.name()}
        return reader.found("set_schema", 0, **moved)
    if kind in _RENAMED and reader.take_all("rename", "to"):
        return reader.found(kind, 0, **{fact: name}, action="rename to", new_name=reader.name())
    words = [t.word for t in reader.tokens[reader.at : reader.at + 2] if t.word]
    unfinished = reader.at + 1 == reader.stop and reader.word() in _TAKE_MORE
    if reader.done() or unfinished or not (words or reader.opens()):
        raise Unread(f"ALTER {object_type.upper()}: did not expect {reader.near()}")
    facts: dict[str, Any] = {fact: name, "action": " ".join(words)}
    if kind == "alter_object":
        facts["object_type"] = object_type
    return reader.found_rest(kind, 0, **facts)


def comment(reader: Reader) -> Iterator[Found]:
    """COMMENT ON kind name IS 'text'"""
    reader.expect("on")
    object_type = reader.next().text
    if object_type in _TWO_WORDS and reader.peek(1).word not in ("", "is"):
        object_type += " " + reader.next().text
    if object_type == "text search":
        object_type += " " + reader.next().text
    name = object_name(reader)
    stop = reader.find("is")
    if stop < 0:
        raise Unread("COMMENT without IS")
    reader.at = stop + 1
    if not reader.take("null"):
        reader.literal()
    yield reader.found("comment", 0, object_type=object_type, object=name)
