"""Exempt the migrations that are here already: list them in .migralint/baseline.json.

For a project that adopts migralint with a past. What is listed, each with the hash of its text, is
read as context and not reported. A migration that is edited loses its exemption, and one that is
older but merged later never had it. Commit the file.

Run again, it lists what is here then. With --prune it only takes out what is gone or was edited.
"""

from __future__ import annotations

import os

from migralint import baseline
from migralint.commands import project, terminal
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping, Sequence

    from migralint.model import Migration


def add_arguments(parser: ArgumentParser) -> None:
    project.add_config(parser)
    parser.add_argument("--prune", action="store_true", help="add nothing, take out what is stale")


def run(args: Namespace) -> int:
    from migralint.discover import discover
    from migralint.source import WorkTree

    config = project.settings(args)
    tree = WorkTree(config.root)
    place = baseline.place(config.path)
    known = baseline.read(tree, place)
    if args.prune and not known:
        raise MigralintError(f"there is no {place}", hint="`migralint baseline` writes it.")
    found = discover([], config, tree)
    listed = [m for m in found.migrations if not m.problem]
    if args.prune:
        listed = [m for m in listed if known.get(m.path) == baseline.digest(m.text)]
    path = os.path.join(config.root, place)
    terminal.write_file(path, baseline.written(listed), make_folder=True)
    terminal.say(_said(place, listed, known))
    for migration in found.migrations:
        if migration.problem:
            terminal.warn(f"left out: {migration.path} {migration.problem}")
    return 0


def _said(place: str, listed: Sequence[Migration], known: Mapping[str, str]) -> str:
    now = {migration.path for migration in listed}
    new, gone = len(now - set(known)), len(set(known) - now)
    changes = f" ({new} added, {gone} taken out)" if known else ""
    number = "1 migration is" if len(now) == 1 else f"{len(now)} migrations are"
    return (
        f"Wrote {place}: {number} exempt{changes}.\n"
        "They are read as context; what comes after them is reported. Next: commit the file."
    )
