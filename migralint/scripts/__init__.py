"""Commands in files that are not SQL: `form_of` says what a file is, `commands` what it runs.

    form_of(path, first_line) -> form      commands(Script) -> one Operation `run_command` a command

The line: text -> pieces (one reader a form) -> commands (a shell's grammar) -> what the wrappers
run -> facts. Nothing is executed.
"""

from __future__ import annotations

from migralint.model import Migration
from migralint.scripts.forms import form_of
from migralint.scripts.secrets import mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from migralint.model import Operation, Script
    from migralint.scripts.following import Embedded

    ReadFile = Callable[[str], str | None]

__all__ = ["commands", "embedded", "form_of", "mask", "project", "pseudo_migration"]


def commands(
    script: Script, known: Sequence[Mapping[str, Any]] = (), read: ReadFile | None = None
) -> list[Operation]:
    """The commands of one file; for the arguments see `project`."""
    return project([script], known, read)[0]


def project(
    scripts: Sequence[Script], known: Sequence[Mapping[str, Any]] = (), read: ReadFile | None = None
) -> list[list[Operation]]:
    """The commands of files that may call each other, a list for each file.

    `known` are entries in the form of commands.yaml, beside the built-in ones. `read(path)` gives
    the text of a file of the project, None where there is none (for `psql -f path`).
    """
    from migralint.scripts.following import operations
    from migralint.scripts.known import entry

    return operations(scripts, [entry(item) for item in known], read)


def embedded(script: Script) -> list[Embedded]:
    """The SQL that the file gives to psql, mysql, sqlite3 and the like."""
    from migralint.scripts.following import embedded as found

    return found(script)


def pseudo_migration(script: Script) -> Migration:
    """What the linter's timeline needs of a script: its path and its text."""
    return Migration(script.path, script.text, "", "", "script", "")
