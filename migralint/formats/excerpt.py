"""The source lines of a finding with its span marked, cut to the width of the terminal."""

from __future__ import annotations

from migralint.formats.characters import cells, encodable, width
from migralint.model import Finding, Record


class Row(Record):
    """A line to print beside the gutter: its number (0 for none), its text, whether it marks."""

    number: int
    text: str
    mark: bool = False


def excerpt(finding: Finding, room: int, encoding: str) -> list[Row]:
    """The rows of the finding's excerpt, at most `room` columns each; [] without a source."""
    source = [line.rstrip("\r\n") for line in finding.excerpt]
    if not source:
        return []
    if finding.end_line > finding.line:
        return _several_lines(finding, source, room, encoding)
    if finding.column - 1 > len(source[0]):  # a line that was cut before it
        return [Row(finding.line, _window(source[0], 0, 0, room, encoding)[0])]
    start = finding.column - 1
    end = max(min(finding.end_column - 1, len(source[0])), start)
    text, offset, size = _window(source[0], start, end, room, encoding)
    mark = " " * offset + "^" * max(size, 1)
    return [Row(finding.line, text), Row(0, mark, mark=True)]


def _several_lines(finding: Finding, source: list[str], room: int, encoding: str) -> list[Row]:
    rows = []
    for index, line in enumerate(source):
        text, _, _ = _window(line, 0, 0, room - 2, encoding)
        rows.append(Row(finding.line + index, f"{'|' if index else '/'} {text}"))
    if finding.line + len(source) <= finding.end_line:
        return [*rows, Row(0, f"| {_dots(encoding)}")]
    last = source[finding.end_line - finding.line]
    before = sum(width(cell) for cell in cells(last[: finding.end_column - 2][:room], encoding))
    if before < room - 2:
        rows.append(Row(0, f"|_{'_' * before}^", mark=True))
    return rows


def _window(line: str, start: int, end: int, room: int, encoding: str) -> tuple[str, int, int]:
    """What is shown of the line, where the span [start, end) is in it, and how wide.

    Only as many characters as could be shown are looked at: the line may be ten megabytes long.
    """
    dots = _dots(encoding)
    span = cells(line[start : min(end, start + room)], encoding)
    after = cells(line[end : end + room], encoding) if end <= start + room else []
    before = cells(line[max(0, start - room) : start], encoding)
    left_room = max(room - _size(span) - _size(after), room // 4)
    left = _fit(before[::-1], left_room - len(dots), left_room if len(before) == start else 0)[::-1]
    lead = ("" if len(left) == start else dots) + "".join(left)
    whole, rest = [*span, *after], len(line) - start
    right_room = room - width(lead)
    shown = _fit(whole, right_room - len(dots), right_room if len(whole) == rest else 0)
    tail = "" if len(shown) == rest else dots
    return lead + "".join(shown) + tail, width(lead), _size(shown[: len(span)])


def _fit(parts: list[str], room: int, room_for_all: int) -> list[str]:
    """As many of the parts as fit into `room`; all of them where they fit into `room_for_all`."""
    if _size(parts) <= room_for_all:
        return parts
    used = 0
    for index, part in enumerate(parts):
        used += width(part)
        if used > room:
            return parts[:index]
    return parts


def _size(parts: list[str]) -> int:
    return sum(width(part) for part in parts)


def _dots(encoding: str) -> str:
    return "…" if encodable("…", encoding) else "..."
