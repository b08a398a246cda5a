"""Migrations of the base that were edited, deleted, renamed, or moved with their folder."""

from __future__ import annotations

from migralint.history.paths import shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migralint.model import Base, Listing


def moved(before: Sequence[Listing], now: Sequence[Listing]) -> dict[str, str]:
    """Base path -> present path of the migrations whose whole folder has another place now.

    A tool knows a migration by its name in the folder, so such a move changes nothing for it.
    """
    known = {listing.folder for listing in before}
    present = {file.path for listing in now for file in listing.files}
    found: dict[str, str] = {}
    for old in before:
        if any(file.path in present for file in old.files):
            continue
        for new in now:
            if new.folder in known or new.layout != old.layout:
                continue
            there = {_within(new.folder, file.path): file.path for file in new.files}
            pairs = [(f.path, there.get(_within(old.folder, f.path))) for f in old.files]
            same = {path: other for path, other in pairs if other}
            if len(same) * 2 > len(old.files):
                found.update(same)
    return found


def _within(folder: str, path: str) -> str:
    return path if folder == "." else path[len(folder) + 1 :]


def unchanged(moves: Mapping[str, str], base: Base, texts: Mapping[str, str]) -> Iterator[str]:
    """The present paths of what was moved and not edited."""
    for old, new in moves.items():
        if old in base.texts and base.texts[old] == texts.get(new):
            yield new


def edited(
    base: Base, now: Sequence[Listing], texts: Mapping[str, str], moves: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Facts of the migrations that the base has otherwise, and of those that are gone."""
    present = {file.path for listing in now for file in listing.files}
    told = {"base": base.revision, "base_name": base.how}
    for file in (file for listing in base.folders for file in listing.files):
        here = moves.get(file.path, file.path)
        if file.path not in base.texts:
            continue
        old, new = base.texts[file.path], texts.get(here)
        if file.path in base.deleted and here not in present:
            other = _same_text(old, base, texts, moves)
            more = {"moved_to": other, "shell_moved_to": shell(other)} if other else {}
            yield file.path, {"deleted": True, **told, **more}
        elif new is not None and (here == file.path or new != old):
            same = _plain(old) == _plain(new)
            yield (
                here,
                {"edited": True, "endings_only": same, "base_path": shell(file.path), **told},
            )


def _same_text(old: str, base: Base, texts: Mapping[str, str], moves: Mapping[str, str]) -> str:
    """The added migration with this text; a text of nothing is no proof."""
    new = {*base.added} - {*moves.values()}
    plain = _plain(old)
    return next(
        (p for p, text in texts.items() if p in new and plain and _plain(text) == plain), ""
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")
