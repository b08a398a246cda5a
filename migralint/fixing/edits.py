"""Edits -> text, and text -> the bytes of its file: only what an edit names is other than before.

Offsets count code points of the text as discover/reading.py decodes it: without the byte order
mark, line ends as they are.
"""

from __future__ import annotations

from migralint.model import Edit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def fitting(edits: Iterable[Edit]) -> list[Edit]:
    """Those that can be made together, in order: what overlaps an earlier one is left out.

    The same edit asked for twice is made once; another text at a place that has one is left out.
    """
    kept: list[Edit] = []
    for edit in sorted(set_of(edits), key=lambda edit: (edit.start, edit.end)):
        last = kept[-1] if kept else None
        if (
            last is None
            or edit.start > last.end
            or (edit.start == last.end and last.end > last.start)
        ):
            kept.append(edit)
    return kept


def set_of(edits: Iterable[Edit]) -> list[Edit]:
    return list({(edit.start, edit.end, edit.text): edit for edit in edits}.values())


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits in it, which fit together."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def moved(offset: int, edits: Iterable[Edit]) -> int:
    """Where an offset of the old text is in the new one."""
    before = [edit for edit in edits if edit.start < offset]
    return offset + sum(len(edit.text) - (edit.end - edit.start) for edit in before)


def encoded(text: str, like: bytes) -> bytes:
    """The text as the file has it that begins like that: its mark and its encoding."""
    for mark, encoding in MARKS:
        if like.startswith(mark):
            return mark + text.encode(encoding)
    return text.encode()
