"""Parameters, transactions and the other statements that concern the session."""

from __future__ import annotations

from migralint.sql.grammar.reader import Found, Reader, Unread, words
from migralint.sql.tokens import PARAMETER, STRING, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TRANSACTION_WORDS = words(
    "work transaction isolation level read write only deferrable not serializable repeatable "
    "committed uncommitted with consistent snapshot deferred immediate exclusive and no chain "
    "release"
)
_SPECIAL = {
    "transaction": "transaction", "constraints": "constraints", "names": "client_encoding",
    "schema": "search_path", "character": "character set", "charset": "character set",
    "role": "role", "default": "default role", "password": "password", "catalog": "catalog",
}  # fmt: skip


def set_parameter(reader: Reader) -> Iterator[Found]:
    """SET [SESSION | LOCAL | GLOBAL] name = value, and SET ROLE, TRANSACTION, CONSTRAINTS ..."""
    if reader.dialect != "mysql":
        yield _assignment(reader, 0)
        return
    for item in reader.split_at_commas():
        yield _assignment(item, item.at)
    reader.at = reader.stop


def _assignment(reader: Reader, start: int) -> Found:
    local = reader.take("local")
    if not local and reader.peek(1).text not in ("=", ":=", "to", "authorization"):
        reader.one_of(("session", "global", "persist", "persist_only"))
    if reader.take_all("session", "authorization"):
        return _set(reader, start, "session_authorization", local)
    if reader.take_all("time", "zone"):
        return _set(reader, start, "timezone", local)
    if reader.take_all("xml", "option"):
        return _set(reader, start, "xmloption", local)
    if reader.take("characteristics"):
        return _set(reader, start, "characteristics", local)
    if reader.word() in _SPECIAL and reader.peek(1).text not in ("=", "to", ":="):
        return _set(reader, start, _SPECIAL[reader.next().text], local)
    parameter = _parameter(reader)
    if not (reader.symbol("=") or reader.symbol(":=") or reader.take("to")):
        if not reader.take_all("from", "current"):
            raise Unread(f"SET: did not expect {reader.near()}")
        return reader.found("set", start, parameter=parameter, value="", local=local)
    if reader.done():
        raise Unread("SET without a value")
    return reader.found("set", start, parameter=parameter, value=_value(reader), local=local)


def _set(reader: Reader, start: int, parameter: str, local: bool) -> Found:
    if reader.done() and parameter != "client_encoding":
        raise Unread("SET without a value")
    return reader.found("set", start, parameter=parameter, value=_value(reader), local=local)


def _parameter(reader: Reader) -> str:
    if reader.peek().kind == PARAMETER:
        name = reader.next().text.lower().removeprefix("@@")
        return name.removeprefix("session.").removeprefix("global.")
    parameter = reader.identifier().lower()
    while reader.symbol("."):
        parameter += "." + reader.identifier().lower()
    return parameter


def _value(reader: Reader) -> str:
    """The value without its quotes; keywords in lower case, as the server keeps them."""
    token = reader.peek()
    if reader.at + 1 == reader.stop and token.kind in (STRING, WORD):
        reader.at += 1
        return token.text
    return reader.rest()


def reset(reader: Reader) -> Iterator[Found]:
    if reader.take_all("session", "authorization"):
        parameter = "session_authorization"
    elif reader.take_all("time", "zone"):
        parameter = "timezone"
    elif reader.take_all("transaction", "isolation", "level"):
        parameter = "transaction_isolation"
    else:
        parameter = _parameter(reader)
        if reader.dialect == "mysql":
            reader.at = reader.stop
    yield reader.found("reset", 0, parameter=parameter)


def transaction(reader: Reader, kind: str) -> Iterator[Found]:
    """BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT and the words that may follow."""
    if reader.tokens[reader.at - 1].text == "start" and reader.word() != "transaction":
        yield from _start(reader)
        return
    if kind == "rollback" and _rolls_back_to(reader):
        reader.take("savepoint")
        reader.identifier()
        yield reader.found("savepoint", 0, action="rollback to")
        return
    if reader.take("prepared"):
        reader.literal()
        yield reader.found("session", 0, verb=f"{kind} prepared")
        return
    while reader.word() in _TRANSACTION_WORDS or reader.symbol(","):
        reader.at += bool(reader.word())
    reader.finish()
    yield reader.found(kind, 0)


def _rolls_back_to(reader: Reader) -> bool:
    return (
        reader.take("to") or reader.take_all("work", "to") or reader.take_all("transaction", "to")
    )


def _start(reader: Reader) -> Iterator[Found]:
    """MySQL: START REPLICA and the like."""
    if reader.dialect != "mysql" or reader.done():
        raise Unread(f"START: did not expect {reader.near()}")
    yield reader.found_rest("session", 0, verb="start")


def savepoint(reader: Reader, action: str) -> Iterator[Found]:
    if action == "release":
        reader.take("savepoint")
    reader.name()
    yield reader.found("savepoint", 0, action=action)


def session(reader: Reader, verb: str) -> Iterator[Found]:
    reader.at = reader.stop
    yield reader.found("session", 0, verb=verb)


def other(reader: Reader, verb: str) -> Iterator[Found]:
    if reader.done():
        raise Unread(f"{verb.upper()} without anything behind it")
    reader.at = reader.stop
    yield reader.found("other", 0, verb=verb)


def call(reader: Reader) -> Iterator[Found]:
    routine = reader.name()
    if reader.opens():
        reader.skip_parens()
    yield reader.found("call", 0, routine=routine)


def do_block(reader: Reader) -> Iterator[Found]:
    """DO $$ ... $$: its statements are read by plpgsql.py. MySQL's DO computes and forgets."""
    if reader.dialect == "mysql":
        yield reader.found_rest("select", 0, functions="")
        return
    language = "plpgsql"
    body, at = "", -1
    while not reader.done():
        if reader.take("language"):
            language = reader.next().text.lower()
        elif reader.peek().kind == STRING and at < 0:
            at = reader.start(reader.at)
            body = reader.next().text
        else:
            raise Unread(f"DO: did not expect {reader.near()}")
    if at < 0:
        raise Unread("DO without a block")
    yield reader.found("do_block", 0, language=language, body=body, body_at=at)


def execute(reader: Reader) -> Iterator[Found]:
    """EXECUTE of a prepared statement, which another file or a variable may have given."""
    text = reader.rest()
    if not text:
        raise Unread("EXECUTE without a name")
    yield reader.found("dynamic_sql", 0, text=text)


def pragma(reader: Reader) -> Iterator[Found]:
    parameter = reader.name()
    value = ""
    if reader.symbol("="):
        value = reader.rest()
    elif reader.opens():
        value = reader.source(*reader.skip_parens())
    value = value.strip("'\"").lower()
    yield reader.found("pragma", 0, parameter=parameter.name.lower(), value=value)


def psql(text: str) -> Found:
    return Found("psql_command", {"command": text.split(None, 1)[0]}, 0, len(text))
