"""The migration's own text: which words go, which statements leave it, what stays as it is."""

from __future__ import annotations

import re

from migralint.fixing.edits import edited
from migralint.fixing.split.files import MARK
from migralint.model import Edit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from migralint.fixing.split.parts import Change
    from migralint.knowledge.timeline import View
    from migralint.model import Comment, Migration, Statement


# What goes with a statement: its semicolon, and the line if it has it to itself.
_SEMICOLON = r"(?:(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/)){0,4000}\*/)*+;)?"
_BEHIND = {
    True: re.compile(_SEMICOLON + r"(?:[ \t]*(?:--[^\n]*)?(?:\r?\n|\Z))?"),
    False: re.compile(_SEMICOLON),
}


def actions(views: Sequence[View]) -> list[tuple[int, int]]:
    """The spans of a statement's actions in order, without what stands inside another one."""
    spans = sorted({(v.operation.start, v.operation.end) for v in views})
    return [s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)]


def cuts(spans: Sequence[tuple[int, int]], gone: set[tuple[int, int]]) -> list[Edit] | None:
    """The actions that are gone, each with a comma; None where no other one is left."""
    if not set(spans) - gone:
        return None
    made: list[Edit] = []
    kept = False
    for index, span in enumerate(spans):
        if span not in gone:
            kept = True
        elif kept:
            made.append(Edit(spans[index - 1][1], span[1], ""))
        else:
            made.append(Edit(span[0], spans[index + 1][0], ""))
    return made


def region(migration: Migration, statement: Statement) -> tuple[int, int]:
    """The statement with the comments right above it, its semicolon and the end of its line."""
    text = migration.text
    start = min([c.start for c in above(text, statement)] or [statement.start])
    line = text.rfind("\n", 0, start) + 1
    alone = not text[line:start].strip()
    end = _BEHIND[alone].match(text, statement.end).end()  # type: ignore[union-attr]
    if not alone:
        return start, end
    start = line
    if text[end:].startswith("\n"):
        end += 1
    elif text[:start].endswith("\n\n") and not text[end:].strip():
        start -= 1
    return start, end


def lead(text: str, statement: Statement) -> str:
    """The comments that belong to the statement, as they stand above it or at its end."""
    found = above(text, statement)
    first = text[found[0].start : statement.start] if found else ""
    behind = [c.text for c in statement.comments if c.start >= statement.end]
    return first + "".join(f"{comment}\n" for comment in behind)


def above(text: str, statement: Statement) -> list[Comment]:
    """The comments that belong to the statement: no empty line between, no mark of the layout."""
    found: list[Comment] = []
    at = statement.start
    for comment in reversed([c for c in statement.comments if c.end <= statement.start]):
        between = text[comment.end : at]
        own_line = not text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
        if between.strip() or between.count("\n") > 1 or not own_line or MARK.match(comment.text):
            break
        found.insert(0, comment)
        at = comment.start
    return found


def rest(
    migration: Migration,
    statement: Statement,
    changes: Iterable[Change],
    edits: Sequence[Edit] | None,
) -> str:
    """What is left of the statement, with its comments and what stands around it; without `edits`
    nothing of its own is left."""
    text = migration.text
    start = min([c.start for c in above(text, statement)] or [statement.start])
    if edits is None:
        return lead(text, statement) + around("", changes)
    moved = [Edit(e.start - start, e.end - start, e.text) for e in edits]
    return around(edited(text[start : statement.end], moved), changes)


def around(own: str, changes: Iterable[Change]) -> str:
    """The statements in front of `own`, `own`, and those behind it."""
    made = list(changes)
    texts = [sql for change in made for sql in change.before]
    texts += [own] if own else []
    texts += [sql for change in made for sql in change.here]
    return "\n".join(f"{sql};" for sql in texts)


def without(migration: Migration, leaving: Sequence[Statement], edits: Iterable[Edit]) -> str:
    """The migration's text without these statements, and edited."""
    regions = [region(migration, statement) for statement in leaving]
    cut = [Edit(start, end, "") for start, end in _apart(regions)]
    inside = [e for e in edits if not any(c.start <= e.start < c.end for c in cut)]
    return edited(migration.text, [*cut, *inside])


def _apart(regions: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Regions that do not overlap: one that begins before the last one has ended begins there."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(regions):
        found.append((max(start, found[-1][1] if found else 0), end))
    return found


def left_over(text: str) -> str:
    """What a person wrote that belongs to no statement, where all statements have left."""
    lines = [line for line in text.split("\n") if not MARK.match(line.strip())]
    return "\n".join(lines).strip()
