"""Paths -> migrations and scripts: which files a run is about, in the order in which they apply.

A named path says what to report on; the migrations before it are context and are not reported.

finding.py and searching.py find the folders and files, reading.py turns bytes into text,
dialects.py says which database the SQL is for; migralint/layouts knows what each tool makes of a
folder.
"""

from __future__ import annotations

import os
import posixpath

from migralint.config import find as find_configuration
from migralint.config import place_of
from migralint.discover.dialects import DIALECTS, dialect_of_file, find_dialect
from migralint.discover.finding import CLOSED, Found, NothingFound, find_named, within
from migralint.discover.reading import decode, programs, read
from migralint.layouts import layout
from migralint.layouts.folder import DOWN_FILE, by_number, split_name
from migralint.light import later
from migralint.model import File, Listing, MigralintError, Migration, Record, Script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from migralint.config import Config
    from migralint.discover import searching
    from migralint.git import Changes
    from migralint.layouts import Layout
    from migralint.source import Source
else:
    searching = later("migralint.discover.searching")

COCKROACH = "is for CockroachDB, read as PostgreSQL: locks differ, and what only it has is unread"
MARKED = "begins with a byte order mark, on which `prisma migrate deploy` fails"

__all__ = ["NothingFound", "Project", "decode", "discover", "listing", "within"]


class Project(Record):
    """What a run is about. `layouts` are those met, `folders` those of the migrations with all that
    they hold; `notes` are sentences for the person, `errors` what keeps the run from being whole.
    """

    migrations: tuple[Migration, ...] = ()
    scripts: tuple[Script, ...] = ()
    layouts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folders: tuple[Listing, ...] = ()
    errors: tuple[MigralintError, ...] = ()


def discover(
    paths: Sequence[str],
    config: Config,
    source: Source,
    changes: Changes | None = None,
    *,
    added: Collection[str] = (),
    force_exclude: bool = False,
) -> Project:
    """The migrations in version order and the scripts that `paths` mean.

    `paths` are relative to the source's root or absolute. None at all: the configured folders, or
    what is found from the root. `changes`: of those, only what was added or modified is reported.
    Pending are the migrations that `changes` or `added` (where paths are named, as in a hook) tells
    as new; without a base all others count as applied. `force_exclude` applies `exclude:` to named
    files too.
    """
    found = Found(config, source)
    relative = [within(source.root, path) for path in paths]
    try:
        if changes is not None:
            searching.find_changed(found, relative, changes)
        elif paths:
            find_named(found, relative, force_exclude)
        else:
            searching.find_all(found)
        return _project(found, frozenset(changes.added if changes else added))
    except NothingFound as error:
        error.scripts = _scripts(found)
        raise
    finally:
        source.close()


def _project(found: Found, added: Collection[str]) -> Project:
    migrations: dict[str, Migration] = {}  # what lies in the reach of two folders is linted once
    for path in sorted(found.wanted):
        for migration in _in_folder(found, path, found.wanted[path], added):
            migrations.setdefault(migration.path, migration)
        for migration in _closed(found, path):
            migrations.setdefault(migration.path, migration)
    for path in sorted(found.alone):
        for migration in _alone(found, path, added):
            migrations.setdefault(path, migration)
    if found.unread and not migrations:
        hint = "Leave it out with `exclude:`, or say `dialect:`."
        raise MigralintError(found.unread[0], hint=hint)
    return Project(
        tuple(migrations.values()),
        _scripts(found),
        tuple(dict.fromkeys(migration.layout for migration in migrations.values())),
        tuple(_notes(found, migrations.values())),
        tuple(found.listings),
    )


def _in_folder(
    found: Found, path: str, only: set[str] | None, added: Collection[str]
) -> Iterator[Migration]:
    """The folder's migrations, up to the last that is asked for."""
    folder, name = found.folder(path), found.layout(path)
    shape = layout(name)
    present = shape.files(folder)
    files = _asked_for(found, name, present, only)
    texts = [read(folder, file.path) for file in files]
    said = [dialect_of_file(found.config, file.path) for file in files]
    plain = [text for (text, _, _), own in zip(texts, said, strict=True) if not own]
    dialect, guess = find_dialect(
        folder, shape.dialect(folder), plain or [text for text, _, _ in texts]
    )
    if not _is_read(found, path, dialect):
        return
    found.notes += [*folder.notes, *guess]
    if name == "prisma" and dialect != "sqlite":
        folder.strays += [(marked, MARKED) for marked in folder.marked]
    found.listings.append(_listed(found, path, shape, present, dialect))
    for place, problem, line in folder.problems:
        yield Migration(place, "", "", "", name, dialect, problem=problem, problem_line=line)
    unread = programs(folder.names)
    if unread:
        found.notes.append(f"{path}: not read are the migrations that are programs: {unread}")
    runs = shape.runs(folder, dialect)
    for file, (text, problem, line), own in zip(files, texts, said, strict=True):
        if own and not _is_read(found, file.path, own):
            continue
        how = runs(file.path, text)
        yield Migration(
            file.path,
            text,
            file.version,
            file.name,
            name,
            own or dialect,
            how.transaction,
            how.opt_out,
            how.forward,
            problem,
            line,
            pending=file.path in added,
            report=(only is None or file.path in only)
            and not _is_before(found.config, file.version),
            folder=path,
            partial=unread > 0,
            foreign_keys=how.foreign_keys,
        )


