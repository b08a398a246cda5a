"""The text that mysqldump writes: is it whole, how many rows are in it, where are its events.

Rows are counted in the archive itself, since mysqldump's snapshot cannot be shared. Strings are
escaped by the dump, so that a line end is always one of the dump's own.
"""

from __future__ import annotations

import re

from migralint.backup.rooms import Content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MARKER = b"-- Dump completed"
TABLE = re.compile(rb"CREATE TABLE (?:IF NOT EXISTS )?`((?:[^`]|``)+)`")
INSERT = re.compile(
    rb"INSERT (?:IGNORE )?INTO `((?:[^`]|``)+)`(?: \((?:`(?:[^`]|``)+`(?:, ?)?)+\))? VALUES"
)
STRING = re.compile(rb"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
BETWEEN = re.compile(rb"\)\s*,\s*\(")
LEAVES = re.compile(
    rb"\s*(?:USE\s+`|CREATE\s+DATABASE|DROP\s+DATABASE|/\*!\d{5,6}\s+(?:CREATE|DROP)\s+DATABASE)",
    re.I,
)
EVENTS = b"-- Dumping events for database"
ROUTINES = b"-- Dumping routines for database"


def read(path: str) -> Content:
    tables: dict[str, int] = {}
    inserting, last, first = "", b"", b""
    with open(path, "rb") as file:
        for line in file:
            first = first or line.strip()
            last = line if line.strip() else last
            if inserting:
                tables[inserting] += _rows(line)
                inserting = inserting if not _ends(line) else ""
            elif line.startswith(b"INSERT "):
                inserting = _insert(line, tables)
            elif made := TABLE.match(line):
                tables.setdefault(_name(made[1]), 0)
            elif LEAVES.match(line):
                shown = line[:60].decode("utf-8", "replace").strip()
                return Content(f"it goes to a database of its own choice: {shown}")
    if not first:
        return Content("it is empty")
    if not first.startswith((b"--", b"/*")):
        return Content("it is no dump of MySQL")
    complete = last.startswith(MARKER) and last.endswith(b"\n")
    return Content("" if complete else "it ends before the dump was complete", tables)


def _insert(line: bytes, tables: dict[str, int]) -> str:
    """Count the rows of the first line; the table's name where more lines follow."""
    found = INSERT.match(line)
    if not found:
        return ""
    name = _name(found[1])
    tables[name] = tables.get(name, 0) + _rows(line[found.end() :])
    return "" if _ends(line) else name


def _rows(line: bytes) -> int:
    """A row for each bracket that opens one: `(1,'a'),(2,'b')`, or one row to a line."""
    text = STRING.sub(b"", line).strip()
    return len(BETWEEN.findall(text)) + 1 if text.startswith(b"(") else 0


def _ends(line: bytes) -> bool:
    return STRING.sub(b"", line).rstrip().endswith(b";")


def _name(quoted: bytes) -> str:
    return quoted.replace(b"``", b"`").decode("utf-8", "replace")


def lines(file: BinaryIO, events: bool) -> Iterator[bytes]:
    """All of the dump but its events (they would run in a scratch database), or these alone."""
    inside = before = False
    for line in file:
        if line.startswith(EVENTS) and not before:
            inside = before = True
        elif inside and line.startswith(ROUTINES):
            inside = False
        if inside == events:
            yield line
