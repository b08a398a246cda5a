"""The cache of `lint`, .migralint_cache in the project: `clear` removes it.

Losing it costs time and nothing else. It ignores itself in git, and one that a pull request brings
is not believed: it is sealed with a key in the git directory. `lint --no-cache` does without it.
"""

from __future__ import annotations

import os

from migralint.commands import terminal
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("clear",), help="remove what is kept")


def run(args: Namespace) -> int:
    from migralint.amounts import counted
    from migralint.cache import files
    from migralint.config import root_of

    root = root_of(os.getcwd())
    place = os.path.relpath(files.folder(root))
    try:
        count = files.clear(root)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MigralintError(f"cannot be removed: {reason}", path=place, status=4) from None
    terminal.say(
        f"{place}: {counted(count, 'file')} removed" if count else f"{place}: there is nothing"
    )
    return 0
