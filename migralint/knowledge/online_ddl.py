"""INSTANT, INPLACE or COPY, and the lock, of an ALTER TABLE on MySQL or MariaDB by version.

data/mysql-online.json decides, as data/postgres-locks.json does for PostgreSQL. The algorithm is
the best that the server can take, which is what it takes when the statement names none.
https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html
"""

from __future__ import annotations

from migralint.built import measured
from migralint.knowledge.decisions import decided_once
from migralint.knowledge.locks import holds
from migralint.model import UNKNOWN, Record
from migralint.sql.vocabulary import DERIVED, facts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from migralint.model import Unknown

    Fact = Callable[[str], Any]

# From the best to the worst. NOCOPY (MariaDB) builds an index and no table.
ALGORITHMS = ("", "INSTANT", "NOCOPY", "INPLACE", "COPY")
LOCKS = ("NONE", "SHARED", "EXCLUSIVE")
# Where nobody says the version: the oldest that its project still supports.
OLDEST = {"mysql": 80, "mariadb": 1006}

# What the table would like to know of the schema; the caller may say UNKNOWN.
SCHEMA_FACTS = {
    "old_type": "the type that the column had",
    "old_nullable": "the column could be NULL",
    "old_auto_increment": "the column was AUTO_INCREMENT",
    "old_charset": "the character set that the column had",
    "column_indexed": "an index covers the column",
    "has_generated_columns": "the table has generated columns",
    "constraint_type": "what the named constraint is",
    "engine_changes": "the table had another engine",
    "foreign_key_checks": "the session checks foreign keys",
}


class Online(Record):
    """How the server carries out one action of an ALTER TABLE.

    `algorithm` and `lock` are the worst that the unknown facts (the exact version among them) leave
    possible, `at_best` the best; "" where there is nothing to do. SHARED stops writes, EXCLUSIVE
    reads too. `rebuilds`: the table is written again.
    """

    algorithm: str
    lock: str
    at_best: str
    rebuilds: bool | Unknown
    blocks_reads: bool | Unknown
    blocks_writes: bool | Unknown


@decided_once
def online(kind: str, fact: Fact, version: int, mariadb: bool = False) -> Online | Unknown:
    """How an action of this kind runs; UNKNOWN for what is no ALTER TABLE or not in the table."""
    server = "mariadb" if mariadb else "mysql"
    rows = measured("mysql-online")[server].get(kind)
    if not rows:
        return UNKNOWN
    found = list(
        _fitting(rows, _facts(kind, fact, mariadb), _versions(version or OLDEST[server], mariadb))
    )
    locks = [row.get("lock", "NONE") for row in found]
    return Online(
        algorithm=max((row["algorithm"] for row in found), key=ALGORITHMS.index),
        lock=max(locks, key=LOCKS.index),
        at_best=min((row["algorithm"] for row in found), key=ALGORITHMS.index),
        rebuilds=_agreed(row.get("rebuilds", False) for row in found),
        blocks_reads=_agreed(lock == "EXCLUSIVE" for lock in locks),
        blocks_writes=_agreed(lock != "NONE" for lock in locks),
    )


def worst(*parts: Online) -> Online:
    """One ALTER TABLE with several actions runs as its worst one."""

    def any_of(values: list[bool | Unknown]) -> bool | Unknown:
        return True if True in values else UNKNOWN if UNKNOWN in values else False

    return Online(
        algorithm=max((part.algorithm for part in parts), key=ALGORITHMS.index),
        lock=max((part.lock for part in parts), key=LOCKS.index),
        at_best=max((part.at_best for part in parts), key=ALGORITHMS.index),
        rebuilds=any_of([part.rebuilds for part in parts]),
        blocks_reads=any_of([part.blocks_reads for part in parts]),
        blocks_writes=any_of([part.blocks_writes for part in parts]),
    )


def _versions(version: int, mariadb: bool) -> tuple[int, int]:
    """What the number leaves open, as MMmmpp: 80 is 8.0.0 to 8.0.99, 1011 10.11.0 to 10.11.99."""
    if version >= 10000:
        return version, version
    major, minor = divmod(version, 100 if mariadb else 10)
    first = major * 10000 + minor * 100
    return first, first + 99


def _fitting(
    rows: list[Mapping[str, Any]], ask: Fact, versions: tuple[int, int]
) -> Iterator[Mapping[str, Any]]:
    first, last = versions
    for row in rows:
        since, until = row.get("since", 0), row.get("until", 999999)
        if last < since or first > until:
            continue
        answer = holds(row["when"], ask)
        if answer is not False:
            yield row
        if answer is True and since <= first and last <= until:
            return


