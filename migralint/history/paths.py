"""Paths of migrations: what is the same file in another folder, and how to type one."""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION_FILES = ("migration.sql", "up.sql")
ENDING = pattern(r"(?i)(?:\.(?:up|do))?\.sql\Z")
PLAIN = pattern(r"(?a)[\w@%+=:,./-]+\Z")


def shell(path: str) -> str:
    """The path as a word of the shell."""
    return path if PLAIN.match(path) else "'" + path.replace("'", "'\"'\"'") + "'"


def unit(path: str) -> str:
    """What is renamed: the file, or the folder of a version."""
    folder, _, name = path.rpartition("/")
    return folder if name in VERSION_FILES and folder else path


def stem(path: str) -> str:
    """The name without folder and endings: `db/1_a.up.sql` -> `1_a`."""
    name = unit(path).rpartition("/")[2]
    return ENDING.sub("", name)


def renamed(path: str, name: str) -> str:
    """The path of the migration under another stem."""
    whole = unit(path)
    folder, slash, old = whole.rpartition("/")
    return folder + slash + name + old[len(stem(path)) :] + path[len(whole) :]


def git_mv(path: str, name: str, siblings: Sequence[str]) -> str:
    """The commands that rename the migration; the file of its way down goes along."""
    old, new = unit(path), unit(renamed(path, name))
    folder, slash, file = old.rpartition("/")
    moves = [(old, new)]
    own = stem(path)
    if file != own:
        others = (s for s in siblings if s.startswith(own + ".") and s != file)
        moves += [
            (folder + slash + other, folder + slash + name + other[len(own) :]) for other in others
        ]
    return "\n    $ ".join(f"git mv {shell(here)} {shell(there)}" for here, there in moves)
