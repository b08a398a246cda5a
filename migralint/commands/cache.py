"""The cache beside the repository: `clear` removes it. `lint --no-cache` does without it."""

from __future__ import annotations

import os

from migralint.commands import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("clear",), help="remove what is kept")


def run(args: Namespace) -> int:
    from migralint.cache import files
    from migralint.config import root_of

    root = root_of(os.getcwd())
    place = os.path.relpath(files.folder(root))
    count = files.clear(root)
    terminal.say(f"{place}: {count} files removed" if count else f"{place}: there is nothing")
    return 0
