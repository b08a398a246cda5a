"""A deploy in words: what is ahead, and how it went."""

from __future__ import annotations

from migralint.runner import choosing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.deploy.course import Course, Deployed
    from migralint.deploy.timeline import Step

ENDINGS = {
    "deployed": "Deployed",
    "up to date": "Nothing was pending",
    "refused": "REFUSED",
    "failed": "FAILED",
    "interrupted": "INTERRUPTED",
    "restored": "FAILED, and the backup is restored",
}


def head(course: Course) -> str:
    target = course.target
    environment = target.environment
    return (
        f"{target.found.url.shown} ({environment.name}: {environment.why}), {target.folder}\n"
        f"The URL is from {target.found.source}."
    )


def ahead(course: Course, questions: Sequence[str]) -> str:
    """What is pending, and what only a person can answer."""
    names = course.names()
    waiting = course.plan.withheld if course.plan else ()
    nothing = "Nothing is to be applied." if waiting else "Nothing is pending."
    lines = [f"{len(names)} pending: {', '.join(names)}" if names else nothing]
    lines += [f"{text[0].upper()}{text[1:]}." for text in choosing.said(course.target, waiting)]
    lines += [
        f"{s.name} was rolled back and is as it was: it is applied again."
        for s in course.before
        if s.comes_again and s.name in names
    ]
    if questions:
        lines += ["", "Only a person can answer:"]
        lines += [f"  [ ] {question}" for question in questions]
    return "\n".join([*lines, ""])


def timeline(steps: Sequence[Step]) -> list[str]:
    width = max((len(step.name) for step in steps), default=0)
    return [
        f"  {step.began or '-':<20}  {step.name:<{width}}  {_took(step):>8}  {step.outcome}"
        + (f": {step.said}" if step.said else "")
        for step in steps
    ]


def _took(step: Step) -> str:
    return f"{step.seconds:.1f} s" if step.began and step.outcome != "skipped" else ""


def end(found: Deployed) -> str:
    lines = ["", "Timeline (UTC):", *timeline(found.steps), ""]
    lines.append(f"{ENDINGS[found.outcome]} after {found.seconds:.1f} s.")
    if found.committed and found.error is None and found.outcome == "deployed":
        lines.append(f"Applied: {', '.join(found.committed)}.")
    left_out = {step.name for step in found.steps if step.outcome == "skipped"}
    lines += [f"{name} was skipped: {why}" for name, why in found.skipped if name in left_out]
    return "\n".join([*lines, *found.said])


def as_json(course: Course, found: Deployed) -> dict[str, Any]:
    """The answer for programs: also what --metrics FILE.json and the log of deploys hold."""
    target = course.target
    error = found.error
    return {
        "schema_version": 1,
        "database": target.found.url.shown,
        "environment": target.environment.name,
        "outcome": found.outcome,
        "exit_status": found.status,
        "began": found.began,
        "seconds": round(found.seconds, 3),
        "planned": course.names(),
        "withheld": list(course.plan.withheld) if course.plan else [],
        "committed": list(found.committed),
        "pending": found.pending,
        "failed": found.failed,
        "skipped": dict(found.skipped),
        "steps": [_step(step) for step in found.steps],
        "checks": [{"name": c.name, "outcome": c.outcome, "said": c.said} for c in course.checks],
        "backup": _backup(found),
        "restored": None if found.restored is None else {"kept": found.restored.kept},
        "writes_since_backup": None if found.lost is None else found.lost.count,
        "error": None if error is None else {"message": error.message, "hint": error.hint},
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "began": step.began or None,
        "seconds": round(step.seconds, 3),
        "outcome": step.outcome,
        "said": step.said,
    }


def _backup(found: Deployed) -> dict[str, Any] | None:
    backup = found.backup
    if backup is None:
        return None
    return {
        "path": backup.path,
        "created": backup.created,
        "bytes": backup.bytes,
        "verified": backup.verified or None,
        "age_seconds": None if found.backup_age is None else round(found.backup_age, 1),
    }
