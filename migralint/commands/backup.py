"""Back up the database, read the whole archive, and remove what is too old.

A backup counts when its archive was read from end to end after it was written: nothing else does,
least of all an empty or a truncated file. Kept are the newest ones (--keep) and all of the last
days (--keep-days).
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.backup import Backup
    from migralint.config import Config
    from migralint.runner.target import Target


def add_arguments(parser: ArgumentParser) -> None:
    targets.add_arguments(parser)
    add = parser.add_argument
    add("--folder", default="", metavar="FOLDER", help="where to (backup_folder, or backups)")
    add("--trial-restore", action="store_true", help="restore it into a scratch database too")
    add("--keep", type=int, metavar="N", help="keep the newest N (backup_keep, or 10)")
    add("--keep-days", type=int, metavar="DAYS", help="and those of so many days (30)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="show the backups of the folder")
    what.add_argument("--check", metavar="FILE", help="read this archive from end to end")
    add("--output", choices=("text", "json"), default="text")
    add("-q", "--quiet", action="store_true", help="only say what went wrong")


def run(args: Namespace) -> int:
    if args.check:
        return _check(args)
    if args.list:
        return _list(args, targets.settings(args))
    return _make(args)


def _make(args: Namespace) -> int:
    from migralint.backup import make, prune, text
    from migralint.backup.manifest import folder_of
    from migralint.runner.signals import Interrupted, watched

    _refuse_numbers(args)
    target = head(targets.find(args), not args.quiet and args.output == "text")
    folder = args.folder or folder_of(target)
    with watched():
        try:
            backup = make(target, folder, args.trial_restore, terminal.warn)
        except Interrupted as stop:
            terminal.warn("interrupted: there is no backup, and nothing is left of it")
            return stop.status
    config = target.config
    keep = config.backup_keep if args.keep is None else args.keep
    days = config.backup_keep_days if args.keep_days is None else args.keep_days
    removed = prune(folder, keep, days)
    if args.output == "json":
        _tell({"database": target.found.url.shown, "backup": _json(backup), "removed": removed})
    elif not args.quiet:
        terminal.say_lines("\n".join((text.made(backup), *(f"removed {p}" for p in removed))))
    if not backup.tables:
        terminal.warn("there is no table in the database")
    return 0


def _refuse_numbers(args: Namespace) -> None:
    """Before the backup is made: a slip in a number shall not cost the older ones."""
    for option, given, least in (("--keep", args.keep, 1), ("--keep-days", args.keep_days, 0)):
        if given is not None and given < least:
            raise MigralintError(f"{option} {given}: write a number from {least} on")


def _list(args: Namespace, config: Config) -> int:
    """The manifests and the sizes; --check reads an archive."""
    import os

    from migralint.backup import found, text

    folder = args.folder or os.path.join(config.root, config.backup_folder)
    backups = found(folder)
    if args.output == "json":
        _tell({"folder": folder, "backups": [_json(backup) for backup in backups]})
    else:
        terminal.say_lines(text.listed(folder, backups))
    return 0


def _check(args: Namespace) -> int:
    from migralint.amounts import size
    from migralint.backup import check, making, text

    backup = making.opened(args.check)
    problem = check(backup)
    if args.output == "json":
        _tell({"backup": _json(backup), "problem": problem or None})
    elif problem:
        terminal.warn(f"{args.check} does not verify: {problem}")
    elif not args.quiet:
        what = f"{size(backup.bytes)}, {text.contents(backup)}"
        terminal.say_lines(f"{args.check} is whole: {what}.")
    return 1 if problem else 0


def head(target: Target, shown: bool) -> Target:
    """Which database it is, and how much care it wants, by its own word too."""
    from migralint.backup import rooms

    with rooms.connected(target, target.found.url, writes=False) as session:
        target = targets.judged(target, session)
    environment = target.environment
    if shown:
        terminal.say(f"{target.found.url.shown} ({environment.name}: {environment.why})")
    for note in target.notes:
        terminal.warn(note)
    return target


def _json(backup: Backup) -> object:
    from migralint.backup import text

    return text.as_json(backup)


def _tell(found: dict[str, object]) -> None:
    terminal.say_json({"schema_version": 1, **found})
