"""Run a command only where it is safe: never what destroys data in production.

  migralint guard -- npx prisma migrate reset     run it, or exit with 5 and say why
  migralint guard --check "migrate reset"         only say whether it would run
  migralint guard --install claude-code           make shells, npm or coding agents ask first

The environment is the strictest of DATABASE_ENV, NODE_ENV, the host of the database's address and
the database's own marker. A host elsewhere counts as production unless `hosts:` in the
configuration names it. What is run takes this process's place: signals, input and exit status are
its own.
"""

from __future__ import annotations

import os
import re
import sys

from migralint.commands import project, terminal
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.guard.resolving import Resolved
    from migralint.guard.surroundings import Surroundings
    from migralint.guard.verdict import Verdict
    from migralint.scripts.known import Known

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
REFUSED = 5
NOT_FOUND = 127
NOT_ALLOWED = 126


def add_arguments(parser: ArgumentParser) -> None:
    from migralint.guard.hooks import AGENTS
    from migralint.guard.install import TARGETS

    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", metavar="COMMAND", help="say whether it would run; exit 0 or 5")
    what.add_argument("--script", metavar="NAME", help="the same for a script of package.json")
    what.add_argument(
        "--hook", choices=AGENTS, help="answer the tool call of a coding agent on standard input"
    )
    what.add_argument(
        "--install", metavar="TARGET", help=f"{', '.join(TARGETS)}; never overwrites a file"
    )
    parser.add_argument("--print", action="store_true", help="with --install: print, write nothing")
    project.add_config(parser)
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="the command to run")


def run(args: Namespace) -> int:
    if args.install:
        return _install(args.install, args.print)
    if args.hook:
        return _hook(args)
    folder, config = os.getcwd(), project.settings(args)
    if args.check is not None or args.script is not None:
        return _check(args, folder, config)
    if not args.command:
        raise MigralintError(
            "there is no command", hint="migralint guard -- npx prisma migrate deploy"
        )
    from migralint.guard.resolving import of_words

    case = _case(of_words(args.command, folder, _own(config)), folder, config)
    if case.verdict.answer == "refuse":
        return _refuse(case)
    if case.verdict.answer == "ask" and not _confirmed(case):
        return _refuse(case)
    return _become(args.command)


def _own(config: Config) -> list[Known]:
    """The project's own commands."""
    from migralint.scripts.known import entry

    return [entry(item) for item in config.commands]


class _Case(Record):
    verdict: Verdict
    around: Surroundings


def _case(resolved: Sequence[Resolved], folder: str, config: Config, agent: bool = False) -> _Case:
    """The verdict on these commands in the surroundings of this process."""
    from migralint.guard import surroundings, verdict
    from migralint.guard.marker import marker
    from migralint.scripts.context import URL_VARIABLE

    found = verdict.dangers(each.operation for each in resolved)
    variables = _variables(resolved, folder) if found else dict(os.environ)
    texts = [text for each in resolved for text in each.texts]
    urls = [text for text in texts if "://" in text or text.startswith("file:")] + [
        v for n, v in variables.items() if URL_VARIABLE.search(n)
    ]
    said = marker(urls[0]) if found and urls else ""
    around = surroundings.find(variables, texts, config.hosts, said, _has_terminal(), agent)
    return _Case(verdict.judge(found, around, config.guard), around)


