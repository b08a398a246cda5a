"""Roles, users, privileges and what they own."""

from __future__ import annotations

from migralint.sql.grammar.objects import role_name
from migralint.sql.grammar.reader import Found, Reader, Unread
from migralint.sql.tokens import STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from migralint.model import Name


def role(reader: Reader, kind: str) -> Iterator[Found]:
    """Behind CREATE and ALTER ROLE, USER, GROUP."""
    reader.if_not_exists()
    reader.if_exists()
    name = role_name(reader)
    if kind == "alter_role" and reader.done():
        raise Unread("ALTER ROLE without an action")
    yield reader.found(kind, 0, role=name, **_options(reader))


def _options(reader: Reader) -> dict[str, Any]:
    """SUPERUSER, BYPASSRLS, and whether a literal password is given; the last word counts."""
    facts: dict[str, Any] = {"superuser": False, "bypassrls": False, "has_password": False}
    while not reader.done():
        word = reader.word()
        if word.removeprefix("no") in ("superuser", "bypassrls"):
            facts[word.removeprefix("no")] = not word.startswith("no")
        elif word == "password" and reader.peek(1).text == "null":
            facts["has_password"] = False
        elif word in ("password", "by") and reader.peek(1).kind == STRING:
            facts["has_password"] = bool(reader.peek(1).text)
        reader.at += 1
    return facts


def grant(reader: Reader) -> Iterator[Found]:
    everything = reader.word() == "all"
    start = reader.at
    privileges = reader.source(*reader.skip_until(("on", "to"))).lower()
    if not privileges:
        raise Unread("GRANT without a privilege")
    facts: dict[str, Any] = {"privileges": privileges}
    if reader.take("on"):
        facts["all_privileges"] = everything
        facts["on"] = reader.source(*reader.skip_until(("to",)))
    else:
        facts["role_grant"], facts["all_privileges"] = True, False
        roles = reader.within(start, reader.at)
        _grantees(roles)
        roles.finish()
    reader.expect("to")
    start = reader.at
    facts["to"] = _grantees(reader)
    names = reader.tokens[start : reader.at]
    facts["to_public"] = any(token.word == "public" for token in names)
    reader.at = reader.stop
    yield reader.found("grant", 0, **facts)


def _grantees(reader: Reader) -> tuple[Name, ...]:
    found = []
    while True:
        reader.take("group")
        found.append(role_name(reader))
        if not reader.symbol(","):
            return tuple(found)


def revoke(reader: Reader) -> Iterator[Found]:
    reader.take_all("grant", "option", "for")
    privileges = reader.source(*reader.skip_until(("on", "from"))).lower()
    on = reader.source(*reader.skip_until(("from",))) if reader.take("on") else ""
    reader.expect("from")
    role_name(reader)
    reader.at = reader.stop
    yield reader.found("revoke", 0, privileges=privileges, on=on)


def default_privileges(reader: Reader) -> Iterator[Found]:
    """[FOR ROLE r] [IN SCHEMA s] GRANT ... ON ... TO ... | REVOKE ... ON ... FROM ..."""
    reader.skip_until(("grant", "revoke"))
    verb = reader.one_of(("grant", "revoke"))
    if not verb:
        raise Unread("ALTER DEFAULT PRIVILEGES without GRANT or REVOKE")
    reader.take_all("grant", "option", "for")
    everything = reader.word() == "all"
    reader.skip_until(("on", "to", "from"))
    on = reader.source(*reader.skip_until(("to", "from"))) if reader.take("on") else ""
    reader.expect("to" if verb == "grant" else "from")
    words = [token.word for token in reader.tokens[reader.at : reader.stop] if token.word]
    public = verb == "grant" and "public" in words
    reader.at = reader.stop
    yield reader.found(
        "default_privileges", 0, on=on, revoked=verb == "revoke", to_public=public,
        all_privileges=everything,
    )  # fmt: skip


def reassign(reader: Reader) -> Iterator[Found]:
    reader.expect("owned", "by")
    owner = reader.name()
    reader.skip_until(("to",))
    reader.expect("to")
    reader.name()
    yield reader.found("reassign_owned", 0, role=owner)


def drop_owned(reader: Reader) -> Iterator[Found]:
    reader.expect("by")
    owner = reader.names()[0]
    cascade = reader.cascade()
    yield reader.found("drop_owned", 0, role=owner, cascade=cascade)
