"""Figures of a deploy for alerts: Prometheus's text format, or JSON by the ending of the file.

The text is for node_exporter's textfile collector, which reads whole files only: it is written
beside and renamed. https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import time

from migralint.deploy import text
from migralint.deploy.timeline import ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.deploy.course import Course, Deployed

Sample = tuple[dict[str, str], float]


def render(course: Course, found: Deployed, path: str) -> str:
    if path.endswith(".json"):
        import json

        return json.dumps(text.as_json(course, found), indent=1, ensure_ascii=False) + "\n"
    return "".join(_prometheus(course, found))


def _prometheus(course: Course, found: Deployed) -> Iterator[str]:
    url = course.target.found.url
    common = {"database": url.shown, "environment": course.target.environment.name}
    now = time.time()
    for name, help_text, samples in (*_of_deploy(found, now), *_of_backup(found, now)):
        yield f"# HELP migralint_{name} {help_text}\n# TYPE migralint_{name} gauge\n"
        for labels, value in samples:
            shown = ",".join(f'{k}="{escaped(v)}"' for k, v in {**common, **labels}.items())
            yield f"migralint_{name}{{{shown}}} {value:.17g}\n"


def _of_deploy(found: Deployed, now: float) -> Iterator[tuple[str, str, list[Sample]]]:
    good = found.status == 0
    steps = [step for step in found.steps if step.outcome not in ("skipped", "not reached")]
    yield (
        "deploy_timestamp_seconds",
        "When the last deploy ended, in seconds since 1970.",
        [({}, round(now))],
    )
    yield "deploy_success", "Whether the last deploy ended well (1) or not (0).", [({}, good)]
    yield "deploy_exit_status", "The exit status of the last deploy.", [({}, found.status)]
    yield (
        "deploy_duration_seconds",
        "How long the last deploy took.",
        [({}, round(found.seconds, 3))],
    )
    yield (
        "deploy_step_duration_seconds",
        "How long each step of the last deploy took.",
        [({"step": step.name}, round(step.seconds, 3)) for step in steps],
    )
    yield (
        "deploy_step_outcome",
        "How each step of the last deploy ended: 1 for its outcome, 0 for the others.",
        [
            ({"step": step.name, "outcome": end}, step.outcome == end)
            for step in found.steps
            for end in ENDS
        ],
    )
    yield (
        "migrations_applied",
        "Migrations that the last deploy has committed.",
        [({}, len(found.committed))],
    )
    counted = (("pending", "are not applied yet", found.pending),
               ("failed", "stand as failed", found.failed))  # fmt: skip
    for name, what, count in counted:
        if count is not None:
            yield f"migrations_{name}", f"Migrations that {what}.", [({}, count)]
    yield "deploy_restored", "Whether the backup was restored.", [({}, found.restored is not None)]
    skipped = [({"step": name}, 1.0) for name, _ in found.skipped]
    yield "deploy_step_skipped", "Steps that were skipped on request.", skipped


def _of_backup(found: Deployed, now: float) -> Iterator[tuple[str, str, list[Sample]]]:
    if found.backup is None or found.backup_age is None:
        return
    yield (
        "backup_timestamp_seconds",
        "When the newest backup was made, in seconds since 1970.",
        [({}, round(now - found.backup_age))],
    )
    yield (
        "backup_age_seconds",
        "The age of the newest backup when the deploy ended.",
        [({}, round(found.backup_age))],
    )
    yield "backup_size_bytes", "The size of the newest backup.", [({}, found.backup.bytes)]
    yield (
        "backup_verified",
        "Whether the newest backup was read whole.",
        [({}, bool(found.backup.verified))],
    )


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
