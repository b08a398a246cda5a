"""Steps -> the texts of their files."""

from __future__ import annotations

from migralint.fixing.split import files, naming, text
from migralint.fixing.split.files import File
from migralint.fixing.split.taken import changes_of, edits_of
from migralint.model import Edit
from migralint.runner.choosing import WITHHOLD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.fixing.split.order import Step
    from migralint.fixing.split.parts import Change
    from migralint.fixing.split.taken import Taken
    from migralint.model import Statement


def composed(
    taken: Taken, made: Sequence[Step], known: Sequence[str], paths: Sequence[str]
) -> list[File]:
    """The first step at the migration's own path, the others at `paths`; `known` are those that the
    folder has."""
    own = taken.migration
    settings = _settings(taken)
    written: list[File] = []
    last = next((n for n, step in enumerate(made, 1) if step.way == "contract"), len(made) + 1)
    for number, step in enumerate(made, 1):
        path = own.path if number == 1 else paths[number - 2]
        title = f"{number} of {len(made)}: {TITLES[step.way]}"
        if number == 1 and any(node.piece is None for node in step.nodes):
            body = _first(taken, step)
        else:
            mark = WITHHOLD if number >= last else ""
            body = _later(taken, step, title, settings, number == 1, mark)
        written.append(File(path, body, title, step.way))
        if number > 1 or step.way in files.OUTSIDE:
            more = files.beside(own.layout, path, step.way, known)
            written += [f for f in more if number > 1 or "down.sql" not in f.path]
    return written


TITLES = {
    "together": "short locks only", "alone": "alone, outside of a transaction",
    "batches": "in batches, outside of a transaction", "validate": "rows are checked",
    "contract": "for a later release",
}  # fmt: skip


def _first(taken: Taken, step: Step) -> str:
    """The migration's own text, byte for byte where nothing is changed."""
    own = taken.migration
    staying = {node.statement for node in step.nodes if node.piece is None}
    leaving: list[Statement] = []
    edits: list[Edit] = []
    for number, statement in enumerate(taken.statements):
        pieces = [n for n in step.nodes if n.statement == number and n.piece]
        more = "\n".join(files.piece(n.piece, False, n.lead) for n in pieces if n.piece)
        if number not in staying:
            leaving.append(statement)
            at = text.region(own, statement)[1]
            edits += [Edit(at, at, more)] if more else []
        else:
            edits += _in_place(taken, statement, changes_of(taken, statement), more)
    return text.without(own, leaving, edits)


def _in_place(taken: Taken, statement: Statement, changes: list[Change], more: str) -> list[Edit]:
    """The edits in a statement that stays, what stands around it, and `more` behind it."""
    inside = edits_of(taken, statement)
    atomic = any(change.atomic for change in changes) and taken.migration.transaction not in (
        "file",
        "query",
    )
    before = [*(["BEGIN"] if atomic else []), *(sql for c in changes for sql in c.before)]
    behind = [*(sql for c in changes for sql in c.here), *(["COMMIT"] if atomic else [])]
    if more:
        behind.append(more.rstrip().removesuffix(";"))
    if inside is None:
        return [Edit(statement.start, statement.end, ";\n".join([*before, *behind]))]
    made = list(inside)
    if before:
        made.append(Edit(statement.start, statement.start, ";\n".join(before) + ";\n"))
    if behind:
        made.append(Edit(statement.end, statement.end, "".join(f";\n{sql}" for sql in behind)))
    return made


def _later(
    taken: Taken, step: Step, title: str, settings: list[str], first: bool, mark: str
) -> str:
    own = taken.migration
    up = "\n".join(_parts(taken, step, settings))
    up = up if step.way in files.OUTSIDE else f"\n{up}"
    if not first:
        head = f"-- Step {title}. Taken out of {naming.short(own)}.\n{mark}"
        return files.text(own.layout, step.way, head, up)
    head = "" if title.startswith("1 of 1:") else f"-- Step {title}.\n"
    back = naming.backward(own)
    over = text.left_over(text.without(own, taken.statements, ()).removesuffix(back))
    head = f"{over}\n\n{head}" if over else head
    return files.text(own.layout, step.way, head, up, back)


def _parts(taken: Taken, step: Step, settings: Sequence[str]) -> Iterator[str]:
    """What the step does, in order, each with its reason above it."""
    bare = files.transaction(taken.migration, step.way) not in ("file", "query")
    yield from (f"{text};\n" for text in settings if step.way in ("together", "contract"))
    said = ""
    for node in step.nodes:
        if node.piece is None:
            yield _waited(taken, taken.statements[node.statement], bare)
            said = ""
        else:
            yield files.piece(node.piece, bare, node.lead, node.piece.why == said)
            said = node.piece.why


def _waited(taken: Taken, statement: Statement, bare: bool) -> str:
    """A statement of the migration's own that had to wait."""
    changes = changes_of(taken, statement)
    made = text.rest(taken.migration, statement, changes, edits_of(taken, statement))
    together = bare and any(change.atomic for change in changes)
    return f"BEGIN;\n{made}\nCOMMIT;\n" if together else f"{made}\n"


def _settings(taken: Taken) -> list[str]:
    """A lock_timeout that the file sets is set in the later steps too."""
    found = []
    for statement in taken.statements:
        kinds = {v.operation.kind for v in taken.views.get(statement.start, ())}
        if kinds == {"set"} and "lock_timeout" in statement.text.lower():
            found.append(statement.text)
    return found
