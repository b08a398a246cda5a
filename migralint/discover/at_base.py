"""The migrations as the base of a change set has them: the listings, and the texts that differ."""

from __future__ import annotations

from migralint.discover.finding import Found, layout_folder
from migralint.discover.reading import decode
from migralint.discover.schemas import migrations_of
from migralint.discover.searching import is_migration
from migralint.model import Base
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from migralint.config import Config
    from migralint.git import Changes
    from migralint.model import Listing
    from migralint.source import Source

# Of how a base was found, what is more than its name.
BASE_NAME = pattern(r"\Athe merge base with |(?:\A|(?<= with ))--base | \(HEAD\^1\)\Z")


def find_base(
    config: Config,
    source: Source,
    changes: Changes,
    now: Iterable[Listing],
    below: Collection[str] = (),
) -> Base:
    """What `source`, the base, has where the change set has something; `below` limits that."""
    from migralint.discover import listing

    found = Found(config, source)
    try:
        folders = {at.folder for at in now if found.layout(at.folder)}
        changed = [path for path in (*changes.modified, *changes.deleted) if _is_sql(path)]
        folders |= {layout_folder(found, path) for path in changed if is_migration(found, path)}
        listings = tuple(listing(found, folder) for folder in sorted(folders))
        known = {file.path for at in listings for file in at.files}
        wanted = [path for path in changed if path in known and _within(path, below)]
        wanted += [p for p in changes.modified if p == config.path or migrations_of(found, p)]
        texts = {path: decode(source.read(path))[0] for path in wanted if source.exists(path)}
    finally:
        source.close()
    name = BASE_NAME.sub("", changes.how)
    revision = "HEAD" if name == "HEAD" else changes.base[:12]
    return Base(revision, name, listings, texts, changes.added, changes.deleted)


def _is_sql(path: str) -> bool:
    return path.lower().endswith(".sql")


def _within(path: str, below: Collection[str]) -> bool:
    return not below or any(b == "." or path == b or path.startswith(b + "/") for b in below)
