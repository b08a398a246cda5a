"""Lock, rewrite and scan of an operation by PostgreSQL version, from measured data.

data/postgres-locks.json decides, not this module: it holds the facts of the operation against the
rows of the table. data/postgres-measured.json has what was seen on eight servers.
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from migralint.built import measured
from migralint.knowledge.decisions import decided_once
from migralint.light import cache
from migralint.model import UNKNOWN, Record
from migralint.sql.vocabulary import DERIVED, facts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from migralint.model import Unknown

    Fact = Callable[[str], Any]

# From the weakest to the strongest.
LOCKS = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
# For each lock, those of other sessions that must wait for it (and that it waits for).
LOCK_CONFLICTS: dict[str, frozenset[str]] = {
    "": frozenset(),
    "ACCESS SHARE": frozenset(LOCKS[7:]),
    "ROW SHARE": frozenset(LOCKS[6:]),
    "ROW EXCLUSIVE": frozenset(LOCKS[4:]),
    "SHARE UPDATE EXCLUSIVE": frozenset(LOCKS[3:]),
    "SHARE": frozenset((LOCKS[2], LOCKS[3], *LOCKS[5:])),
    "SHARE ROW EXCLUSIVE": frozenset(LOCKS[2:]),
    "EXCLUSIVE": frozenset(LOCKS[1:]),
    "ACCESS EXCLUSIVE": frozenset(LOCKS),
}
# What an ordinary statement takes, and thus what blocks it.
READ, WRITE = "ACCESS SHARE", "ROW EXCLUSIVE"
OLDEST, NEWEST = 11, 18

# What the table would like to know of the schema; `effect` asks its caller, who may say UNKNOWN.
# A variety is "enum", "composite", "constrained domain", "domain TYPE", or "" for a built-in type.
SCHEMA_FACTS = {
    "old_type": "the type that the column had",
    "old_type_variety": "what kind of type of the project's own that is",
    "type_variety": "what kind of type of the project's own the new type is",
    "old_nullable": "the column may be NULL so far",
    "old_generated": "stored or virtual, for a generated column",
    "session_timezone": "the TimeZone in which the migration runs",
    "column_indexed": "an index covers the column",
    "column_in_expression_index": "one that does is partial or has an expression in it",
    "column_has_check": "a check constraint reads the column",
    "column_references": "a foreign key stands on the column",
    "column_is_referenced": "a foreign key refers to the column",
    "key_is_nullable": "a column of the key may be NULL",
    "constraint_type": "what the named constraint is",
    "already_validated": "it is known that all rows, or those of all partitions, were checked",
    "has_foreign_key": "the table has a foreign key",
    "is_referenced": "a foreign key refers to the table",
    "is_partition": "the table is a partition",
    "has_default_partition": "the partitioned table has a default partition",
    "check_proves_partition": "a validated CHECK implies the bounds of the partition",
    "index_exists": "an index of that name exists",
    "type_has_tables": "a typed table is made of the composite type",
    "used_by_tables": "some table depends on the object",
}


class Effect(Record):
    """What an operation does on the server while it runs.

    `lock` is the strongest on the operation's own relation ("" none; where unknown facts decide,
    the strongest that it may be). `others` are the locks on other relations as (role, lock),
    `perhaps` those that it takes only if what is unknown is so. `transaction` is "ok" or
    "forbidden". `fails` is what the server surely answers instead, on a table with rows. `least` is
    the weakest lock that it may be: `lock` itself where nothing is unknown.
    """

    lock: str
    blocks_reads: bool | Unknown
    blocks_writes: bool | Unknown
    rewrites: bool | Unknown = False
    scans: bool | Unknown = False
    others: tuple[tuple[str, str], ...] = ()
    perhaps: tuple[tuple[str, str], ...] = ()
    transaction: str = "ok"
    fails: str = ""
    least: str = ""


def conflicts(lock: str, other: str) -> bool:
    """Must one of two sessions wait that want these locks on one table?"""
    return other in LOCK_CONFLICTS[lock]


def effect(kind: str, fact: Fact, version: int) -> Effect | Unknown:
    """What an operation of this kind and with these facts does on this major version.

    A version beyond those that were measured is taken for the nearest.
    """
    return _effect(kind, fact, min(version or OLDEST, NEWEST))


@decided_once
def _effect(kind: str, fact: Fact, version: int) -> Effect | Unknown:
    data = measured("postgres-locks")
    rows = data["rows"].get(kind)
    if not rows:
        return UNKNOWN
    ask = _facts(kind, fact, version)
    fitting = list(_fitting(rows, ask, version))
    also = [
        (row, holds(row["when"], ask))
        for row in data["also"].get(kind, ())
        if _is_for(row, version)
    ]
    others = tuple((row["role"], row["lock"]) for row, answer in also if answer is True)
    perhaps = tuple((row["role"], row["lock"]) for row, answer in also if answer is UNKNOWN)
    if not fitting:
        return UNKNOWN
    return Effect(
        lock=max((row["lock"] for row in fitting), key=("", *LOCKS).index),
        blocks_reads=_blocks(fitting, others, READ),
        blocks_writes=_blocks(fitting, others, WRITE),
        rewrites=_agreed(row.get("rewrites", False) for row in fitting),
        scans=_agreed(row.get("scans", False) for row in fitting),
        others=others,
        perhaps=tuple(found for found in perhaps if found not in others),
        transaction=max(
            (row.get("transaction", "ok") for row in fitting), key=("ok", "forbidden").index
        ),
        fails=fitting[0].get("fails", "") if len(fitting) == 1 else "",
        least=min((row["lock"] for row in fitting), key=("", *LOCKS).index),
    )


def _fitting(rows: list[Mapping[str, Any]], ask: Fact, version: int) -> Iterator[Mapping[str, Any]]:
    """The rows that may be the one: those that may hold, up to the first that surely does."""
    for row in rows:
        if not _is_for(row, version):
            continue
        answer = holds(row["when"], ask)
        if answer is not False:
            yield row
        if answer is True:
            return


def _is_for(row: Mapping[str, Any], version: int) -> bool:
    first, last = row.get("pg", (0, NEWEST))
    return bool(first <= version <= last)


def holds(when: Mapping[str, Any], ask: Fact) -> bool | Unknown:
    """Do the facts meet a row's `when`? A list means one of; true anything but empty."""
    unknown = False
    for name, wanted in when.items():
        value = ask(name)
        if value is UNKNOWN:
            unknown = True
        elif not _is(value, wanted):
            return False
    return UNKNOWN if unknown else True


