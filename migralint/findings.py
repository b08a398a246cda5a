"""A finding that says its texts when somebody reads them, and what must not be read: passwords.

There may be a hundred thousand findings, of which most formats show one sentence each. So a finding
keeps what its texts are made of: its rule, the facts that the rule names, its place in the file.
"""

from __future__ import annotations

from migralint.light import cache, sha256
from migralint.model import Finding
from migralint.regex import pattern
from migralint.rules import filled, placeholders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from dataclasses import KW_ONLY
    from typing import Any

    from migralint.model import Edit, Migration, Severity
    from migralint.rules import Rule

_EXCERPT_LINES = 6
_WIDTH = 2000  # characters of a line that an excerpt shows
_QUOTED = 2000  # characters of a statement that tell it from others
_SECRET = pattern(
    r"(?i)(\bpassword\s*=?\s*E?|\bidentified\s+by\s+|\bpassword\s*\(\s*)'(?:[^'\\]|\\.|''){0,4000}'"
    r"|(\w://[^\s:/@']{1,200}:)[^\s@/']{1,400}(?=@)"
)


class Found(Finding):
    """A Finding as the linter makes it. `model.replace` gives one whose texts stand in it.

    `case` is that of the rule, -1 for its own words; `values` are the object and the facts that
    these name (see `facts_of`), without passwords. The operation begins at `start` in the text of
    `file` and is `size` long; its statement, `whole` long, begins `ahead` of that (Python has one
    object for each small number, and there are very many findings). `scope` is what a suppression
    would be about, and `nth` which of the same it is.
    """

    __slots__ = (
        "ahead", "case", "file", "nth", "of", "scope", "size", "start", "values", "whole",
    )  # fmt: skip

    if TYPE_CHECKING:
        _: KW_ONLY
        of: Rule
        case: int
        file: Migration
        start: int
        size: int
        ahead: int
        whole: int
        scope: str
        nth: int
        values: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        if name not in _SAID:
            raise AttributeError(name)
        return _SAID[name](self)


def found(
    of: Rule,
    case: int,
    severity: Severity,
    file: Migration,
    operation: str,
    place: tuple[int, ...],
    scope: str,
    values: tuple[str, ...],
    assumed: tuple[str, ...] = (),
    fix: tuple[Edit, ...] = (),
    nth: int = 0,
) -> Found:
    """A finding of the rule. `place` is line, column, start, size, ahead, whole."""
    made: Any = Found.__new__(Found)  # the fields that it shares with a Finding are frozen
    made.of, made.case, made.severity, made.file, made.operation = (
        of, case, severity, file, operation,
    )  # fmt: skip
    made.line, made.column, made.start, made.size, made.ahead, made.whole = place
    made.scope, made.values, made.assumed, made.fix, made.nth = scope, values, assumed, fix, nth
    made.rule, made.path = of.id, file.path
    return made  # type: ignore[no-any-return]


def numbered(findings: Sequence[Found]) -> None:
    """Tell those apart that say the same of equal statements of a file: see `_fingerprint`."""
    alike: dict[tuple[str, str], list[Found]] = {}
    for finding in findings:
        alike.setdefault((finding.rule, finding.values[0]), []).append(finding)
    for some in alike.values():
        seen: dict[str, int] = {}
        for finding in some if len(some) > 1 else ():
            statement = _statement(finding)
            nth: Any = finding
            nth.nth = seen[statement] = seen.get(statement, -1) + 1


def masked(text: str) -> str:
    """The text without the passwords in it."""
    low = text.lower()
    if "://" not in low and "password" not in low and "identified" not in low:
        return text
    return _SECRET.sub(lambda match: f"{match[1]}'***'" if match[1] else f"{match[2]}***", text)


def words(rule: Rule, case: int) -> tuple[str, str, str]:
    """Message, why and instead, with placeholders."""
    if case < 0:
        return rule.message, rule.why, rule.instead
    own = rule.cases[case]
    return own.message or rule.message, own.why or rule.why, own.instead or rule.instead


@cache
def facts_of(texts: tuple[str, str, str]) -> tuple[str, ...]:
    """The facts whose values a finding with these words keeps, behind its object."""
    return tuple(dict.fromkeys(name for text in texts for name in placeholders(text)))


