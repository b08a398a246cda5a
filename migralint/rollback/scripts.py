"""Where the script that takes a migration back stands, in the words of each layout.

`rollbacks/NAME.sql` beside the folder of migrations, for any layout (Prisma ignores it there);
`down.sql` beside migration.sql or up.sql; NAME.down.sql beside NAME.up.sql; Flyway's U1__name.sql;
the down section of goose's and dbmate's files.
"""

from __future__ import annotations

import re

from migralint.layouts import Folder, layout
from migralint.model import MigralintError, Migration, Record
from migralint.source import WorkTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.runner.history import Local, State
    from migralint.runner.target import Target

DRAFT = "-- migralint: draft"
_DRAFT = re.compile(r"(?mi)^[ \t]{0,40}--[ \t]{0,40}migralint:[ \t]{0,40}draft\b")
_GOOSE = re.compile(r"(?im)^[ \t]*--[ \t]*\+goose[ \t]+(up|down)\b")
_DBMATE = re.compile(r"(?m)^--[ \t]*migrate:(up|down)\b([^\n]*)")
_ENDINGS = (".down.sql", ".undo.sql", ".rollback.sql", ".revert.sql")


class Script(Record):
    """The script as a migration that can be read and run, and its bytes. `path` is relative."""

    path: str
    migration: Migration
    data: bytes


def home(folder: str) -> str:
    """The folder of rollback scripts that belongs to a folder of migrations."""
    above = folder.rpartition("/")[0]
    return f"{above}/rollbacks" if above else "rollbacks"


def find(target: Target, state: State) -> Script | None:
    """The script of the migration, None where there is none; two are refused."""
    source = WorkTree(target.config.root)
    section = _section(target, state.local) if state.local else None
    found = [path for path in _places(target, state, source) if source.exists(path)]
    if len(found) + bool(section) > 1:
        other = found[1] if len(found) > 1 else section.path if section else ""
        raise MigralintError(
            f"two scripts take {state.name} back: {found[0]} and {other}",
            hint="Keep one of them.",
        )
    return _read(target, found[0], source) if found else section


def check(script: Script) -> None:
    """What must not be run: a draft, a file that cannot be read, one that says nothing."""
    if script.migration.problem:
        raise MigralintError(script.migration.problem, path=script.path)
    mark = _DRAFT.search(script.migration.text)
    if mark:
        line = script.migration.text.count("\n", 0, mark.start()) + 1
        raise MigralintError(
            "this is a draft, and a draft is never run",
            path=script.path,
            line=line,
            hint="Read each step, mend it, and remove this line.",
            status=5,
        )


def _places(target: Target, state: State, source: WorkTree) -> Iterator[str]:
    """In the order in which they are looked for."""
    yield f"{home(target.folder)}/{state.name}.sql"
    if state.local is None:
        return
    folder, _, name = state.local.migration.path.rpartition("/")
    if name in ("migration.sql", "up.sql"):
        yield f"{folder}/down.sql"
        return
    stem = name.removesuffix(".sql").removesuffix(".up")
    here = f"{folder}/" if folder else ""
    yield from (f"{here}{stem}{ending}" for ending in _ENDINGS)
    if target.layout == "flyway":
        wanted = _number(state.local.migration.version)
        for other in source.list(folder or "."):
            undo = re.fullmatch(r"U(\d[\d._]{0,60})__.{1,200}\.sql", other)
            if undo and _number(undo[1]) == wanted:
                yield f"{here}{other}"


def _number(version: str) -> list[int]:
    numbers = [int(part) for part in re.split(r"[._]", version) if part]
    while numbers and not numbers[-1]:
        numbers.pop()  # 1.0 is 1
    return numbers


def _read(target: Target, path: str, source: WorkTree) -> Script:
    from migralint.discover.reading import decode

    try:
        data = source.read(path)
    except OSError as error:
        raise MigralintError(f"cannot be read: {error.strerror or error}", path=path) from None
    text, problem, line = decode(data)
    folder = Folder(target.folder, source, target.config)
    how = layout(target.layout).runs(folder, target.found.url.dialect)(path, text)
    return Script(path, _migration(target, path, text, how.transaction, problem, line), data)


def _migration(
    target: Target,
    path: str,
    text: str,
    transaction: object,
    problem: str = "",
    line: int = 1,
    spans: tuple[tuple[int, int], ...] | None = None,
) -> Migration:
    stem = path.rpartition("/")[2].removesuffix(".sql")
    dialect, said = target.found.url.dialect, f"{path}: {problem}" if problem else ""
    return Migration(
        path, text, stem, stem, target.layout, dialect, transaction, "the layout's own mark",  # type: ignore[arg-type]
        spans, said, line, folder=target.folder,
    )  # fmt: skip


def _section(target: Target, local: Local) -> Script | None:
    """The down section of a file that has one, with something in it."""
    text = local.migration.text
    transaction: object = local.migration.transaction
    if target.layout == "goose":
        marks = [(m.start(), m[1].lower() == "down") for m in _GOOSE.finditer(text)]
    elif target.layout == "dbmate":
        found = list(_DBMATE.finditer(text))
        marks = [(m.start(), m[1] == "down") for m in found]
        outside = any(m[1] == "down" and "transaction:false" in m[2] for m in found)
        transaction = "query" if outside else "file"
    else:
        return None
    ends = [start for start, _ in marks[1:]] + [len(text)]
    spans = tuple((start, end) for (start, down), end in zip(marks, ends, strict=True) if down)
    if not any(_says_something(text[start:end]) for start, end in spans):
        return None
    path = local.migration.path
    return Script(path, _migration(target, path, text, transaction, spans=spans), local.data)


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in text.splitlines())
