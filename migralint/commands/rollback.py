"""Take the newest migration back by its script, and mark it rolled back in the history.

migralint rollback NAME                         run its script, after the database's name was typed
migralint rollback NAME --dry-run               show what the script does, and run nothing
migralint rollback NAME --draft                 print the way back, each step graded; it is not run
migralint rollback NAME --write                 the same, into the file where it is looked for
migralint rollback NAME --restore-backup FILE   put the whole database back instead
migralint rollback --check                      are the folders of what was rolled back withdrawn?

The script is rollbacks/NAME.sql beside the folder of migrations, or what the layout has for it. It
is linted as a migration is; in production what destroys needs its suppression.
"""

from __future__ import annotations

import sys

from migralint.commands import confirm, terminal
from migralint.model import MigralintError
from migralint.runner import target as targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.rollback.back import Options, Way
    from migralint.runner.history import State
    from migralint.runner.target import Target


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the migration")
    targets.add_arguments(parser)
    what = parser.add_mutually_exclusive_group()
    add = what.add_argument
    add("--dry-run", action="store_true", help="show the plan and run nothing")
    add("--draft", action="store_true", help="print a draft of the script")
    add("--write", action="store_true", help="write the draft where it is looked for")
    add("--check", action="store_true", help="is the folder withdrawn or replaced? (else exit 1)")
    add("--restore-backup", default="", metavar="FILE", help="restore this backup instead")
    confirm.add_argument(parser)
    add = parser.add_argument
    add("--allow", action="append", default=[], choices=("out-of-order",), help="in spite of that")
    add("--output", choices=("text", "json"), default="text")
    add("--lock-wait", type=float, default=120, metavar="SECONDS", help="for another applier (120)")
    add("--lock-timeout", default="", metavar="TIME", help="a statement waits for a lock (5s)")
    add("--statement-timeout", default="", metavar="TIME", help="a statement may run (no limit)")
    add("--retries", type=int, default=5, metavar="N", help="after a lock timeout or deadlock (5)")


def run(args: Namespace) -> int:
    if args.check:
        return _check(args)
    if not args.name:
        raise MigralintError(
            "which migration?", hint="migralint rollback NAME; `migralint status -v` lists them."
        )
    if args.draft or args.write:
        return _draft(args)
    if args.restore_backup:
        return _restore(args)
    return _by_script(args)


def _by_script(args: Namespace) -> int:
    from migralint.amounts import counted
    from migralint.rollback import back
    from migralint.runner import gate
    from migralint.runner.signals import Interrupted, watched

    options = _options(args)
    target, way = back.look(targets.find(args), options)
    if args.dry_run and args.output == "json":
        return _json({"dry_run": True, **_entry(target, way)}, 1 if gate.refused(way.report) else 0)
    _head(target, way, args.output == "json")
    if args.dry_run:
        found = gate.refused(way.report)
        if found:
            terminal.say(f"`migralint rollback` would refuse: {counted(len(found), 'error')}.")
        return 1 if found else 0
    back.refuse(target, way)
    _warn_of_drift(target)
    url = target.found.url
    confirm.confirm(url, args.confirm_database, f"{way.state.name} is taken back.")
    stream = sys.stderr if args.output == "json" else sys.stdout
    with watched() as received:
        try:
            state = back.take_back(target, options, way, back.Undoing(stream), received)
        except Interrupted as stop:
            terminal.warn("interrupted; `migralint status` tells what is applied")
            return stop.status
    return _told(args, target, way, state)


def _options(args: Namespace) -> Options:
    from migralint.rollback.back import Options

    config = targets.settings(args)
    return Options(
        args.name,
        tuple(args.allow),
        args.lock_wait,
        args.lock_timeout or config.lock_timeout or "5s",
        args.statement_timeout or config.statement_timeout,
        args.retries,
    )


def _head(target: Target, way: Way, aside: bool) -> None:
    from migralint.runner import plan_text

    environment = target.environment
    shown = [
        f"{target.found.url.shown} ({environment.name}: {environment.why}), {target.folder}",
        f"The way back from {way.state.name} is {way.script.path}:",
        "",
        *plan_text.lines_of(way.planned),
        "",
    ]
    for note in (*target.notes, *way.notes):
        terminal.warn(note)
    terminal.say_lines("\n".join((*shown, "")), sys.stderr if aside else None)


