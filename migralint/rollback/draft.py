"""A draft of the way back: graded step by step, marked so that it is not run as it stands."""

from __future__ import annotations

import os

from migralint import amounts
from migralint.model import MigralintError, Record
from migralint.rollback.grades import GRADES, LOSSLESS, Undo
from migralint.rollback.scripts import DRAFT, home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.config import Config
    from migralint.runner.history import Local


class Draft(Record):
    """`steps` in the order in which they are to be run; those that do nothing are left out."""

    name: str
    path: str
    steps: tuple[Undo, ...]


def draft(config: Config, locals_: Sequence[Local], name: str) -> Draft:
    from migralint.rollback.walking import way_back
    from migralint.runner.resolve import close_to

    name = name.rstrip("/").rpartition("/")[2]
    place = next((i for i, x in enumerate(locals_) if name in (x.name, x.migration.version)), None)
    if place is None:
        raise MigralintError(
            f"there is no migration {name}", hint=close_to(name, [x.name for x in locals_])
        )
    local = locals_[place]
    if local.migration.problem:
        raise MigralintError(local.migration.problem, path=local.migration.path)
    steps = way_back(config, [x.migration for x in locals_[:place]], local.migration)
    kept = tuple(s for s in steps if s.sql or (s.grade != LOSSLESS and not s.late))
    return Draft(local.name, local.migration.path, kept)


def counted(found: Draft) -> str:
    """`3 steps: 2 lossless, 1 lossy`"""
    grades = [step.grade for step in found.steps]
    parts = [f"{grades.count(grade)} {grade}" for grade in GRADES if grade in grades]
    return amounts.counted(len(grades), "step") + f": {', '.join(parts)}" * bool(parts)


def text(found: Draft) -> str:
    lines = [
        f"{DRAFT} (remove this line when each step has been read; until then it is not run)",
        f"-- The way back from {found.name}, drafted from its operations.",
        f"-- {counted(found)}.",
        "-- lossless: schema and rows of before come back; lossy: something of before does not;",
        "-- impossible: nothing in SQL brings it back (a backup does).",
    ]
    for step in found.steps:
        lines += ["", _head(step), *(f"{sql};" for sql in step.sql)]
    return "\n".join(lines) + "\n"


def _head(step: Undo) -> str:
    what = f"{step.operation} {step.object}".strip()
    why = f": {step.reason}" * bool(step.reason)
    return " ".join(f"-- {step.grade}: {what} (line {step.line}){why}".split())


def write(root: str, folder: str, found: Draft) -> str:
    """To where `rollback` looks for it; a file that is there is left alone."""
    path = f"{home(folder)}/{found.name}.sql"
    place = os.path.join(root, path)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "x", encoding="utf-8", newline="\n") as file:
            file.write(text(found))
    except FileExistsError:
        raise MigralintError("is there already", path=path, hint="--draft prints one.") from None
    except OSError as error:
        raise MigralintError(f"cannot write {path}: {error.strerror}", status=4) from None
    return path


def as_json(found: Draft) -> dict[str, Any]:
    names = ("grade", "operation", "object", "line", "reason")
    steps = [
        {**{name: getattr(step, name) for name in names}, "sql": list(step.sql)}
        for step in found.steps
    ]
    return {"name": found.name, "path": found.path, "steps": steps}
