"""A script that its format's parser cannot read, and that mentions what destroys data."""

from __future__ import annotations

import re

from migralint.model import Operation, Script, Statement
from migralint.scripts import trees
from migralint.scripts.reading import LONGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TOO_LARGE = f"it is larger than {LONGEST // 1_000_000} MB"
# Only what could hide a destructive command is worth a finding: templates of other tools abound.
_MENTIONS = re.compile(
    r"\bmigrate['\", :]{1,4}(?:reset|fresh|refresh|down)\b|--accept-data-loss|--force-reset"
    r"|\bdropdb\b|\bdrop\s+(?:table|database|schema)\b|\btruncate\s+table\b|\bdb:(?:drop|reset)\b"
    r"|\bdb['\", ]{1,4}(?:reset|push)\b|\bschema:drop\b|\bmanage\.py['\", ]{1,4}flush\b"
    r"|\bdrop-all\b",
    re.I,
)


def unread(script: Script) -> Operation | None:
    """The operation `unread_script`, at the first word of danger in a file that cannot be read."""
    reader = _PROBLEMS.get(script.form)
    large = len(script.text) > LONGEST
    mention = _MENTIONS.search(script.text) if reader or large else None
    if mention is None:
        return None
    problem = TOO_LARGE if large or reader is None else reader(script.text)
    if not problem:
        return None
    start, end = mention.span()
    line = script.text.count("\n", 0, start) + 1
    column = start - script.text.rfind("\n", 0, start)
    statement = Statement(mention.group(), start, end, line, column)
    facts = {"problem": problem, "mentions": " ".join(mention.group().split())}
    return Operation("unread_script", facts, statement, start, end, line, column)


def _yaml_problem(text: str) -> str:
    import yaml

    try:
        for _ in trees.composed(text):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
    except yaml.YAMLError as error:
        return str(error).splitlines()[0]
    except (RecursionError, ValueError) as error:
        return f"it {error}"
    return ""


def _python_problem(text: str) -> str:
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return ""


# JSON is read as YAML, so that a comment or a comma too many does not hide what it runs.
_PROBLEMS: dict[str, Callable[[str], str]] = {
    "yaml": _yaml_problem,
    "json": lambda text: _yaml_problem(text.replace("\t", " ")),
    "python": _python_problem,
}