def listing(found: Found, path: str) -> Listing:
    """What the folder holds, by the names alone."""
    shape = layout(found.layout(path))
    return _listed(found, path, shape, shape.files(found.folder(path)), "")


def _listed(found: Found, path: str, shape: Layout, files: list[File], dialect: str) -> Listing:
    folder, back = found.folder(path), None
    if _asks(found.config, "missing-rollback"):
        from migralint.discover.downs import downs

        back = downs(found, folder)
    return Listing(
        path,
        found.layout(path),
        dialect,
        tuple(file for file in files if not found.excluded(file.path)),
        tuple(name for name in folder.names if not name.endswith("/")),
        tuple((place, why) for place, why in folder.strays if not found.excluded(place)),
        shape.provider(folder),
        back,
    )


def _asks(config: Config, rule: str) -> bool:
    """Is a rule on that is off by default: is it worth looking for what it needs?"""
    levels = [config.rules, *(override.rules for override in config.overrides)]
    return config.preset == "optional" or any(level.get(rule, "off") != "off" for level in levels)


def _asked_for(found: Found, name: str, files: list[File], only: set[str] | None) -> list[File]:
    """`files` without the excluded ones and, where some are named, without those after the last.

    A named file that the layout does not run: a way down is left out, another is linted alone.
    """
    files = [f for f in files if (only and f.path in only) or not found.excluded(f.path)]
    if only is None:
        return files
    for stray in sorted(only.difference(file.path for file in files)):
        if DOWN_FILE.search(posixpath.basename(stray)):
            found.downs.append(stray)
        else:
            found.notes.append(f"{stray} is no file that {name} applies; it is linted by itself")
            found.alone.add(stray)
    last = max((place for place, file in enumerate(files) if file.path in only), default=-1)
    return files[: last + 1]


def _is_read(found: Found, path: str, dialect: str) -> bool:
    if dialect in DIALECTS:
        return True
    found.unread.append(f"{path} is for {dialect}; migralint reads {', '.join(DIALECTS)}")
    return False


def _alone(found: Found, path: str, added: Collection[str]) -> Iterator[Migration]:
    folder = found.folder(posixpath.dirname(path) or ".")
    text, problem, line = read(folder, path)
    dialect, guess = find_dialect(folder, "", [text])
    found.notes += guess
    dialect = dialect_of_file(found.config, path) or dialect
    if not _is_read(found, path, dialect):
        return
    version, name = split_name(posixpath.basename(path))
    how = layout("plain").runs(folder, dialect)(path, text)
    yield Migration(
        path,
        text,
        version,
        name,
        "plain",
        dialect,
        how.transaction,
        how.opt_out,
        how.forward,
        problem,
        line,
        pending=path in added,
    )


def _is_before(config: Config, version: str) -> bool:
    """Is it earlier than `since`? Repeatable migrations have no version and are not."""
    if not config.since or not version:
        return False
    if version[0].isdigit() and config.since[0].isdigit():
        return by_number(version) < by_number(config.since)
    if version[0].isdigit():
        place, line = place_of("since", config.origin)
        message = f"since: {config.since!r} is no version; that of a migration here is {version!r}"
        raise MigralintError(message, path=place, line=line)
    return version < config.since


def _closed(found: Found, folder: str) -> Iterator[Migration]:
    """What lies in a folder of migrations and may not be read."""
    for path in found.source.closed:
        if path.startswith(f"{folder}/"):
            yield Migration(path, "", "", "", found.layout(folder), "", problem=CLOSED)


def _other_settings(found: Found) -> Iterator[str]:
    """Configurations that are nearer to some of the migrations than the one that is in force."""
    root, own = found.source.root, found.config.path
    nearest = (find_configuration(os.path.join(root, folder)) for folder in found.wanted)
    paths = {os.path.relpath(path, root).replace(os.sep, "/") for path in nearest if path}
    above = posixpath.dirname(own)
    for path in sorted(paths - {own}):
        folder = posixpath.dirname(path)
        if not above or folder.startswith(f"{above}/"):
            more = f"in a run that is about more than {folder}"
            yield f"{path} is not read {more}; `migralint lint {folder}` reads it"


def _notes(found: Found, migrations: Collection[Migration]) -> Iterator[str]:
    yield from dict.fromkeys(found.notes)
    yield from found.unread
    for listing in found.listings:
        if "cockroach" in listing.provider or "cockroach" in listing.folder:
            yield f"{listing.folder} {COCKROACH}"
    closed = [path for path in found.source.closed if not any(m.path == path for m in migrations)]
    if closed:
        yield f"{', '.join(closed)}: {CLOSED}, so what is in it was not looked at"
    yield from _other_settings(found)
    if found.downs:
        more = f" (and {len(found.downs) - 1} more)" if len(found.downs) > 1 else ""
        yield f"{found.downs[0]}{more} is a way down and is not linted"
    since = found.config.since
    earlier = sum(1 for migration in migrations if _is_before(found.config, migration.version))
    if earlier:
        yield f"migrations before {since} are context and are not reported ({earlier})"


def _scripts(found: Found) -> tuple[Script, ...]:
    read = (_script(found, path, form) for path, form in sorted(found.scripts.items()))
    return tuple(script for script in read if script)


def _script(found: Found, path: str, form: str) -> Script | None:
    text, problem, _ = read(found.folder(posixpath.dirname(path) or "."), path)
    if problem:
        found.notes.append(f"{path} was not read: it {problem}")
        return None
    return Script(path, text, form)