def _text(number: int) -> Callable[[Found], str]:
    def said(finding: Found) -> str:
        texts = words(finding.of, finding.case)
        if "{" not in texts[number]:
            return _as_it_stands(texts[number])
        return masked(filled(texts[number], _values(finding, texts)))

    return said


def _message(finding: Found) -> str:
    texts = words(finding.of, finding.case)
    return masked(" ".join(filled(texts[0], _values(finding, texts)).split()))


def _values(finding: Found, texts: tuple[str, str, str]) -> Mapping[str, str]:
    return dict(zip(facts_of(texts), finding.values[1:], strict=True))


@cache
def _as_it_stands(text: str) -> str:
    """A rule's text without the user's names: the same for all its findings."""
    return masked(text.strip("\n"))


def _end(finding: Found) -> int:
    return finding.start + finding.size


def _end_line(finding: Found) -> int:
    return finding.line + finding.file.text.count("\n", finding.start, _end(finding))


def _end_column(finding: Found) -> int:
    """Behind the last character."""
    newline = finding.file.text.rfind("\n", finding.start, _end(finding))
    if newline < 0:
        return finding.column + finding.size
    return _end(finding) - newline


def _statement(finding: Found) -> str:
    first = finding.start - finding.ahead
    text = finding.file.text[first : first + min(finding.whole, _QUOTED)]
    return masked(" ".join(text.split()))


def _fingerprint(finding: Found) -> str:
    """Survives moved lines: rule, path, object, statement, and which of the same it is."""
    parts = (finding.rule, finding.path, finding.values[0], _statement(finding), str(finding.nth))
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _excerpt(finding: Found) -> tuple[str, ...]:
    rows = (finding.file.text[start:end] for start, end in _rows(finding))
    if finding.file.layout == "script":
        from migralint.scripts import mask  # knows --password, PGPASSWORD= and tokens too

        return _shown(rows, mask)
    return _shown(rows)


def _rows(finding: Found) -> list[tuple[int, int]]:
    """Where the lines of the excerpt begin and end; no more of a long one than is looked at."""
    text, start = finding.file.text, finding.start - finding.column + 1
    rows: list[tuple[int, int]] = []
    while text and len(rows) < _EXCERPT_LINES:
        end = text.find("\n", start, start + _WIDTH + 2)
        whole = end >= 0 or start + _WIDTH + 2 > len(text)
        rows.append((start, (end if end >= 0 else len(text)) if whole else start + _WIDTH + 2))
        next_line = end if end >= 0 else text.find("\n", start, _end(finding))
        if not 0 <= next_line < _end(finding):
            break
        start = next_line + 1
    return rows


def _mended(finding: Found) -> tuple[str, ...]:
    """The lines of the excerpt with the fix, where it inserts within what they show."""
    from bisect import bisect_right

    places = _rows(finding) if finding.fix else []
    rows = [finding.file.text[start:end][:_WIDTH] for start, end in places]
    starts = [start for start, _ in places]
    for edit in reversed(finding.fix):
        row = bisect_right(starts, edit.start) - 1
        at = edit.start - starts[row]
        outside = row < 0 or edit.start > places[row][1] or at > _WIDTH
        if outside or edit.end != edit.start or "\n" in edit.text:
            return ()
        rows[row] = rows[row][:at] + edit.text + rows[row][at:]
    return _shown(rows)


def _shown(rows: Iterable[str], mask: Callable[[str], str] = masked) -> tuple[str, ...]:
    return tuple(mask(row.rstrip("\r")[:_WIDTH]) for row in rows)


def _offer(finding: Found) -> str:
    from migralint.suppressions import offer

    return offer(finding.path, finding.file.layout, finding.rule, finding.scope)


_SAID: dict[str, Callable[[Found], Any]] = {
    "end_line": _end_line,
    "end_column": _end_column,
    "message": _message,
    "why": _text(1),
    "instead": _text(2),
    "object": lambda finding: finding.values[0],
    "fingerprint": _fingerprint,
    "references": lambda finding: finding.of.references,
    "excerpt": _excerpt,
    "allow": _offer,
    "mended": _mended,
}
