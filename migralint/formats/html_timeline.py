"""The picture of a deploy: for each table a bar of what waits, as written and with the advice.

Steps run one after the other; a lock is held to the end of its transaction. A bar is as long as it
takes, but for moments, which are drawn so that they can be seen, and for tables whose size is not
known, which are hatched and all of one length.
"""

from __future__ import annotations

from html import escape

from migralint.formats.characters import one_line
from migralint.model import Record, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENT, SIZE_UNKNOWN, KNOWN = 4.0, 70.0, 120.0
LEVELS = {"nothing": 1, "unknown": 2, "writes": 3, "reads and writes": 4}
CLASSES = {1: "goes", 2: "open", 3: "writes", 4: "all"}
WAITS = {4: "reads and writes wait", 3: "writes wait", 2: "what waits is not known"}
MOST = 12  # tables in one picture


class Span(Record):
    """What a table is like while one step runs: the level, and how long that is."""

    level: int
    seconds: float | None


class Lane(Record):
    table: str
    spans: tuple[Span, ...]


def picture(steps: Sequence[Step]) -> str:
    """The figure for one migration, "" where nobody has to wait."""
    levels = _levels(steps)
    blocked = [table for table, level in levels.items() if level > 1]
    if not blocked:
        return ""
    longest = max((step.seconds or 0.0 for step in steps), default=0.0)
    after = _with_advice(steps)
    changed = [table for table in _levels(after) if levels.get(table, 0) > 1]
    room = max(_length(some, longest) for some in (steps, after if changed else ()))
    parts = [_track("As written", steps, blocked, longest, room)]
    if changed:
        parts.append(_track("With the advice", after, changed, longest, room))
    return f'<figure class="deploy"><figcaption>What waits</figcaption>{"".join(parts)}</figure>\n'


def _with_advice(steps: Sequence[Step]) -> list[Step]:
    """What is left of the file, then the advice, each of its parts a migration of its own."""
    if not any(step.after for step in steps):
        return []
    kept = [step for step in steps if not step.after]
    number = 1_000_000
    for step in steps:
        number += 1_000_000
        kept += [_numbered(part, number) for part in step.after]
    return kept


def _numbered(step: Step, number: int) -> Step:
    from migralint.model import replace

    return replace(step, together=number + step.together)


def lane_of(table: str, steps: Sequence[Step]) -> Lane:
    """What waits for the table while each of the steps runs."""
    ends = {step.together: index for index, step in enumerate(steps)}
    until = dict.fromkeys(LEVELS.values(), -1)  # level -> the last step during which it is held
    spans = []
    for index, step in enumerate(steps):
        if step.table == table and step.lock:
            level = LEVELS[step.blocks]
            until[level] = max(until[level], ends[step.together])
        held = max((level for level, end in until.items() if end >= index), default=0)
        spans.append(Span(held, step.seconds))
    return Lane(table, tuple(spans))


def _levels(steps: Sequence[Step]) -> dict[str, int]:
    """The highest level of each table."""
    found: dict[str, int] = {}
    for step in steps:
        if step.table and step.lock:
            found[step.table] = max(found.get(step.table, 0), LEVELS[step.blocks])
    return found


def _width(span: Span | Step, longest: float) -> float:
    if span.seconds is None:
        return MOMENT + SIZE_UNKNOWN
    return MOMENT + (KNOWN * span.seconds / longest if longest else 0.0)


def _length(steps: Sequence[Step], longest: float) -> float:
    return sum(_width(step, longest) for step in steps)


def _track(
    title: str, steps: Sequence[Step], tables: Sequence[str], longest: float, room: float
) -> str:
    rows = "".join(_row(lane_of(table, steps), longest, room) for table in tables[:MOST])
    left = f"<p>... and {len(tables) - MOST} tables more</p>" if len(tables) > MOST else ""
    return f"<section><h4>{title}</h4>{rows}{left}</section>"


def _row(lane: Lane, longest: float, room: float) -> str:
    bars, at = "", 0.0
    for span in lane.spans:
        width = _width(span, longest)
        if span.level:
            kind = CLASSES[span.level] + (" unknown" if span.seconds is None else "")
            place = f"left:{100 * at / room:.2f}%;width:{100 * width / room:.2f}%"
            bars += f'<i class="{kind}" style="{place}"></i>'
        at += width
    name = escape(one_line(lane.table))
    said = escape(waits(lane))
    track = f'<div class="track" role="img" aria-label="{said}">{bars}</div>'
    return f'<div class="lane"><b>{name}</b>{track}<span>{said}</span></div>'


def waits(lane: Lane) -> str:
    """In words: "reads and writes wait for about 25 s; writes wait for a moment"."""
    said = []
    for level in (4, 3, 2):
        spans = [span for span in lane.spans if span.level == level]
        if spans:
            said.append(f"{WAITS[level]} {_duration(spans)}")
    return "; ".join(said) or "nobody waits"


def _duration(spans: Sequence[Span]) -> str:
    if any(span.seconds is None for span in spans):
        return "as long as it takes (size of the table not known)"
    seconds = sum(span.seconds or 0.0 for span in spans)
    if seconds < 0.1:
        return "for a moment"
    if seconds < 1:
        return "for less than a second"
    if seconds < 100:
        return f"for about {seconds:.0f} s"
    return (
        f"for about {seconds / 60:.0f} min"
        if seconds < 6000
        else f"for about {seconds / 3600:.0f} h"
    )
