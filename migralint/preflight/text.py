"""The checks as a table for a terminal, as Markdown for a pull request, as JSON."""

from __future__ import annotations

from migralint.preflight.check import OUTCOMES, worst

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.preflight.check import Check

_SIGNS = {"pass": "✓ pass", "warn": "! warn", "fail": "✗ FAIL"}
_PLAIN = {"pass": "pass", "warn": "warn", "fail": "FAIL"}
_WORDS = {"pass": "passed", "warn": "to look at", "fail": "failed"}


def text(checks: Sequence[Check], width: int = 100, unicode: bool = True) -> str:
    """A line for each check, what belongs to it below; the result comes last.

    `lines` are never broken: SQL among them is to be copied.
    """
    from textwrap import wrap

    signs = _SIGNS if unicode else _PLAIN
    names = max((len(check.name) for check in checks), default=0)
    indent = " " * (names + 10)
    room = max(width - len(indent), 40)
    lines: list[str] = []
    for check in checks:
        said = wrap(check.said, room, break_long_words=False, break_on_hyphens=False) or [""]
        lines.append(f"{signs[check.outcome]:<6}  {check.name:<{names}}  {said[0]}")
        lines += [f"{indent}{line}" for line in (*said[1:], *check.lines)]
        lines += [f"{indent}{line.strip()}" for line in check.hint.splitlines()]
    return "\n".join([*lines, "", summary(checks)])


def summary(checks: Sequence[Check]) -> str:
    counts = {o: sum(check.outcome == o for check in checks) for o in reversed(OUTCOMES)}
    parts = [f"{count} {_WORDS[outcome]}" for outcome, count in counts.items() if count]
    said = ", ".join(parts) or "nothing was checked"
    ends = {
        "fail": "Do not apply before what failed is mended.",
        "warn": "Read what is to look at before you apply.",
        "pass": "Nothing is in the way.",
    }
    return f"{said}. {ends[worst(checks)]}"


def markdown(title: str, checks: Sequence[Check], questions: Sequence[str]) -> str:
    """A table, the details below it, and the questions as boxes to tick."""
    lines = [f"## {_escaped(title)}", "", summary(checks), "", "| | check | |", "|---|---|---|"]
    for check in checks:
        lines.append(f"| {_SIGNS[check.outcome]} | {_cell(check.name)} | {_cell(check.said)} |")
    for check in [check for check in checks if check.lines or check.hint]:
        lines += ["", f"**{_escaped(check.name)}**: {_escaped(check.said)}"]
        if check.lines:
            fence = "`" * max(3, _longest(check.lines) + 1)
            lines += ["", fence, *check.lines, fence]
        if check.hint:
            lines += ["", _escaped(" ".join(check.hint.split()))]
    if questions:
        lines += ["", "### For a person to answer", ""]
        lines += [f"- [ ] {_escaped(question)}" for question in questions]
    return "\n".join(lines)


def _longest(lines: Sequence[str]) -> int:
    import re

    return max((len(run) for line in lines for run in re.findall("`+", line)), default=0)


def _escaped(text: str) -> str:
    import re

    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split()))


def as_json(
    database: str, checks: Sequence[Check], questions: Sequence[str], pending: Sequence[str]
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": database or None,
        "outcome": worst(checks),
        "counts": {o: sum(check.outcome == o for check in checks) for o in OUTCOMES},
        "pending": list(pending),
        "checks": [
            {
                "name": check.name,
                "outcome": check.outcome,
                "said": check.said,
                "lines": list(check.lines),
                "hint": check.hint,
            }
            for check in checks
        ],
        "checklist": list(questions),
    }
