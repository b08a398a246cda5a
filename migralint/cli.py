"""The command line: which command runs, and how the process ends.

A command is a line of COMMANDS; its module has `add_arguments(parser)` and `run(args) -> int` and
is imported when it is called. Only this module and those of commands/ print.

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration, 3 a bug of
migralint, 4 the environment (git, database), 5 refused by a safety gate, 130 and 143 interrupted
(141: nobody reads our output any more).
"""

from __future__ import annotations

import errno
import gc
import os
import sys

from migralint import __version__
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence
    from typing import Any, NoReturn

COMMANDS = {
    "lint": ("migralint.commands.lint", "check migrations and scripts"),
    "explain": (
        "migralint.commands.explain",
        "what a rule is about, or what is said of a statement",
    ),
    "rules": ("migralint.commands.rules", "list the rules"),
    "operations": ("migralint.commands.operations", "show what migralint sees in SQL"),
    "guard": ("migralint.commands.guard", "run a command only where it is safe"),
    "config": ("migralint.commands.config", "show the settings in force and where each came from"),
    "baseline": (
        "migralint.commands.baseline",
        "exempt the migrations that are here already",
    ),
    "sizes": ("migralint.commands.sizes", "take the table sizes from a database, for lint"),
    "cache": ("migralint.commands.cache", "remove what earlier runs have left to be faster"),
    "init": ("migralint.commands.init", "write a configuration for what is found here"),
    "install-hook": ("migralint.commands.install_hook", "check each commit before git makes it"),
    "completions": ("migralint.commands.completions", "print completions for bash, zsh or fish"),
    "schema": ("migralint.commands.schema", "print the JSON Schema of the settings or the report"),
    "status": ("migralint.commands.status", "show what is applied to a database, and what is not"),
    "plan": ("migralint.commands.plan", "show what apply would do, with locks and findings"),
    "preflight": (
        "migralint.commands.preflight",
        "check all that can be known before an apply",
    ),
    "apply": ("migralint.commands.apply", "apply the pending migrations to a database"),
    "resolve": ("migralint.commands.resolve", "say what became of a failed migration; baseline"),
    "backup": ("migralint.commands.backup", "back up a database and read the backup whole"),
    "restore": ("migralint.commands.restore", "put a backup in the place of the database"),
    "deploy": ("migralint.commands.deploy", "back up, check, apply, verify, run a smoke test"),
    "rollback": ("migralint.commands.rollback", "take the newest migration back by its script"),
    "verify": ("migralint.commands.verify", "find drift: is the database what it should be"),
    "locks": ("migralint.commands.locks", "show who blocks whom, and how to end it"),
    "trace": ("migralint.commands.trace", "run pending migrations on a scratch copy, see locks"),
    "new": ("migralint.commands.new", "make a new migration"),
}

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_BUG = (
    "This is a bug in migralint. Please report it with the lines above and `migralint --version`."
)


def program() -> int:
    """The installed command. To take the interpreter apart costs a twentieth of a hook's run."""
    status = main()
    if sys.argv[1:2] == ["lint"] and status in (0, 1):  # all is written, and nothing is open
        sys.stderr.flush()
        os._exit(status)
    return status


def main(argv: Sequence[str] | None = None) -> int:
    if argv is not None:
        return _status(list(argv))
    status = _status(sys.argv[1:])
    gc.freeze()  # what is left goes with the process: looking for garbage in it costs a tenth
    return status


def _status(arguments: list[str]) -> int:
    _prepare_streams()
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except MigralintError as error:
        _complain(error)
        return error.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _write_no_more()
        return 141
    except Exception as error:  # the only place: so that a bug is not taken for findings
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _write_no_more()
            _complain(MigralintError(f"cannot write: {error.strerror}", path=error.filename or ""))
            return 4
        import traceback

        traceback.print_exc()
        print(_BUG, file=sys.stderr)
        return 3
    return status


def _write_no_more() -> None:
    """Whoever read our output has gone: the interpreter must not write to it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help", "help") and len(arguments) < 2:
        print(usage(), end="")
        return 0 if arguments else 2
    if name in ("-V", "--version", "version"):
        print(f"migralint {__version__}")
        return 0
    if name == "help":
        name, arguments = arguments[1], [arguments[1], "--help"]
    if name not in COMMANDS:
        raise MigralintError(f"there is no command {name!r}", hint=_did_you_mean(name))
    return _lint(arguments[1:]) if name == "lint" else _command(name, arguments[1:])


def _lint(arguments: list[str]) -> int:
    """The answer of an earlier run where nothing has changed, else a run that is kept."""
    # what a run makes it mostly keeps, and what it does not goes without being looked for
    gc.set_threshold(100_000, 50, 100)
    if "--no-cache" in arguments:
        return _command("lint", arguments)
    from migralint.cache import runs

    known = runs.recall(arguments)
    if known is not None:
        return known
    run, status = runs.Run(arguments), None
    try:
        status = _command("lint", arguments)
    finally:
        run.end(status)
    return status


def _command(name: str, arguments: list[str]) -> int:
    if name == "lint":
        from migralint.commands import lint
        from migralint.commands.arguments import plain

        args = plain(lint.add_arguments, arguments)
        if args is not None:
            return lint.run(args)
    module, parser = command(name)
    own = getattr(module, "parse", None)  # where `--` ends what is ours

    def wrong(message: str) -> NoReturn:  # argparse's own would print every option first
        from migralint.commands.misuse import misuse

        raise misuse(parser, arguments, message)

    parser.error = wrong  # type: ignore[method-assign]
    args = own(parser, arguments) if own else parser.parse_args(arguments)
    status: int = module.run(args)
    return status


def command(name: str) -> tuple[Any, ArgumentParser]:
    """The module of a command of COMMANDS, and the parser of its arguments."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter
    from importlib import import_module

    from migralint.commands import terminal

    path, purpose = COMMANDS[name]
    width = terminal.width(os.environ, sys.stdout)  # else argparse imports shutil, 3 ms, to find it
    module = import_module(path)
    parser = ArgumentParser(
        prog=f"migralint {name}",
        description=module.__doc__ or purpose,
        formatter_class=lambda prog: RawDescriptionHelpFormatter(prog, width=width),
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return module, parser


def usage() -> str:
    """The help of the top level, made without importing a command."""
    size = max(map(len, COMMANDS))
    commands = "".join(f"  {name:<{size}}  {purpose}\n" for name, (_, purpose) in COMMANDS.items())
    return (
        "usage: migralint COMMAND [ARGUMENTS]\n\n"
        "Says which SQL migrations lose data, block the application or break running code,\n"
        "and what to write instead.\n\n"
        f"commands:\n{commands}\n"
        "  migralint COMMAND --help  the arguments of a command\n"
        "  migralint --version       the version\n"
    )


def _did_you_mean(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, 1)
    if close:
        return f"Did you mean `migralint {close[0]}`?"
    if os.path.exists(name) or name.endswith(".sql"):
        return f"Did you mean `migralint lint {name}`?"
    return f"The commands are {', '.join(COMMANDS)}."


def _complain(error: MigralintError) -> None:
    from migralint.formats.characters import lines

    print(f"migralint: error: {chr(10).join(lines(str(error)))}", file=sys.stderr)


def _prepare_streams() -> None:
    """A character that the stream cannot print is written as an escape instead of raising.

    A stream that was closed (`>&-`) is None; then there is nobody to write to, and nothing to read.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (it stays open)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test may have put a StringIO there
        if reconfigure:
            reconfigure(errors="backslashreplace")
