"""The picture of a deploy: for each table a bar of what waits, as written and with the advice.

Steps run one after the other; a lock is held to the end of its transaction. A bar is as long as it
takes, but for moments, which are drawn so that they can be seen, and for tables whose size is not
known, which are hatched and all of one length.
"""

from __future__ import annotations

from html import escape

from migralint.formats.characters import one_line
from migralint.model import Step, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENT, SIZE_UNKNOWN, KNOWN = 4.0, 70.0, 120.0
LEVELS = {"nothing": 1, "unknown": 2, "writes": 3, "reads and writes": 4}
CLASSES = {1: "goes", 2: "open", 3: "writes", 4: "all"}
WAITS = {4: "reads and writes wait", 3: "writes wait", 2: "what waits is not known"}
MOST = 12  # tables in one picture


@record
class Span:
    """What a table is like while one step runs: the level, and how long that is."""

    level: int
    seconds: float | None


@record
class Lane:
    table: str
    spans: tuple[Span, ...]


def picture(steps: Sequence[Step]) -> str:
    """The figure for one migration, "" where nobody has to wait."""
    lanes = lanes_of(steps)
    blocked = [lane.table for lane in lanes if _worst(lane) > 1]
    if not blocked:
        return ""
    longest = max((step.seconds or 0.0 for step in steps), default=0.0)
    after = _with_advice(steps)
    changed = [lane for lane in lanes_of(after) if lane.table in blocked] if after else []
    shown = [lane for lane in lanes if lane.table in blocked]
    room = max(_length(some, longest) for some in (shown, changed) if some)
    parts = [_track("As written", shown, longest, room)]
    if changed:
        parts.append(_track("With the advice", changed, longest, room))
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


def lanes_of(steps: Sequence[Step]) -> list[Lane]:
    """For each table, what waits while each of the steps runs."""
    ends = {step.together: index for index, step in enumerate(steps)}
    tables = dict.fromkeys(step.table for step in steps if step.table and step.lock)
    lanes = []
    for table in tables:
        levels = [0] * len(steps)
        for index, step in enumerate(steps):
            if step.table == table and step.lock:
                for held in range(index, ends[step.together] + 1):
                    levels[held] = max(levels[held], LEVELS[step.blocks])
        spans = (Span(level, s.seconds) for level, s in zip(levels, steps, strict=True))
        lanes.append(Lane(table, tuple(spans)))
    return lanes


def _worst(lane: Lane) -> int:
    return max((span.level for span in lane.spans), default=0)


def _width(span: Span, longest: float) -> float:
    if span.seconds is None:
        return MOMENT + SIZE_UNKNOWN
    return MOMENT + (KNOWN * span.seconds / longest if longest else 0.0)


def _length(lanes: Sequence[Lane], longest: float) -> float:
    return sum(_width(span, longest) for span in lanes[0].spans)


def _track(title: str, lanes: Sequence[Lane], longest: float, room: float) -> str:
    rows = "".join(_row(lane, longest, room) for lane in lanes[:MOST])
    left = f"<p>... and {len(lanes) - MOST} tables more</p>" if len(lanes) > MOST else ""
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
