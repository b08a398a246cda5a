"""Sequences, schemas, databases, extensions and ALTER SYSTEM."""

from __future__ import annotations

from migralint.sql.grammar.objects import altered, create_named
from migralint.sql.grammar.reader import NOWHERE, Found, Reader, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def create_sequence(reader: Reader, temporary: bool = False) -> Iterator[Found]:
    if_not_exists = reader.if_not_exists()
    facts = {"sequence": reader.name(), "if_not_exists": if_not_exists, "temporary": temporary}
    yield reader.found_rest("create_sequence", 0, **facts)


def alter_sequence(reader: Reader) -> Iterator[Found]:
    reader.if_exists()
    name = reader.name()
    if reader.take("set") and reader.one_of(("logged", "unlogged")):
        yield reader.found("alter_sequence", 0, sequence=name, action="set logged")
        return
    reader.at -= reader.tokens[reader.at - 1].text == "set"
    yield altered(reader, "alter_sequence", "sequence", "sequence", name)


def create_schema(reader: Reader) -> Iterator[Found]:
    """The objects that CREATE SCHEMA may make in the same statement are not read one by one."""
    if_not_exists = reader.if_not_exists()
    schema = reader.name() if reader.word() != "authorization" else NOWHERE
    yield reader.found_rest("create_schema", 0, schema=schema, if_not_exists=if_not_exists)


def alter_schema(reader: Reader) -> Iterator[Found]:
    name = reader.name()
    if reader.take_all("rename", "to"):
        yield reader.found("rename_schema", 0, schema=name, new_name=reader.name())
        return
    if reader.dialect == "mysql":
        yield altered(reader, "alter_database", "database", "database", name)
        return
    reader.expect("owner", "to")
    facts = {"object_type": "schema", "object": name, "owner": reader.name()}
    yield reader.found("change_owner", 0, **facts)


def create_database(reader: Reader, or_replace: bool = False) -> Iterator[Found]:
    """Behind CREATE DATABASE, and MySQL's CREATE SCHEMA."""
    start = reader.at
    if or_replace:  # MariaDB drops the database that it replaces
        yield reader.found("drop_database", 0, database=reader.name(), if_exists=True)
        reader.at = start
    yield from create_named(reader, "create_database", "database")


def alter_database(reader: Reader) -> Iterator[Found]:
    unnamed = reader.dialect == "mysql" and reader.word() in ("character", "charset", "default")
    name = NOWHERE if unnamed else reader.name()
    yield altered(reader, "alter_database", "database", "database", name)


def alter_system(reader: Reader) -> Iterator[Found]:
    if not reader.one_of(("set", "reset")):
        raise Unread(f"ALTER SYSTEM: did not expect {reader.near()}")
    parameter = reader.identifier()
    while reader.symbol("."):
        parameter += "." + reader.identifier()
    yield reader.found_rest("alter_system", 0, parameter=parameter)


def create_extension(reader: Reader) -> Iterator[Found]:
    if_not_exists = reader.if_not_exists()
    extension = reader.name()
    cascade = reader.find("cascade") >= 0
    facts = {"extension": extension, "if_not_exists": if_not_exists, "cascade": cascade}
    yield reader.found_rest("create_extension", 0, **facts)


def alter_extension(reader: Reader) -> Iterator[Found]:
    yield altered(reader, "alter_extension", "extension", "extension", reader.name())