def _variables(resolved: Sequence[Resolved], folder: str) -> dict[str, str]:
    """Those of `.env` files, of this process, and of the command itself; the last ones win."""
    from migralint.guard.surroundings import env_files

    own: dict[str, str] = {}
    for each in resolved:
        own.update(each.variables)
    return {**env_files(own.pop(" files", ""), folder), **os.environ, **own}


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _check(args: Namespace, folder: str, config: Config) -> int:
    from migralint.guard.resolving import by_words_alone, of_text

    if args.script is not None:
        _known_script(args.script, folder)
    text = args.check if args.check is not None else f"npm run {args.script}"
    resolved = of_text(text, folder, _own(config))
    if not any(each.operation.facts["effect"] for each in resolved):
        resolved = [*resolved, *by_words_alone(text, _own(config))]
    case = _case(resolved, folder, config)
    if case.verdict.answer == "refuse":
        return _refuse(case)
    asked = ", after a confirmation on the terminal" if case.verdict.answer == "ask" else ""
    known = (
        f"allowed in {case.around.environment}{asked}"
        if case.verdict.dangers
        else "nothing dangerous is known of it"
    )
    if args.check is not None:
        terminal.say(f"migralint guard: {known}")
    return 0


def _known_script(name: str, folder: str) -> None:
    """An error for one that package.json does not have: nothing would be looked at."""
    import json

    try:
        with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        raise MigralintError(f"there is no package.json to read in {folder}") from None
    scripts = found.get("scripts") if isinstance(found, dict) else None
    if not isinstance(scripts, dict) or name not in scripts:
        raise MigralintError(f"package.json has no script {name!r}", hint="`npm run` lists them.")


def _hook(args: Namespace) -> int:
    """0 with an answer that the agent reads; 2, which stops any agent, where none can be made."""
    from migralint.guard import hooks
    from migralint.guard.resolving import of_text

    call = hooks.call(sys.stdin.read(10_000_000))
    folder = call.folder if os.path.isdir(call.folder) else os.getcwd()
    os.chdir(folder)
    config = project.settings(args)
    resolved = of_text(call.command, folder, _own(config)) if call.command else []
    case = _case(resolved, folder, config, agent=True)
    allowed = case.verdict.answer == "allow"
    answer = hooks.answer(args.hook, allowed, "" if allowed else "\n".join(_words(case)))
    terminal.say(answer)
    return 0


def _refuse(case: _Case) -> int:
    for line in _words(case):
        sys.stderr.write(f"{line}\n")
    return REFUSED


def _words(case: _Case) -> list[str]:
    """Why it is refused and what to do instead, without control characters."""
    from migralint.formats.characters import lines

    said = [
        f"migralint guard: refused: `{danger.command}` {danger.does}."
        for danger in case.verdict.dangers
    ]
    said += [f"  {text}" for text in case.verdict.why]
    said += [f"  {text}" for text in case.verdict.instead]
    return [" ".join(lines(text)) for text in said]


def _confirmed(case: _Case) -> bool:
    """On a terminal: the name of the database, typed."""
    wanted = case.around.database or case.around.environment
    for danger in case.verdict.dangers:
        sys.stderr.write(f"migralint guard: `{danger.command}` {danger.does}.\n")
    sys.stderr.write(f"Type {wanted!r} to go on: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == wanted


def _become(command: Sequence[str]) -> int:
    """The command takes this process's place. `NAME=value` before it is set, as by env."""
    command = list(command)
    while command and ASSIGNMENT.fullmatch(command[0]):
        name, _, value = command.pop(0).partition("=")
        os.environ[name] = value
    if not command:
        raise MigralintError(
            "there is no command", hint="migralint guard -- npx prisma migrate deploy"
        )
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        import subprocess

        return subprocess.run(command, check=False).returncode
    import signal

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except FileNotFoundError as error:
        raise MigralintError(f"there is no command {command[0]!r}", status=NOT_FOUND) from error
    except OSError as error:
        raise MigralintError(f"{command[0]}: {error.strerror}", status=NOT_ALLOWED) from error


def _install(target: str, only_print: bool) -> int:
    from migralint.guard.install import snippet

    made = snippet(target, os.getcwd())
    if made.path and not only_print and not os.path.exists(made.path):
        terminal.write_file(made.path, made.text, make_folder=True)
        terminal.say(f"Wrote {made.path}.")
        return 0
    sys.stderr.write(f"{made.how}\n")
    terminal.say(made.text)
    return 0
