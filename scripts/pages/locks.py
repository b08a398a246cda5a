"""docs/locks.md: what was measured on eight PostgreSQL servers, as tables for people."""

from __future__ import annotations

from typing import Any

from migralint.built import measured
from migralint.knowledge.locks import LOCKS, NEWEST, OLDEST, READ, WRITE, conflicts
from scripts.pages import MADE, page, table

SECTIONS = {
    "Columns": ("column", "identity", "expression", "not_null", "default"),
    "Constraints": ("constraint", "primary_key", "unique", "foreign_key", "check", "exclusion"),
    "Indexes": ("index",),
    "Partitions": ("partition",),
    "Tables": (
        "table",
        "truncate",
        "cluster",
        "vacuum",
        "logged",
        "replica",
        "access_method",
        "inheritance",
        "storage",
    ),
    "Rows": ("insert", "update", "delete", "merge", "copy", "select"),
}
START = """\
Every statement below was run on a small table on PostgreSQL 11 to 18, and what it locked,
rewrote and scanned was read from the server (`pg_locks`, the relations' files, its own log).
What differs by version has a row for each range.

A lock is held until the end of the transaction, so a statement that takes a strong lock for a
moment blocks for as long as what follows it in the file. Before that it waits for every
transaction that uses the table, and whoever comes later waits behind it: set a `lock_timeout`."""


def locks_page() -> str:
    lines = ["# Locks by PostgreSQL version", "", MADE, "", START, "", *which_waits()]
    entries: list[dict[str, Any]] = measured("postgres-measured")["operations"]
    left = list(range(len(entries)))
    for title, words in SECTIONS.items():
        some = [i for i in left if any(word in entries[i]["kind"] for word in words)]
        left = [i for i in left if i not in some]
        lines += [f"## {title}", "", *entries_table([entries[i] for i in some])]
    lines += ["## Everything else", "", *entries_table([entries[i] for i in left])]
    lines += ["## Not in a transaction", "", "These are refused inside one:", ""]
    refused = [
        e for e in measured("postgres-measured")["transaction"] if e["transaction"] == "forbidden"
    ]
    lines += [f"- {entry['op']}{versions(entry)}" for entry in refused]
    return page(lines)


def which_waits() -> list[str]:
    rows = [
        (
            f"`{lock}`",
            "waits" if conflicts(lock, READ) else "goes on",
            "waits" if conflicts(lock, WRITE) else "goes on",
        )
        for lock in LOCKS
    ]
    head = ("lock on a table", "SELECT of others", "INSERT, UPDATE, DELETE of others")
    return ["## What waits for what", "", *table(head, rows)]


def entries_table(entries: list[dict[str, Any]]) -> list[str]:
    head = ("operation", "lock", "others' reads", "others' writes", "rewrites", "scans")
    return table(head, [row(entry) for entry in entries])


def row(entry: dict[str, Any]) -> tuple[str, ...]:
    own = entry.get("locks", {}).get(entry.get("own", ""), "")
    others = [
        f"{lock} on the {entry.get('roles', {}).get(name, name)}"
        for name, lock in entry.get("locks", {}).items()
        if name != entry.get("own")
    ]
    locks = "; ".join([own or "none", *others])
    if "fails" in entry:
        locks = f"refused: {entry['fails']}"
    every = [
        own,
        *(
            lock
            for n, lock in entry.get("locks", {}).items()
            if entry.get("roles", {}).get(n) in ("index", "table")
        ),
    ]
    return (
        f"{entry['op']}{versions(entry)}<br>`{entry['sql']}`",
        locks,
        "wait" if any(conflicts(lock, READ) for lock in every) else "",
        "wait" if any(conflicts(lock, WRITE) for lock in every) else "",
        "yes" if entry.get("rewrites") else "",
        "yes" if entry.get("scans") else "",
    )


def versions(entry: dict[str, Any]) -> str:
    """The versions that a row is for, where they are not all."""
    first, last = entry["pg"]
    if (first, last) == (OLDEST, NEWEST):
        return ""
    if last == NEWEST:
        return f" **(from {first} on)**"
    return f" **({first} only)**" if first == last else f" **({first} to {last})**"
