"""Types and domains."""

from __future__ import annotations

from migralint.sql.grammar.columns import default_text, type_text
from migralint.sql.grammar.constraints import attributes
from migralint.sql.grammar.objects import altered
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.model import Name

_DOMAIN_STOPS = frozenset(("collate", "default", "constraint", "not", "null", "check"))
_ATTRIBUTE_STOPS = frozenset(("collate", "cascade", "restrict"))


def create_type(reader: Reader) -> Iterator[Found]:
    name = reader.name()
    variety, values = "shell", ""
    if reader.take_all("as", "enum"):
        variety = "enum"
        values = "\n".join(item.literal() for item in reader.items())
    elif reader.take_all("as", "range"):
        variety = "range"
        reader.skip_parens()
    elif reader.take("as"):
        variety = "composite"
        reader.skip_parens()
    elif reader.opens():
        variety = "base"
        reader.skip_parens()
    yield reader.found("create_type", 0, type_name=name, variety=variety, values=values)


def alter_type(reader: Reader) -> Iterator[Found]:
    name = reader.name()
    if reader.take_all("add", "value"):
        if_not_exists = reader.if_not_exists()
        facts = {"type_name": name, "value": reader.literal(), "if_not_exists": if_not_exists}
        position = reader.one_of(("before", "after"))
        if position:
            facts |= {"position": position, "neighbour": reader.literal()}
        yield reader.found("add_enum_value", 0, **facts)
    elif reader.take_all("rename", "value"):
        value = reader.literal()
        reader.expect("to")
        facts = {"type_name": name, "value": value, "new_value": reader.literal()}
        yield reader.found("rename_enum_value", 0, **facts)
    elif reader.take_all("rename", "to"):
        yield reader.found("rename_type", 0, type_name=name, new_name=reader.name())
    elif reader.peek(1).text == "attribute" and reader.word() != "rename":
        for action in reader.split_at_commas():
            yield _attribute(action, name)
            action.finish()
        reader.at = reader.stop
    else:
        yield altered(reader, "alter_type", "type_name", "type", name)


def _attribute(reader: Reader, name: Name) -> Found:
    start = reader.at
    verb = reader.one_of(("add", "drop", "alter"))
    if not verb:
        raise Unread(f"ALTER TYPE: did not expect {reader.near()}")
    reader.expect("attribute")
    reader.if_exists()
    facts: dict[str, Any] = {"type_name": name, "column": reader.column()}
    if verb == "alter":
        reader.take_all("set", "data")
        reader.expect("type")
    if verb != "drop":
        facts["type"] = type_text(reader, _ATTRIBUTE_STOPS)
        if reader.take("collate"):
            reader.name()
    cascade = reader.cascade()
    if verb == "drop":
        facts["cascade"] = cascade
    return reader.found(f"{verb}_attribute", start, **facts)


def create_domain(reader: Reader) -> Iterator[Found]:
    name = reader.name()
    reader.take("as")
    facts: dict[str, Any] = {"type_name": name, "type": type_text(reader, _DOMAIN_STOPS)}
    facts["check"], facts["nullable"] = False, True
    while not reader.done():
        if reader.take("check"):
            facts["check"] = True
            reader.skip_parens()
            attributes(reader)
        elif reader.take_all("not", "null"):
            facts["nullable"] = False
        elif reader.take("default"):
            default_text(reader)
        elif reader.one_of(("constraint", "collate")):
            reader.name()
        else:
            reader.expect("null")
    yield reader.found("create_domain", 0, **facts)


def alter_domain(reader: Reader) -> Iterator[Found]:
    name = reader.name()
    if reader.take("add"):
        constraint = reader.name() if reader.take("constraint") else NOWHERE
        if reader.take("check"):
            reader.skip_parens()
        else:
            reader.expect("not", "null")
        not_valid = attributes(reader).get("not_valid", False)
        facts = {"type_name": name, "constraint": constraint, "not_valid": not_valid}
        yield reader.found("add_domain_constraint", 0, **facts)
    elif reader.take_all("set", "not", "null"):
        yield reader.found("set_domain_not_null", 0, type_name=name)
    else:
        yield altered(reader, "alter_domain", "type_name", "domain", name)