def _agreed(values: Iterator[bool]) -> bool | Unknown:
    found = set(values)
    return found.pop() if len(found) == 1 else UNKNOWN


def _facts(kind: str, fact: Fact, mariadb: bool) -> Fact:
    asked = {*facts_of(kind), *DERIVED, *SCHEMA_FACTS}

    def ask(name: str) -> Any:
        if name in _WORKED_OUT:
            return _WORKED_OUT[name](ask, mariadb)
        value = fact(name) if name in asked else UNKNOWN
        return UNKNOWN if name == "constraint_type" and value == "" else value

    return ask


def _default_is_expression(ask: Fact, mariadb: bool) -> bool | Unknown:
    """now() and a literal are none; (uuid()) is, and MariaDB wants no parentheses."""
    default: object = ask("default")
    if default is UNKNOWN:
        return UNKNOWN
    text = str(default).strip().lower()
    if text.startswith(("now(", "current_timestamp", "localtime", "'", '"')):
        return False
    return "(" in text


def _type_change(ask: Fact, mariadb: bool) -> str | Unknown:
    """ "none", "labels", "longer in place", "longer" (across the length byte) or "copy"."""
    from migralint.knowledge import types

    old, new = ask("old_type"), ask("type")
    if old is UNKNOWN or not old or new is UNKNOWN:
        return UNKNOWN
    before, after = types.read(str(old), "mysql"), types.read(str(new), "mysql")
    if before is UNKNOWN or after is UNKNOWN:
        return UNKNOWN
    if before == after:
        return "none"
    if before.name == after.name and before.name in ("enum", "set"):
        kept = after.values[: len(before.values)] == before.values
        return (
            "labels"
            if kept and _same_size(before.name, len(before.values), len(after.values))
            else "copy"
        )
    if before.name == after.name and before.name in ("varchar", "varbinary"):
        widths = (
            (1,)
            if before.name == "varbinary"
            else _WIDTHS.get(str(ask("charset")).lower(), (1, 3, 4))
        )
        return _longer(before.arguments[0], after.arguments[0], widths, mariadb)
    return "copy"


# Bytes of a character by character set; where nobody says it, all that are common.
_WIDTHS = {
    "latin1": (1,),
    "ascii": (1,),
    "binary": (1,),
    "utf8": (3,),
    "utf8mb3": (3,),
    "utf8mb4": (4,),
}


def _same_size(name: str, before: int, after: int) -> bool:
    """More labels than fit a value's bytes need a copy: 255 of an ENUM, 8, 16, 24, 32 of a SET."""
    if name == "enum":
        return (before > 255) == (after > 255)
    return (before - 1) // 8 == (after - 1) // 8 or before > 32


def _longer(before: int, after: int, widths: tuple[int, ...], mariadb: bool) -> str | Unknown:
    """The length of a value takes one byte up to 255 bytes, two beyond."""
    if after < before:
        return "copy"
    answers: set[str] = set()
    for width in widths:
        old, new = before * width, after * width
        if (old > 255) == (new > 255):
            answers.add("longer in place")
        else:
            answers.add("longer" if old <= 127 else "copy")
    if not mariadb and "longer" in answers:  # only MariaDB keeps short ones where they are
        answers = (answers - {"longer"}) | {"copy"}
    return answers.pop() if len(answers) == 1 else UNKNOWN


def _changes(old: str, new: str) -> Callable[[Fact, bool], bool | Unknown]:
    def changed(ask: Fact, mariadb: bool) -> bool | Unknown:
        before: object = ask(old)
        after: object = ask(new)
        if before is UNKNOWN or after is UNKNOWN:
            return UNKNOWN
        return str(before).lower() != str(after).lower()

    return changed


def _only_where_given(name: str, old: str) -> Callable[[Fact, bool], bool | Unknown]:
    """MODIFY without CHARACTER SET keeps, as a rule, what the column has."""

    def changed(ask: Fact, mariadb: bool) -> bool | Unknown:
        given: object = ask(name)
        if given is UNKNOWN:
            return UNKNOWN
        return _changes(old, name)(ask, mariadb) if given else False

    return changed


_WORKED_OUT: dict[str, Callable[[Fact, bool], Any]] = {
    "default_is_expression": _default_is_expression,
    "type_change": _type_change,
    "null_changes": _changes("old_nullable", "nullable"),
    "charset_changes": _only_where_given("charset", "old_charset"),
    "gains_auto_increment": _only_where_given("auto_increment", "old_auto_increment"),
}
