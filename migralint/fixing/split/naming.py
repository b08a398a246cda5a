"""Where the steps go: after all that the folder has, each after the one before."""

from __future__ import annotations

import os

from migralint.model import MigralintError, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migralint.model import File as Listed
    from migralint.model import Migration


def paths(
    own: Migration,
    migrations: Sequence[Migration],
    files: Sequence[Listed],
    now: str,
    words: Sequence[str],
    form: str,
) -> list[str]:
    """One for each word, behind all migrations and other files of the folder."""
    """The paths of the later steps: 20240101_add_email -> ..._add_email_2_index."""
    from migralint.runner.history import Local
    from migralint.runner.naming import path_for, stem_for

    read = {m.path for m in migrations}
    others = [
        replace(own, path=f.path, version=f.version, name=f.name)
        for f in files
        if f.path not in read and f.path.startswith(own.folder)
    ]
    known = [m for m in migrations if m.folder == own.folder]
    same = [Local(m.path, m, b"") for m in (*known, *others)]
    name = own.name.removesuffix(".sql") or "migration"
    made = []
    for step, word in enumerate(words):
        stem = stem_for(own.layout, form, f"{name[:80]}_{step + 2}_{word}", same, now, step)
        path = path_for(own.layout, stem, same)
        made.append(f"{own.folder}/{path}" if own.folder not in ("", ".") else path)
    return made


def version_of(own: Migration, path: str) -> str:
    """As the layout reads it from the path."""
    if path == own.path:
        return own.version
    folder, _, name = path.rpartition("/")
    if own.layout in ("prisma", "diesel", "hasura"):
        name = folder.rpartition("/")[2]
        return name if own.layout == "prisma" else name.partition("_")[0]
    if own.layout == "flyway":
        return name[1:].partition("__")[0].replace("_", ".")
    from migralint.layouts.folder import split_name

    return split_name(name)[0]


def short(own: Migration) -> str:
    """The migration as people call it: its folder, where that has the name."""
    parts = own.path.split("/")
    return "/".join(parts[-2:] if own.layout in ("prisma", "diesel", "hasura") else parts[-1:])


def forward(layout: str, text: str) -> tuple[tuple[int, int], ...] | None:
    """The part of the text that is applied, by the layout's own reading."""
    if layout == "goose":
        from migralint.layouts import goose

        return goose._up(text, list(goose.MARK.finditer(text)))
    if layout == "dbmate":
        from migralint.layouts import dbmate

        down = dbmate.DOWN.search(text)
        return ((0, down.start()),) if down else None
    if layout == "plain":
        from migralint.layouts import plain

        down = plain.DOWN_SECTION.search(text)
        return ((0, down.start()),) if down else None
    return None


def backward(own: Migration) -> str:
    """The migration's way back, where it stands behind the way up in the same file."""
    if own.forward is None:
        return ""
    return own.text[own.forward[-1][1] :] if own.forward[-1][1] < len(own.text) else ""


def create(root: str, files: Mapping[str, bytes]) -> None:
    """All of the new files or none; nothing is written over."""
    for path in files:
        if os.path.lexists(os.path.join(root, path)):
            raise MigralintError("is there already", path=path)
    written: list[str] = []
    try:
        for path, data in files.items():
            _create(os.path.join(root, path), data)
            written.append(path)
    except OSError as error:
        for path in written:
            _remove(os.path.join(root, path))
        raise MigralintError(
            f"cannot be written: {error.strerror or error}", path=path, status=4
        ) from error


def _create(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as stream:
        stream.write(data)


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)
    folder = os.path.dirname(path)
    if not os.listdir(folder):
        os.rmdir(folder)
