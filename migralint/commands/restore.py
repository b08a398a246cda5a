"""Restore a backup: into a new database, which is proved and then takes the old one's name.

The database is backed up first, as it is now. Its name is asked for (or --confirm-database); it is
kept under another name until somebody drops it. Nothing is changed before the new one is whole.
"""

from __future__ import annotations

from migralint.commands import confirm, terminal
from migralint.commands.backup import head
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.backup import Backup
    from migralint.runner.target import Target


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the archive")
    targets.add_arguments(parser)
    add = parser.add_argument
    confirm.add_argument(parser)
    add(
        "--terminate-sessions",
        action="store_true",
        help="end the sessions of others on the database, just before it is exchanged",
    )
    add("-q", "--quiet", action="store_true", help="only say what went wrong")


def run(args: Namespace) -> int:
    from migralint.backup import restore, text
    from migralint.backup.restoring import verified
    from migralint.runner.signals import Interrupted, watched

    target = targets.find(args)
    _refuse_missing(target, args.file)
    target = head(target, not args.quiet)
    url = target.found.url
    if args.confirm_database:  # a wrong one is refused before the work begins
        confirm.confirm(url, args.confirm_database, "")
    with watched():
        try:
            backup = verified(target, args.file)
            present = _present(args, target, backup)
            what = f"{args.file} takes the place of {url.shown}."
            confirmed = confirm.confirm(url, args.confirm_database, what)
            done = restore(
                target,
                args.file,
                confirmed,
                present=present,
                terminate=args.terminate_sessions,
                note=terminal.warn,
                backup=backup,
            )
        except Interrupted as stop:
            terminal.warn("interrupted: nothing was changed")
            return stop.status
    if not args.quiet:
        terminal.say_lines(text.restored(done))
    for note in done.notes:
        terminal.warn(note)
    return 0


def _present(args: Namespace, target: Target, backup: Backup) -> Backup:
    """The database as it is now, backed up where the restore can be confirmed; both are shown."""
    from migralint.backup import restoring, text
    from migralint.backup.making import looked_at

    can_be_confirmed = bool(args.confirm_database) or confirm.is_asked()
    if can_be_confirmed:
        restoring.refuse_sessions(target, args.terminate_sessions)
        terminal.warn("backing up the database as it is now")
        present = restoring.back_up_present(target, terminal.warn)
    else:
        present = looked_at(target)
    if not args.quiet:
        terminal.say_lines(text.compared(backup, present, can_be_confirmed))
    return present


def _refuse_missing(target: Target, archive: str) -> None:
    """A server says it by itself, and how to make a database; for a file there is less to do."""
    import os
    import shlex

    url = target.found.url
    if url.dialect == "sqlite" and not os.path.exists(url.database):
        raise MigralintError(
            f"there is no {url.database} to take the place of",
            hint=f"Then a copy is enough: cp -- {shlex.quote(archive)} {shlex.quote(url.database)}",
            status=4,
        )
