"""Coding agents: the tool call that they give on standard input, and the answer that they take.

Claude Code's PreToolUse, Cursor's beforeShellExecution and Gemini CLI's BeforeTool each have their
own form of JSON. Exit status 2 stops all three and any other failure lets the command run, so what
cannot be read ends with 2, and the installed line turns every failure into 2.

https://code.claude.com/docs/en/hooks  https://cursor.com/docs/hooks
https://geminicli.com/docs/hooks/reference
"""

from __future__ import annotations

import json

from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AGENTS = ("claude-code", "cursor", "gemini")
SHELL_TOOLS = frozenset({"Bash", "run_shell_command", "Shell", "shell", "Terminal", "PowerShell"})


class Call(Record):
    """The shell command of a tool call ("" where the call is for another tool), and its folder."""

    command: str
    folder: str


def call(text: str) -> Call:
    """The call that the agent has written."""
    try:
        given: Any = json.loads(text)
    except ValueError as error:
        raise _unreadable("it is not JSON") from error
    except RecursionError:
        raise _unreadable("it is nested too deeply") from None
    if not isinstance(given, dict):
        raise _unreadable("it is not an object")
    folder = str(given.get("cwd") or "")
    tool = given.get("tool_name")
    if tool is not None and tool not in SHELL_TOOLS:
        return Call("", folder)
    command = (
        given["tool_input"].get("command")
        if isinstance(given.get("tool_input"), dict)
        else given.get("command")
    )
    if not isinstance(command, str):
        raise _unreadable("it has no command")
    return Call(command, folder)


def _unreadable(why: str) -> MigralintError:
    return MigralintError(f"the tool call on standard input cannot be read: {why}", status=2)


def answer(agent: str, allowed: bool, why: str) -> str:
    """What to write to standard output; nothing where the agent may go on as it is used to."""
    if agent == "cursor":
        said: dict[str, Any] = {"permission": "allow" if allowed else "deny"}
        if not allowed:
            said |= {"user_message": why, "agent_message": why}
        return json.dumps(said)
    if allowed:
        return ""
    if agent == "gemini":
        return json.dumps({"decision": "deny", "reason": why})
    decision = {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": why,
    }
    return json.dumps({"hookSpecificOutput": decision})
