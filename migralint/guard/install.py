"""What to put where so that commands pass the guard: shells, npm scripts, coding agents.

Nothing that exists is changed: what cannot be a new file is printed, to be put in by hand.
"""

from __future__ import annotations

import json
import os

from migralint.model import MigralintError, Record, Script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WRAPPED = (
    "npx pnpm yarn bunx bun npm prisma supabase drizzle-kit rails rake php mix alembic flyway "
    "dropdb psql mysql"
)


class Snippet(Record):
    """`path` is the file for it ("" where it can only be printed), `how` what to do with it."""

    path: str
    text: str
    how: str


def snippet(target: str, folder: str) -> Snippet:
    """The snippet for a target of TARGETS."""
    if target not in TARGETS:
        raise MigralintError(
            f"there is nothing to install for {target!r}",
            hint=f"It is one of {', '.join(TARGETS)}.",
        )
    return TARGETS[target](folder)


def _shell(folder: str) -> Snippet:
    text = f"""\
# migralint: commands that destroy data pass the guard (see `migralint guard --help`)
for migralint_command in {WRAPPED}; do
  if command -v "$migralint_command" >/dev/null 2>&1; then
    eval "$migralint_command() {{ migralint guard -- $migralint_command \\"\\$@\\"; }}"
  fi
done
unset migralint_command
"""
    return Snippet(
        "", text, "Put this at the end of ~/.bashrc, ~/.zshrc, or the profile of a server's shell."
    )


def _npm(folder: str) -> Snippet:
    """A `pre` script for every script of package.json that destroys data."""
    from migralint.scripts import commands

    path = os.path.join(folder, "package.json")
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise MigralintError(f"there is no package.json in {folder}", status=2) from error
    found = {}
    for operation in commands(Script("package.json", text, "json")):
        facts = operation.facts
        if facts["effect"] in ("destroys", "pushes") and not facts["behind_guard"]:
            found[f"pre{facts['script_name']}"] = f"migralint guard --script {facts['script_name']}"
    if not found:
        return Snippet("", "", "No script of package.json is known to destroy data.")
    lines = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(command)}" for name, command in sorted(found.items())
    )
    return Snippet(
        "",
        f"{lines}\n",
        'Put these lines into "scripts" of package.json. npm runs them first and stops there.',
    )


def _claude_code(folder: str) -> Snippet:
    entry = {
        "matcher": "Bash",
        "hooks": [{"type": "command", "command": "migralint guard --hook claude-code || exit 2"}],
    }
    return _json(".claude/settings.json", {"hooks": {"PreToolUse": [entry]}})


def _cursor(folder: str) -> Snippet:
    entry = {"command": "migralint guard --hook cursor || exit 2"}
    return _json(".cursor/hooks.json", {"version": 1, "hooks": {"beforeShellExecution": [entry]}})


def _gemini(folder: str) -> Snippet:
    entry = {
        "matcher": "run_shell_command",
        "hooks": [{"type": "command", "command": "migralint guard --hook gemini || exit 2"}],
    }
    return _json(".gemini/settings.json", {"hooks": {"BeforeTool": [entry]}})


def _json(path: str, value: object) -> Snippet:
    return Snippet(
        path, json.dumps(value, indent=2) + "\n", f"Put this into {path}, beside what is there."
    )


TARGETS: dict[str, Callable[[str], Snippet]] = {
    "shell": _shell,
    "npm": _npm,
    "claude-code": _claude_code,
    "cursor": _cursor,
    "gemini": _gemini,
}
