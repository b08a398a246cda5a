"""What an operation does to the application while it runs, in a line for a person.

The lock, what it blocks, what is read or written again come from the measured data
(knowledge/locks.py, knowledge/online_ddl.py); how long from the table's size where that is known.
"""

from __future__ import annotations

from migralint.knowledge import estimates
from migralint.model import UNKNOWN, Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.knowledge.timeline import View

ROW = 200  # bytes, where only the rows are known


class Effect(Record):
    """`blocks` is "reads and writes", "writes", "nothing" or "unknown".

    `work` is what is done with the rows: "rewrite", "index", "scan", "perhaps a scan", "" (the
    catalog only) or "unknown". `bytes` is the table's size; `seconds` is how long the work takes,
    None where the size is not known; `held` how long the lock stays: to the end of the transaction
    where there is one.
    """

    operation: str
    object: str
    line: int
    lock: str
    blocks: str
    work: str
    seconds: float | None
    held: float | None
    bytes: int | None = None

    @property
    def rewrites(self) -> bool:
        return self.work == "rewrite"

    @property
    def scans(self) -> bool:
        """Reads the whole table, to build an index too."""
        return self.work in ("scan", "index")


def effect(view: View) -> Effect:
    operation = view.operation
    new = view.fact("new_table") is True
    lock = view.fact("lock")
    work = "" if new else _work(view)
    duration = _seconds(view, work)
    size = 0 if new else view.fact("table_bytes")
    return Effect(
        operation.kind,
        str(view.fact("object")),
        operation.line,
        "" if new or lock is UNKNOWN else str(lock),
        "nothing" if new else _blocks(view),
        work,
        duration,
        duration,
        None if size is UNKNOWN else size,
    )


def _blocks(view: View) -> str:
    reads, writes = view.fact("blocks_reads"), view.fact("blocks_writes")
    if reads is True:
        return "reads and writes"
    if writes is True:
        return "writes"
    return "unknown" if any(value is UNKNOWN for value in (reads, writes)) else "nothing"


def _work(view: View) -> str:
    rewrites, scans = view.fact("rewrites_table"), view.fact("scans_table")
    work = estimates.work_of(view.operation.kind, rewrites, scans)
    if work or view.fact("lock") is UNKNOWN:
        return work
    if rewrites is UNKNOWN:
        return "unknown"
    return "perhaps a scan" if scans is UNKNOWN else ""


def _seconds(view: View, work: str) -> float | None:
    """None where it depends on a size that nobody told; what may be done counts as done."""
    if not work:
        return 0.0
    size, rows = view.fact("table_bytes"), view.fact("table_rows")
    if size is UNKNOWN and rows is UNKNOWN:
        return 0.0 if view.fact("large_table") is False else None
    kind = {"unknown": "rewrite", "perhaps a scan": "scan"}.get(work, work)
    return estimates.seconds(kind, rows * ROW if size is UNKNOWN else size)


def is_own(view: View) -> bool:
    """Columns and constraints inside of CREATE TABLE are part of that; a migration is none."""
    return view.operation.facts.get("inline") is not True and view.operation.kind != "migration"


def held_together(effects: Sequence[Effect]) -> Iterator[Effect]:
    """A lock stays until the commit, so it is held while all that follows is carried out."""
    for index, one in enumerate(effects):
        rest = [later.seconds for later in effects[index:]]
        known = [seconds for seconds in rest if seconds is not None]
        yield replace(one, held=None if len(known) < len(rest) else sum(known))


_WORK = {
    "rewrite": "rewrites the table",
    "index": "builds an index",
    "scan": "reads the whole table",
    "perhaps a scan": "may read the whole table",
    "unknown": "may read or rewrite the table",
}


def said(one: Effect) -> str:
    """`add_column users.x, ACCESS EXCLUSIVE, blocks reads and writes, rewrites the table`."""
    parts = [f"{one.operation} {one.object}".strip()]
    if one.lock:
        parts += [one.lock, f"blocks {one.blocks}"]
    if one.work:
        parts.append(_WORK[one.work])
    if one.lock and one.blocks != "nothing":
        parts.append(_duration(one))
    return ", ".join(parts)


def _duration(one: Effect) -> str:
    if one.held is None:
        return "for a time that depends on the table's size, which is not known"
    if one.held < 0.1:
        return "for a moment"
    assumed = f" ({estimates.assumption(one.work)})" if one.work in estimates.RATES else ""
    return f"for about {estimates.shown(one.held)}{assumed}"
