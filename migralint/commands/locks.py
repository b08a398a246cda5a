"""Show who blocks whom: sessions that wait for a lock, and those in their way, longest first.

For each: what it waits for, how long, who it is, its statement, the age of its transaction, and for
the first of each chain the SQL that would end it. Nothing is ended and nothing is written.

Exit status: 0 where nobody is blocked, 1 where somebody is.
"""

from __future__ import annotations

import os
import time

from migralint.commands import project, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.trace.blocked import Picture


def add_arguments(parser: ArgumentParser) -> None:
    project.add_config(parser)
    parser.add_argument("--url", default="", help="the database (DIRECT_URL, DATABASE_URL)")
    parser.add_argument(
        "--watch", type=float, default=0, metavar="SECONDS", help="look again, until Ctrl-C"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")


def run(args: Namespace) -> int:
    from migralint.commands.sizes import migrations_folder
    from migralint.runner import databases, environment
    from migralint.runner.target import answering
    from migralint.trace import blocked

    config = project.settings(args)
    folder, layout = migrations_folder(config)
    values = environment.variables(config.root, folder, os.environ)
    found = environment.find_url(args.url, config.url, config.root, folder, layout, values)
    for note in found.notes:
        terminal.warn(note)
    db = databases.of(found.url.dialect)
    session = db.connect(found.url, ("5s", "10s"), False)
    try:
        with answering(found.url):
            while True:
                picture = blocked.look(db, session)
                _show(picture, args)
                if args.watch <= 0:
                    return 1 if picture.waits else 0
                time.sleep(args.watch)
    finally:
        db.close(session)


def _show(picture: Picture, args: Namespace) -> None:
    import sys

    from migralint.trace import blocked

    if args.output == "json":
        # one document a line while watching, so that another program can read them
        terminal.say_json(blocked.as_json(picture), None if args.watch > 0 else 1)
    else:
        when = f"{time.strftime('%H:%M:%S')}  " if args.watch > 0 else ""
        terminal.say_lines(when + blocked.text(picture))
    sys.stdout.flush()
