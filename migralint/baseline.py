"""`.migralint/baseline.json`: the migrations that were there when the project adopted migralint.

Each stands there with the hash of its text, and is context that is not reported as long as it has
that text. A migration that is older and merged later is not among them. Line endings do not count:
git may give each machine its own.
"""

from __future__ import annotations

from migralint.config import BASELINE, beside
from migralint.light import sha256
from migralint.model import Listing, MigralintError, Migration, Remark, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migralint.source import Source


def place(configuration: str) -> str:
    """Beside the configuration; paths in it are relative to the root."""
    return beside(configuration, BASELINE)


def read(source: Source, path: str) -> dict[str, str]:
    """Path -> hash, {} where there is no baseline."""
    if not source.exists(path):
        return {}
    try:
        return parse(source.read(path), path)
    except OSError as error:
        raise MigralintError(f"cannot be read: {error.strerror or error}", path=path) from None


def parse(data: bytes, path: str) -> dict[str, str]:
    import json

    try:
        entries = json.loads(data)["migrations"]
        if all(isinstance(value, str) for value in entries.values()):
            return dict(entries)
    except json.JSONDecodeError as error:
        raise _wrong(path, f"is not JSON: {error.msg}", error.lineno) from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        pass
    raise _wrong(path, "is no baseline: `migrations`, each with its hash", 1)


def _wrong(path: str, message: str, line: int) -> MigralintError:
    return MigralintError(
        message, path=path, line=line, hint="`migralint baseline` writes it anew."
    )


def written(migrations: Iterable[Migration]) -> str:
    """The text of the file."""
    import json

    entries = {migration.path: digest(migration.text) for migration in migrations}
    return json.dumps({"schema_version": 1, "migrations": entries}, indent=1) + "\n"


def digest(text: str) -> str:
    return sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()


def exempted(
    migrations: Sequence[Migration], entries: Mapping[str, str]
) -> tuple[tuple[Migration, ...], int]:
    """The migrations, those of the baseline as context, and how many these are."""
    kept = [replace(m, report=False) if m.report and _holds(m, entries) else m for m in migrations]
    return tuple(kept), sum(a is not b for a, b in zip(migrations, kept, strict=True))


def _holds(migration: Migration, entries: Mapping[str, str]) -> bool:
    known = entries.get(migration.path)
    return known is not None and not migration.problem and known == digest(migration.text)


def stale(
    migrations: Sequence[Migration],
    listings: Iterable[Listing],
    entries: Mapping[str, str],
    path: str,
    whole: bool,
) -> Iterator[Remark]:
    """Entries that no longer describe what is there: edited, or (in a `whole` run) gone."""
    from migralint.history.paths import shell

    for migration in migrations:
        if migration.report and migration.path in entries:
            here = migration.path
            facts = {"path": here, "shell_path": shell(here), "edited": True, "base_name": path}
            yield Remark(here, facts, layout=migration.layout, dialect=migration.dialect)
    present = {file.path for listing in listings for file in listing.files}
    for gone in sorted(set(entries) - present) if whole else ():
        facts = {"path": gone, "shell_path": shell(gone), "deleted": True, "base_name": path}
        yield Remark(gone, facts)