def _is(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return bool(value if isinstance(value, (bool, int, tuple, list)) else str(value)) is wanted
    text = str(value).lower()
    return text in [option.lower() for option in (wanted if isinstance(wanted, list) else [wanted])]


def _agreed(values: Iterator[bool]) -> bool | Unknown:
    found = set(values)
    return found.pop() if len(found) == 1 else UNKNOWN


def _blocks(
    rows: list[Mapping[str, Any]], others: tuple[tuple[str, str], ...], statement: str
) -> bool | Unknown:
    """Every query locks all indexes of its tables when it is planned, so a locked index blocks too.

    "table" is the role of tables that the operation works on without naming them.
    """
    if any(role in ("index", "table") and conflicts(lock, statement) for role, lock in others):
        return True
    return _agreed(conflicts(row["lock"], statement) for row in rows)


def _facts(kind: str, fact: Fact, version: int) -> Fact:
    """The facts that the table asks for, each asked once; `_WORKED_OUT` are made of others."""
    known: dict[str, Any] = {}
    asked = _asked(kind)

    def ask(name: str) -> Any:
        if name not in known:
            if name in _WORKED_OUT:
                known[name] = _WORKED_OUT[name](ask, version)
            else:
                value = fact(name) if name in asked else UNKNOWN
                # DROP CONSTRAINT f does not say what f is: only the schema can
                known[name] = UNKNOWN if name == "constraint_type" and value == "" else value
        return known[name]

    return ask


@cache
def _asked(kind: str) -> frozenset[str]:
    return frozenset((*facts_of(kind), *DERIVED, *SCHEMA_FACTS))


def _type_change(ask: Fact, version: int) -> str | Unknown:
    from migralint.knowledge.type_changes import type_change

    old, new = ask("old_type"), ask("type")
    if old is UNKNOWN or not old:
        return UNKNOWN
    zone, old_variety, variety = map(ask, ("session_timezone", "old_type_variety", "type_variety"))
    using = str(ask("using"))
    return type_change(
        str(old),
        str(new),
        version,
        using=using,
        column=str(ask("column")) if using else "",  # another one for almost every operation
        timezone="" if zone is UNKNOWN else zone,
        old_variety="" if old_variety is UNKNOWN else old_variety,
        new_variety="" if variety is UNKNOWN else variety,
    )


def _operators_change(ask: Fact, version: int) -> bool | Unknown:
    from migralint.knowledge.type_changes import operators_change

    old, new = ask("old_type"), ask("type")
    if old is UNKNOWN or not old:
        return UNKNOWN
    varieties = [ask(name) for name in ("old_type_variety", "type_variety")]
    known = ["" if variety is UNKNOWN else variety for variety in varieties]
    return operators_change(str(old), str(new), *known)


def _constrained_domain(ask: Fact, version: int) -> bool | Unknown:
    """No built-in type is a domain, and none that takes a modifier; else the schema may know."""
    from migralint.knowledge import types

    text = str(ask("type"))
    read = types.read(text)
    if "(" in text or text.rpartition(".")[2].strip('"').lower() in types.OF_EXTENSIONS:
        return False
    if read is not UNKNOWN and read.builtin:
        return False
    variety = ask("type_variety")
    return UNKNOWN if variety is UNKNOWN else bool(variety == "constrained domain")


_WORKED_OUT: dict[str, Callable[[Fact, int], Any]] = {
    "type_change": _type_change,
    "constrained_domain": _constrained_domain,
    "operators_change": _operators_change,
}
