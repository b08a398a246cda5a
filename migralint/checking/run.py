"""Request -> report; and, for `--fix` and `--diff`, the texts that have less to report."""

from __future__ import annotations

from migralint.checking import check, settings
from migralint.checking.finding import find, today
from migralint.model import Severity, replace

WORTH_KEEPING = 8  # migrations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.checking import Request
    from migralint.checking.finding import Found
    from migralint.config import Config
    from migralint.discover import Project
    from migralint.model import Report
    from migralint.rules import Rule


def settings_of(request: Request) -> Config:
    return settings.settings(request.config, request.given, request.named, request.cache)


def report(request: Request) -> Report:
    """What the selected rules say of what is found."""
    check(request)
    config = settings_of(request)
    return judged(request, config, find(request, config))


def files(request: Request) -> list[str]:
    """What would be checked, relative to the root of the project."""
    check(request)
    found, _ = find(request, settings_of(request))
    for error in found.errors:
        raise error
    listed = [migration.path for migration in found.migrations if migration.report]
    return [*listed, *(script.path for script in found.scripts)]


def judged(request: Request, config: Config, about: Found) -> Report:
    from migralint.lint import lint

    found, remarks = about
    rules = settings.rules_for(config, request.cache)
    selected = list(request.select)
    if request.history:
        selected = selected or [rule.id for rule in rules if rule.category == "history"]
        # what stands in earlier migrations says nothing about the folder
        looked_at = tuple(migration for migration in found.migrations if migration.report)
        found = replace(found, migrations=looked_at, scripts=())
    chosen = settings.select(rules, config, selected, list(request.ignore))
    memory = settings.memory(chosen, today()) if _is_worth_keeping(request, found) else None
    try:
        made = lint(
            found.migrations,
            rules,
            chosen,
            today(),
            found.scripts,
            remarks,
            request.steps,
            memory,
            request.processes,
            _entries(request, chosen, found, rules),
        )
    finally:
        if memory is not None:
            memory.save()
    if request.style:
        from migralint.style import with_style

        made = with_style(made, found.migrations, named=bool(request.paths))
    if request.way and any(finding.fix for finding in made.findings):
        new = {migration.path for migration in found.migrations if migration.pending}
        made = replace(
            made,
            findings=tuple(
                f if f.path in new else replace(f, fix=(), mended=()) for f in made.findings
            ),
        )
    used = _used(config, about) if request.verbose else ()
    return replace(
        made,
        errors=found.errors,
        notes=(*used, *found.notes, *made.notes),
        root=config.root,
        fail_on=Severity[config.fail_on.upper()],
    )


def _entries(
    request: Request, config: Config, found: Project, rules: Sequence[Rule]
) -> frozenset[int]:
    """The lines of the entries of `allow:` that this run can call unused; in a hook none."""
    named = any(path.endswith(".sql") for path in request.paths)
    if not config.allow or request.way or request.data is not None or named or found.errors:
        return frozenset()
    from migralint.checking.entries import judged

    return judged(request, config, found, rules)


def _is_worth_keeping(request: Request, found: Project) -> bool:
    """A short folder is read faster than a cache of it."""
    return request.cache and not request.steps and len(found.migrations) >= WORTH_KEEPING


def _used(config: Config, about: Found) -> tuple[str, ...]:
    """What decided about the run."""
    found, _ = about
    dialects = sorted({migration.dialect for migration in found.migrations})
    return (
        f"configuration: {config.path or 'none'} (root {config.root}), preset {config.preset}",
        f"layouts: {', '.join(found.layouts) or 'none'}; dialects: {', '.join(dialects) or 'none'}",
    )
