"""Print the completions of a shell, to be evaluated when it starts.

bash: eval "$(migralint completions bash)" in ~/.bashrc
zsh:  eval "$(migralint completions zsh)" in ~/.zshrc, after compinit
fish: migralint completions fish >~/.config/fish/completions/migralint.fish
"""

from __future__ import annotations

from migralint.commands import terminal
from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Action, ArgumentParser, Namespace
    from collections.abc import Iterator


class Argument(Record):
    """An argument of a command: its `flags`, or none where it is known by its place.

    `values` are what it can be, () where that is anything; `files` says that it is a path.
    """

    flags: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...] = ()
    files: bool = False


class Command(Record):
    name: str
    purpose: str
    arguments: tuple[Argument, ...]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(SHELLS))


def run(args: Namespace) -> int:
    terminal.say(SHELLS[args.shell](tuple(commands())))
    return 0


def commands() -> Iterator[Command]:
    """All commands with what they take, read from their parsers."""
    from migralint import cli

    for name, (_, purpose) in cli.COMMANDS.items():
        _, parser = cli.command(name)
        yield Command(name, purpose, tuple(map(_argument, parser._actions)))


def _argument(action: Action) -> Argument:
    from argparse import SUPPRESS

    said = "" if action.help in (None, SUPPRESS) else str(action.help)
    known = tuple(map(str, action.choices)) if action.choices else _values(action)
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    files = not known and metavar.removeprefix("[") in ("PATH", "FILE", "FOLDER", "DIR")
    return Argument(tuple(action.option_strings), said, action.nargs != 0, known, files)


def _values(action: Action) -> tuple[str, ...]:
    """What an argument can be that checks it later than argparse does."""
    from migralint.config import keys
    from migralint.formats import FORMATS

    if action.dest in ("select", "ignore") or action.metavar == "RULE|SQL":
        return tuple(rule_ids())
    known = {
        "output": tuple(FORMATS),
        "preset": keys.PRESETS,
        "dialect": keys.DIALECTS,
        "layout": keys.LAYOUT_NAMES,
        "fail_on": keys.SEVERITIES,
    }
    return known.get(action.dest, ())


def rule_ids() -> list[str]:
    from migralint.rules import builtin_directory, load

    return sorted(rule.id for rule in load([builtin_directory()]))


def options(command: Command) -> list[Argument]:
    return [argument for argument in command.arguments if argument.flags]


def places(command: Command) -> list[Argument]:
    return [argument for argument in command.arguments if not argument.flags]


# bash: also 3.2, which macOS has


def bash(all_commands: tuple[Command, ...]) -> str:
    names = " ".join(command.name for command in all_commands)
    after = "".join(_bash_values(command) for command in all_commands)
    flags = "".join(
        f"        {command.name}) words='{' '.join(_flags(command))}' ;;\n"
        for command in all_commands
    )
    plain = "".join(
        f"        {command.name}) words='{' '.join(place.values)}' ;;\n"
        for command in all_commands
        for place in places(command)[:1]
        if place.values
    )
    return f"""\
# completions of migralint for bash
_migralint() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{names}' -- "$current"))
        return
    fi
    case "${{COMP_WORDS[1]}} $previous" in
{after}    *)
        case "$current" in
        -*)
            case "${{COMP_WORDS[1]}}" in
{flags}            esac
            ;;
        *)
            case "${{COMP_WORDS[1]}}" in
{plain}            esac
            ;;
        esac
        ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _migralint migralint
"""


def _bash_values(command: Command) -> str:
    """The lines for what stands behind a flag; without words bash offers files."""
    lines = ""
    for option in options(command):
        if option.takes_value:
            pattern = " | ".join(f"'{command.name} {flag}'" for flag in option.flags)
            lines += f"    {pattern}) words='{' '.join(option.values)}' ;;\n"
    return lines


def _flags(command: Command) -> list[str]:
    return [flag for option in options(command) for flag in option.flags]


# zsh


def zsh(all_commands: tuple[Command, ...]) -> str:
    names = "".join(
        f"        {_quoted(f'{command.name}:{command.purpose}')}\n" for command in all_commands
    )
    cases = ""
    for command in all_commands:
        specs = [spec for option in options(command) for spec in _zsh_option(option)]
        specs += [_zsh_place(place) for place in places(command)]
        lines = " \\\n            ".join(specs)
        cases += f"    {command.name})\n        _arguments -s \\\n            {lines}\n        ;;\n"
    return f"""\
#compdef migralint
# completions of migralint for zsh
_migralint() {{
    local -a migralint_commands
    migralint_commands=(
{names}    )
    if (( CURRENT == 2 )); then
        _describe command migralint_commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{cases}    esac
}}
if [ "$funcstack[1]" = _migralint ]; then
    _migralint "$@"
else
    compdef _migralint migralint
fi
"""


def _zsh_option(option: Argument) -> Iterator[str]:
    said = option.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for flag in option.flags:
        yield _quoted(f"*{flag}[{said}]{f':value:{_zsh_action(option)}' * option.takes_value}")


def _zsh_place(place: Argument) -> str:
    return _quoted(f"*:argument:{_zsh_action(place)}")


def _zsh_action(argument: Argument) -> str:
    if argument.values:
        return f"({' '.join(argument.values)})"
    return "_files" if argument.files else " "


# fish


def fish(all_commands: tuple[Command, ...]) -> str:
    lines = ["# completions of migralint for fish", "complete -c migralint -f"]
    for command in all_commands:
        purpose = _quoted(command.purpose)
        first = f"complete -c migralint -n __fish_use_subcommand -a {command.name} -d {purpose}"
        here = f"complete -c migralint -n '__fish_seen_subcommand_from {command.name}'"
        lines.append(first)
        lines += [f"{here} {_fish(argument)}" for argument in command.arguments]
    return "\n".join(lines) + "\n"


def _fish(argument: Argument) -> str:
    words = [
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in argument.flags
    ]
    if argument.files:
        words.append("-F")
    elif argument.values:
        words.append(f"-a {_quoted(' '.join(argument.values))}")
    if argument.flags and argument.takes_value:
        words.append("-r")
    return " ".join([*words, f"-d {_quoted(argument.help)}"])


def _quoted(text: str) -> str:
    """In single quotes; a quote in it as bash, zsh and fish all read it."""
    return "'" + text.replace("'", "'\\''") + "'"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
