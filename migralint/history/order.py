"""Migrations that come too late, or share their version; and the name that would be right."""

from __future__ import annotations

from itertools import takewhile

from migralint.history.paths import git_mv, renamed, stem, unit
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Any

    from migralint.model import Base, File, Listing

DIGITS = pattern(r"\d{1,40}")
# Flyway's 1_2__x, Diesel's 2024-01-02-030405_x, and 1.2 or 12 of all others.
VERSION = pattern(
    r"\d{1,40}(?:[._]\d{1,40}){0,8}(?=__)|\d{4}-\d\d-\d\d-\d{6}|\d{1,40}(?:\.\d{1,40}){0,8}"
)
DATE = pattern(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\Z")
TIMESTAMP = pattern(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{6}\Z")
# Whose order stands in a journal or comes from elsewhere than the name: no renaming helps.
UNNAMED = ("drizzle",)


def late(
    base: Base, now: Collection[Listing], added: Collection[str], moves: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """New migrations that sort before the newest one of the base."""
    before = {moves.get(file.path, file.path) for listing in base.folders for file in listing.files}
    for listing in now:
        numbered = [file for file in listing.files if file.version[:1].isdigit()]
        known = [place for place, file in enumerate(numbered) if file.path in before]
        if not known:
            continue
        newest = numbered[known[-1]]
        taken = _versions(listing)
        last = newest
        for file in numbered[: known[-1]]:
            if file.path in added:
                name = after(stem(last.path), stem(file.path), taken)
                facts = {"out_of_order": True, "newest": unit(newest.path), "base_name": base.how}
                yield file.path, {**facts, **_renaming(listing, file, name)}
                last = file if not name else _named(file, name)


def _named(file: File, name: str) -> File:
    from migralint.model import replace

    return replace(file, path=renamed(file.path, name))


def _renaming(listing: Listing, file: File, name: str) -> dict[str, Any]:
    if not name or listing.layout in UNNAMED:
        return {}
    return {
        "new_path": unit(renamed(file.path, name)),
        "git_mv": git_mv(file.path, name, listing.names),
        "old_name": stem(file.path),
        "new_name": name,
    }


def duplicates(
    listing: Listing, reported: Collection[str], owners: Collection[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Migrations whose version another one has, which was there first."""
    groups: dict[tuple[str, ...], list[File]] = {}
    for file in _applied(listing):
        if file.version:
            groups.setdefault(_identity(file), []).append(file)
    several = [files for files in groups.values() if len(files) > 1]
    if listing.layout == "plain" and len(several) > 3:
        return  # nobody says that its runner wants them different, and these names never were
    taken = _versions(listing) if several else set()
    for files in several:
        if not any(file.path in reported for file in files):
            continue
        first = [f for f in files if f.path in owners] or [
            f for f in files if f.path not in reported
        ]
        owner = (first or files)[0]
        for file in files:
            if file is not owner and file.path in reported and (file.path not in owners):
                name = after(stem(listing.files[-1].path), stem(file.path), taken)
                facts = {"duplicate": True, "twin": owner.path, "version": file.version}
                yield file.path, {**facts, **_renaming(listing, file, name)}


def _applied(listing: Listing) -> Iterable[File]:
    """Without those that the tool ignores; many of Drizzle's, which stand at the end, are one."""
    strays = {path for path, _ in listing.strays}
    if listing.layout == "drizzle":
        return takewhile(lambda file: file.path not in strays, listing.files)
    return (file for file in listing.files if file.path not in strays)


def _identity(file: File) -> tuple[str, ...]:
    """Flyway's baseline may have the version of a migration, and a file for each database too."""
    name = file.path.rpartition("/")[2]
    return (file.version, name[:1] if name[:1].isalpha() else "", *name.split(".")[1:-1])


def _versions(listing: Listing) -> set[str]:
    found = (VERSION.search(stem(file.path)) for file in listing.files)
    return {match.group() for match in found if match}


def after(newest: str, name: str, taken: set[str]) -> str:
    """`name` with the version that follows the one of `newest`, "" where no name has a number.

    A timestamp becomes one second later; a number keeps its width. `taken` grows.
    """
    last, own = VERSION.search(newest), VERSION.search(name)
    if last is None or own is None:
        return ""
    version = last.group()
    while version in taken:
        version = _next(version)
    taken.add(version)
    return name[: own.start()] + version + name[own.end() :]


def _next(version: str) -> str:
    if "-" in version:
        plain = _next(version.replace("-", ""))
        return f"{plain[:4]}-{plain[4:6]}-{plain[6:8]}-{plain[8:]}"
    from datetime import datetime, timedelta

    for form, shape, step in (
        (TIMESTAMP, "%Y%m%d%H%M%S", timedelta(seconds=1)),
        (DATE, "%Y%m%d", timedelta(days=1)),
    ):
        if form.match(version):
            try:
                return (datetime.strptime(version, shape) + step).strftime(shape)
            except ValueError:
                break  # 31 February, hour 25: in order all the same
    above, last = version[: -len(_last(version))], _last(version)
    return above + str(int(last) + 1).zfill(len(last))


def _last(version: str) -> str:
    return version.replace("_", ".").rpartition(".")[2]
