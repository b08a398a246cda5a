"""What each operation of a migration blocks and for how long, as written and with the advice taken.

For reports that show a deploy; no rule asks.
"""

from __future__ import annotations

from migralint.knowledge.effects import effect, is_own, said
from migralint.knowledge.locks import READ, WRITE, conflicts
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline
from migralint.model import UNKNOWN, Migration, Step, replace
from migralint.sql.operations import operations
from migralint.sql.statements import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migralint.config import Config
    from migralint.knowledge.timeline import View
    from migralint.model import Finding

LONGEST = 4000  # characters of a statement that are kept


def steps(
    timeline: Timeline, findings: Sequence[Finding], shown: Callable[[str], str]
) -> list[Step]:
    """The operations in order; `shown` makes a text fit for any reader (passwords masked)."""
    migration, config = timeline.migration, timeline.config
    by_place: dict[tuple[int, int, str], list[Finding]] = {}
    for finding in findings:
        by_place.setdefault((finding.line, finding.column, finding.operation), []).append(finding)
    found = []
    for view in timeline.views:
        if not is_own(view):
            continue
        step = _step(view, shown)
        found += _elsewhere(view, step)
        operation = view.operation
        here = by_place.get((operation.line, operation.column, operation.kind), ())
        advised = next((f for f in here if _slow(step) and _sql_blocks(f.instead)), None)
        after = tuple(_advised(advised, migration, config, shown)) if advised else ()
        found.append(replace(step, after=after))
    return found


def _step(view: View, shown: Callable[[str], str]) -> Step:
    statement, one, table = view.operation.statement, effect(view), view.fact("table")
    return Step(
        path=view.migration.path,
        line=statement.line,
        text=shown(statement.text[:LONGEST]),
        operation=one.operation,
        table="" if table is UNKNOWN else str(table),
        lock=one.lock,
        blocks=one.blocks,
        seconds=one.seconds,
        together=_together(view),
        said=shown(said(one)),
    )


def _elsewhere(view: View, step: Step) -> list[Step]:
    """The table that a foreign key refers to is locked as well, as long as the key is added."""
    known, other = view.fact("effect"), view.operation.facts.get("references")
    if known is UNKNOWN or not other or not other.name or not step.lock:
        return []
    lock = dict(known.others).get("referenced table", "")
    if not lock or str(other) == step.table:
        return []
    reads, writes = conflicts(lock, READ), conflicts(lock, WRITE)
    blocks = "reads and writes" if reads else "writes" if writes else "nothing"
    return [replace(step, table=str(other), lock=lock, blocks=blocks, seconds=0.0)]


def _together(view: View) -> int:
    """Equal for what is committed together; not known counts as a transaction."""
    return view.transaction if view.fact("in_transaction") is not False else -1 - view.index


def _slow(step: Step) -> bool:
    return step.blocks != "nothing" and step.seconds != 0.0


def _sql_blocks(text: str) -> list[str]:
    """The SQL to type in an advice: what is indented by four spaces and is not for the shell."""
    blocks: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line.startswith("    "):
            blocks[len(blocks) :] = [] if inside else [""]
            blocks[-1] += f"{line[4:]}\n"
        inside = line.startswith("    ") or (inside and not line.strip())
    return [block for block in blocks if not block.startswith("$ ")]


def _advised(
    finding: Finding, migration: Migration, config: Config, shown: Callable[[str], str]
) -> Iterator[Step]:
    """The steps of the advice, each block a migration of its own; none where it cannot be read."""
    schema = Schema(migration.dialect)
    found: list[Step] = []
    for number, text in enumerate(_sql_blocks(finding.instead)):
        block = replace(migration, text=text, forward=None, path=f"{migration.path}#{number}")
        made = [o for s in split(text, block.dialect) for o in operations(s, block.dialect)]
        if any(operation.kind == "unparsed" for operation in made):
            return
        timeline = Timeline(block, made, schema, config, frozenset())
        for view in timeline.views:
            if is_own(view):
                step = _step(view, shown)
                step = replace(step, together=(number + 1) * 10_000 + step.together)
                found += [*_elsewhere(view, step), step]
    yield from found
