"""One attempt: findings -> steps -> files, which the linter then judges."""

from __future__ import annotations

from migralint.fixing.split import files, naming, text
from migralint.fixing.split.composing import composed
from migralint.fixing.split.files import File
from migralint.fixing.split.order import Node, steps
from migralint.fixing.split.taken import changes_of, edits_of, take
from migralint.fixing.split.touching import SESSION, of, of_sql
from migralint.model import Name, Record, Severity, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migralint.config import Config
    from migralint.fixing.split.order import Step
    from migralint.fixing.split.taken import Taken
    from migralint.model import Finding, Listing, Migration, Report
    from migralint.rules import Rule

    Judge = Callable[[Sequence[Migration]], Report]


class Split(Record):
    """What takes the place of a migration: `files`, the first at its own path; () where nothing is
    changed. `done` are the findings that are taken care of, `refused` those that are not, each
    with the reason. `later` are the paths that belong to a later release than the first,
    `migrations` the steps as discover will find them."""

    path: str
    files: tuple[File, ...] = ()
    done: tuple[Finding, ...] = ()
    refused: tuple[tuple[Finding, str], ...] = ()
    later: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    migrations: tuple[Migration, ...] = ()


class Attempt(Record):
    """What all attempts on one migration share; see `split` for the fields."""

    migrations: Sequence[Migration]
    path: str
    reported: tuple[Finding, ...]
    rules: Mapping[str, Rule]
    config: Config
    judge: Judge
    now: str
    folders: Sequence[Listing]

    def split(self, findings: Sequence[Finding]) -> Split:
        """The files for these findings; without files, `done` are those that were in the way."""
        at = next(i for i, m in enumerate(self.migrations) if m.path == self.path)
        own = self.migrations[at]
        taken = take(self.migrations, own, findings, self.rules, self.config)
        if not taken.changes:
            return Split(self.path, refused=taken.refused)
        made = _without_empty(_nodes(taken))
        why = self.in_the_way(taken) if len(made) > 1 else ""
        if not why and len(made) == 1 and made[0].way == "contract":
            why = "it is a step of its own already: deploy the code that does without it first"
        if why:
            return Split(self.path, refused=(*taken.refused, *((f, why) for f in taken.done)))
        words = [step.word for step in made[1:]]
        files_ = [file for listing in self.folders for file in listing.files]
        form = self.config.migration_name
        paths = naming.paths(own, self.migrations, files_, self.now, words, form)
        return self.checked(taken, made, paths)

    def in_the_way(self, taken: Taken) -> str:
        """The later steps come last of all: a migration in between must not need them."""
        own = taken.migration
        at = next(i for i, m in enumerate(self.migrations) if m.path == self.path)
        named = (v.fact("table") for v, _ in taken.changes)
        tables = {table.name for table in named if isinstance(table, Name) and table.name}
        for other in self.migrations[at + 1 :]:
            if other.folder == own.folder and (not tables or tables & of_sql([other.text]).words):
                return (
                    f"{other.path} comes after it and works on the same table: the later steps "
                    "would come behind that"
                )
        known = {m.path for m in self.migrations}
        for listing in self.folders:
            order = [file.path for file in listing.files]
            behind = order[order.index(own.path) + 1 :] if own.path in order else []
            unread = [path for path in behind if path not in known]
            if unread:
                return f"{unread[0]} comes after it and was not read: name the folder"
        return ""

    def checked(self, taken: Taken, made: list[Step], paths: Sequence[str]) -> Split:
        """The files, if the linter has no error to report of them that was not there before."""
        own = taken.migration
        written = composed(taken, made, [m.path for m in self.migrations], paths)
        sql = list(zip((file for file in written if file.title), made, strict=True))
        after = [_migration(own, file, step) for file, step in sql]
        at = next(i for i, m in enumerate(self.migrations) if m.path == own.path)
        before, behind = self.migrations[:at], self.migrations[at + 1 :]
        report = self.judge([*before, after[0], *behind, *after[1:]])
        error = _error(report, {m.path for m in after}, self.reported)
        if error:
            why = f"what would take its place has an error: {error}"
            refused = (*taken.refused, *((f, why) for f in taken.done))
            return Split(own.path, done=taken.done, refused=refused)
        contract = next((i for i, step in enumerate(made) if step.way == "contract"), len(made))
        later = tuple(file.path for file, _ in sql[contract:])
        notes = _notes(own, later)
        steps_ = tuple(after)
        return Split(own.path, tuple(written), taken.done, taken.refused, later, notes, steps_)


def _without_empty(nodes: list[Node]) -> list[Step]:
    """The steps; BEGIN, COMMIT and SET are no step by themselves."""
    made = steps(nodes)
    if all(node.piece is None and node.touch.kinds <= SESSION for node in made[0].nodes):
        gone = {node.number for node in made[0].nodes}
        made = steps([node for node in nodes if node.number not in gone])
    return made


def _nodes(taken: Taken) -> list[Node]:
    """A node for each statement that is left, and for each piece, in the order of the text."""
    nodes: list[Node] = []
    chain = 0
    for number, statement in enumerate(taken.statements):
        views = taken.views.get(statement.start, ())
        changes = changes_of(taken, statement)
        if edits_of(taken, statement) is not None or any(c.here or c.before for c in changes):
            left = statement.text if edits_of(taken, statement) is not None else ""
            touch = of([view.operation for view in views], statement.text, taken.indexes)
            if changes:
                touch = of_sql([text.around(left, changes)], taken.indexes, not left)
            nodes.append(Node(len(nodes), number, chain, touch))
            lead = ""
        else:
            lead = text.lead(taken.migration.text, statement)
        for change in changes:
            chain += 1
            for piece in change.later:
                touch = of_sql([piece.like] if piece.like else piece.sql, taken.indexes, ours=True)
                nodes.append(Node(len(nodes), number, chain, touch, piece.way, piece, lead))
                lead = ""
        chain += 1
    return nodes


def _error(report: Report, paths: set[str], known: Sequence[Finding]) -> str:
    """An error in the steps that the migration did not have; a finding that moved is none."""
    before = {(f.rule, f.operation, f.object) for f in known}
    new = (
        f.message
        for f in report.findings
        if f.path in paths
        and f.severity is Severity.ERROR
        and (f.rule, f.operation, f.object) not in before
    )
    return next(new, str(report.errors[0]) if report.errors else "")


def _notes(own: Migration, later: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if later:
        notes.append(
            "not for this release, but for one when the code is ready, and in staging and "
            "production withheld until `migralint apply --only-to` names it (other tools do not "
            f"wait): {', '.join(later)}"
        )
    if own.layout == "atlas":
        notes.append("`atlas migrate hash` brings atlas.sum up to date")
    return tuple(notes)


def _migration(own: Migration, file: File, step: Step) -> Migration:
    """The step as discover will find it."""
    version = naming.version_of(own, file.path)
    mode = files.transaction(own, step.way)
    if file.path == own.path and step.way not in files.OUTSIDE:
        mode = own.transaction
    span = naming.forward(own.layout, file.text)
    return replace(
        own, path=file.path, text=file.text, version=version, transaction=mode, forward=span,
        pending=True, report=True,
    )  # fmt: skip
