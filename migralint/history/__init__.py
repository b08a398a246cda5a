"""What the base of a change set has against what is there now: remarks, for lint to judge.

Pure functions over listings, texts and configurations. A remark holds facts of the operation
`migration` (sql/vocabulary.py): one for each migration that something is to be said of, and one for
what is not there any more, or is no migration.
"""

from __future__ import annotations

from migralint.history import folders, order
from migralint.history.paths import shell
from migralint.model import Record, Remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from migralint.model import Base, Listing, Migration


class Past(Record):
    """What a comparison has found out. `moved` are migrations whose folder has another place now,
    with nothing else changed: no new ones."""

    remarks: tuple[Remark, ...]
    moved: frozenset[str] = frozenset()


def compare(
    migrations: Sequence[Migration],
    listings: Sequence[Listing],
    base: Base | None = None,
    *,
    name_form: str = "",
    today: str = "",
    named: Collection[str] | None = None,
) -> Past:
    """The remarks on the migrations, their folders and, with a base, on what has changed.

    `named` are the paths that the run is about, None for all; what is not named and was not changed
    is not spoken of.
    """
    texts = {migration.path: migration.text for migration in migrations}
    moves: Mapping[str, str] = {}
    unchanged: frozenset[str] = frozenset()
    if base:
        from migralint.history import changes

        moves = changes.moved(base.folders, listings)
        unchanged = frozenset(changes.unchanged(moves, base, texts))
    reported = {m.path for m in migrations if m.report and m.path not in unchanged}
    added = {*base.added} - {*moves.values()} if base else {*reported}
    asked = None if named is None and base is None else {*reported, *(named or ()), *added}
    found: list[tuple[str, Mapping[str, Any]]] = []
    if base:
        found += changes.edited(base, listings, texts, moves)
        renamed = {facts["moved_to"] for _, facts in found if "moved_to" in facts}
        found += order.late(base, listings, added - renamed, moves)
    owners = {file.path for listing in base.folders for file in listing.files} if base else set()
    for listing in listings:
        found += order.duplicates(listing, reported, owners | {*moves.values()})
        found += folders.misnamed(listing, reported & added, name_form, today)
        found += folders.strays(listing, asked)
    by_folder = {file.path: listing for listing in listings for file in listing.files}
    alike: dict[str, int] = {}
    for name in map(folders.version_name, by_folder):
        alike[name] = alike.get(name, 0) + 1
    for migration in migrations:
        if migration.report and migration.path in by_folder:
            found += folders.told(migration, by_folder[migration.path], alike)
    return Past(tuple(_joined(found, listings, base)), unchanged)


def _joined(
    found: Sequence[tuple[str, Mapping[str, Any]]], listings: Sequence[Listing], base: Base | None
) -> Iterator[Remark]:
    """One remark a path, with what messages need."""
    facts: dict[str, dict[str, Any]] = {}
    for path, more in found:
        facts.setdefault(path, {}).update(more)
    places = (*listings, *(base.folders if base else ()))
    for path, known in facts.items():
        listing = next((at for at in places if _holds(at.folder, path)), None)
        told = {"path": path, "shell_path": shell(path), **known}
        layout, dialect = (listing.layout, listing.dialect) if listing else ("", "")
        yield Remark(path, told, layout=layout, dialect=dialect or "postgres")


def _holds(folder: str, path: str) -> bool:
    return folder == "." or path.startswith(folder + "/")
