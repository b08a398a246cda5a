"""`lint --fix --split`: a dangerous migration becomes the sequence that is safe.

`split(migrations, path, findings, rules, config, judge, now)` is pure: from a migration and its
findings to the files that take its place. `create` writes the new ones. Which recipe takes a rule's
finding apart is said in the rule's file (`split:`); what cannot be taken apart is said, with the
reason.
"""

from __future__ import annotations

from migralint.fixing.split.attempt import Attempt, Split
from migralint.fixing.split.files import File
from migralint.fixing.split.naming import create
from migralint.model import Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.fixing.split.attempt import Judge
    from migralint.model import Finding, Listing, Migration
    from migralint.rules import Rule

__all__ = ["File", "Split", "create", "offered", "split"]


def offered(findings: Sequence[Finding], rules: Sequence[Rule]) -> dict[str, list[Finding]]:
    """Path -> the findings whose rule says how they are taken apart, in order."""
    known = {rule.id for rule in rules if rule.split}
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule in known and finding.severity > Severity.INFO:
            found.setdefault(finding.path, []).append(finding)
    return found


def split(
    migrations: Sequence[Migration],
    path: str,
    findings: Sequence[Finding],
    rules: Sequence[Rule],
    config: Config,
    judge: Judge,
    now: str,
    folders: Sequence[Listing] = (),
) -> Split:
    """The migration of `path` taken apart. `migrations` are all of its folder in version order,
    `findings` what is reported of it, `judge` says what is reported of other migrations, `now`
    (YYYYMMDDHHMMSS) is the version of the next step where the folder counts by time, `folders` say
    which other files there are."""
    own = [finding for finding in findings if finding.path == path]
    known = {rule.id: rule for rule in rules}
    whole = Attempt(migrations, path, tuple(own), known, config, judge, now, folders)
    wanted = offered(own, rules).get(path, [])
    made = whole.split(wanted)
    if made.files or not made.done:
        return replace(made, done=made.done if made.files else ())
    return _one_by_one(whole, wanted)


def _one_by_one(run: Attempt, findings: Sequence[Finding]) -> Split:
    """Together they would bring an error: those that bring none."""
    kept: list[Finding] = []
    refused: list[tuple[Finding, str]] = []
    for finding in findings:
        tried = run.split([*kept, finding])
        if tried.files:
            kept.append(finding)
        else:
            refused += [entry for entry in tried.refused if entry[0] is finding]
    made = run.split(kept) if kept else Split(run.path)
    known = {id(finding) for finding, _ in refused}
    more = [entry for entry in made.refused if id(entry[0]) not in known]
    return replace(made, refused=(*refused, *more))
