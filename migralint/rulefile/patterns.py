"""Regular expressions in rules: those that can run for ever are refused."""

from __future__ import annotations

import re
import warnings

LONGEST = 500
_PART = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!<>a-zA-Z]*|[()|*+?]|\{\d*,?\d*\}", re.DOTALL
)


def refusal(pattern: str) -> str:
    """What is wrong with a regular expression, "" if nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what another version of Python reads otherwise
            re.compile(pattern)
    except (re.error, Warning) as error:
        return f"is no regular expression: {error}"
    if len(pattern) > LONGEST or can_run_away(pattern):
        return "this regular expression can run for ever"
    return ""


def can_run_away(pattern: str) -> bool:
    """Whether a repeated group has a repetition or an alternative inside."""
    groups: list[bool] = [False]  # for each open group: does something inside make it risky?
    closed = False  # is the group that has just been closed risky?
    for part in _PART.finditer(pattern):
        text = part[0]
        if text.startswith("("):
            groups.append(False)
        elif text == ")":
            closed = groups.pop() if len(groups) > 1 else False
            groups[-1] = groups[-1] or closed
        elif text in "|?":
            groups[-1] = True
        elif text[0] in "*+{":
            if closed and pattern[part.start() - 1] == ")":
                return True
            groups[-1] = True
    return False