def _warn_of_drift(target: Target) -> None:
    """What was changed by hand is taken for the norm when the snapshot is stored again."""
    from migralint.amounts import counted
    from migralint.catalog.verify import verify
    from migralint.runner.signals import Received

    found = verify(target, Received())
    if found.differences:
        count = counted(len(found.differences), "difference")
        terminal.warn(f"drift: {count} from {found.against}; see `migralint verify`")


def _told(args: Namespace, target: Target, way: Way, state: State) -> int:
    from migralint.rollback import withdrawn

    _remember(target)
    said = withdrawn.said(state, target.folder)
    if args.output == "json":
        lies_there = bool(withdrawn.still_there([state]))
        return _json({**_entry(target, way), "rolled_back": True, "withdrawn": not lies_there}, 0)
    terminal.say(said)
    if withdrawn.still_there([state]):
        terminal.say(withdrawn.advice(state))
    return 0


def _entry(target: Target, way: Way) -> dict[str, object]:
    from migralint.runner import gate, plan_text

    return {
        "name": way.state.name,
        "script": way.script.path,
        "database": target.found.url.shown,
        "environment": target.environment.name,
        "refused": bool(gate.refused(way.report)),
        "plan": plan_text.entry(way.planned),
    }


def _json(found: dict[str, object], status: int) -> int:
    terminal.say_json({"schema_version": 1, **found})
    return status


def _check(args: Namespace) -> int:
    from migralint.rollback import withdrawn
    from migralint.runner import status

    target = targets.find(args)
    states = [s for s in status.status(target).states if withdrawn.taken_back(s)]
    if args.name:
        states = [s for s in states if s.name == args.name]
        if not states:
            raise MigralintError(f"{args.name} is not rolled back")
    wrong = withdrawn.still_there(states)
    if args.output == "json":
        found = [{"name": s.name, "withdrawn": s not in wrong} for s in states]
        return _json({"migrations": found}, 1 if wrong else 0)
    for state in states:
        terminal.say(withdrawn.said(state, target.folder))
        if state in wrong:
            terminal.say(withdrawn.advice(state))
    if not states:
        terminal.say("Nothing is rolled back.")
    return 1 if wrong else 0


def _draft(args: Namespace) -> int:
    from migralint.rollback import draft

    config = targets.settings(args)
    folder, _, locals_, _ = targets.migrations(config, args.path)
    found = draft.draft(config, locals_, args.name)
    if args.output == "json":
        return _json(draft.as_json(found), 0)
    if not args.write:
        terminal.say(draft.text(found))
        return 0
    path = draft.write(config.root, folder, found)
    said = "Read each step, then remove its first line: until then it is not run."
    terminal.say(f"Wrote {path}: {draft.counted(found)}. {said}")
    return 0


def _remember(target: Target) -> None:
    """What `verify` compares with is from now on the schema of before."""
    from migralint.catalog.store import remember

    session = targets.open_session(target, True)
    try:
        why_not = remember(target, session)
    finally:
        target.db.close(session)
    if why_not:
        terminal.warn(why_not)


def _restore(args: Namespace) -> int:
    """The whole database as the backup has it, if it was made before the migration."""
    from migralint import backup
    from migralint.backup.restoring import verified

    target = targets.find(args)
    chosen = verified(target, args.restore_backup)
    name = args.name.rstrip("/").rpartition("/")[2]
    if name in chosen.migrations:
        raise MigralintError(
            f"{args.restore_backup} was made when {name} was applied already",
            hint="It would not take the migration back; an older backup may.",
            status=5,
        )
    what = f"{target.found.url.shown} becomes what it was at {chosen.created}."
    typed = confirm.confirm(target.found.url, args.confirm_database, what)
    found = backup.restore(target, args.restore_backup, typed, note=terminal.warn, backup=chosen)
    terminal.say(f"{found.database} is restored; what it was is kept as {found.kept}.")
    terminal.say(f"To remove that: {found.drop}")
    terminal.say(
        f"{name} is pending now: withdraw it from {target.folder}, or the next deploy applies it."
    )
    return 0
