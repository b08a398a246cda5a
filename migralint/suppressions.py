"""Findings that are accepted: allow-comments, and the configuration's `allow:` list.

    -- migralint: allow drop-table (unused since #412)
    -- migralint: allow drop-column until 2027-01-31 (the reporting job still reads it)
    -- migralint: allow-file blocking-index (tables are empty before launch)

What is wrong with a suppression (no reason, no such rule, expired, unused) is an operation of kind
`suppression`, so that rules report it as they do everything else.
"""

from __future__ import annotations

from migralint.light import sha256
from migralint.model import Record
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from migralint.config import Allow, Config
    from migralint.config.patterns import ByPath
    from migralint.model import Comment, Migration, Statement

_MARK = pattern(r"\bmigralint:[ \t]*")
_COMMA = pattern(r"[ \t]*,[ \t]*")
_FORM = pattern(
    r"(?s)(?P<scope>allow-file|allow)[ \t]+(?P<rules>[a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)"
    r"(?:[ \t]+until[ \t]+(?P<until>\d{4}-\d\d-\d\d))?"
    r"(?:[ \t]*\((?P<reason>.*)\))?[ \t]*(?:\*/)?[ \t]*\Z",
)
# A migration that waits until it is named (see runner/choosing.py).
_WITHHOLD = pattern(r"withhold[ \t]+\([^\n]+\)\Z")


class Suppression(Record):
    """One rule allowed: for the statement that starts at `statement`, or the file where that is -1.

    `source` says where it stands, for the report; [start, end) is the comment's span in the text,
    or (-1, -1) for an entry of the configuration, whose `line` is then that of the configuration.
    """

    rule: str
    reason: str
    until: str
    statement: int
    source: str
    line: int
    start: int = -1
    end: int = -1

    def allows(self, today: str) -> bool:
        """Does it count: it has a reason and its last day is not over."""
        return bool(self.reason) and not self.expired(today)

    def expired(self, today: str) -> bool:
        return bool(self.until and today and self.until < today)


def in_comments(migration: Migration, statements: Iterable[Statement]) -> list[Suppression]:
    """The suppressions of the file, from real comments only."""
    return [
        suppression
        for statement in statements
        for comment in statement.comments
        if "migralint:" in comment.text
        for suppression in _read(comment, statement.start, migration.path)
    ]


def _read(comment: Comment, statement: int, path: str) -> Iterator[Suppression]:
    """What the comment allows; one that does not follow the form allows nothing and is reported."""
    mark = _MARK.search(comment.text)
    if mark is None:
        return
    said = comment.text[mark.end() :].strip()
    if _WITHHOLD.match(said):
        return  # for the runner
    form = _FORM.match(said)
    source = f"{path}:{comment.line}"
    if form is None:
        yield Suppression(
            said[:60], "?", "", statement, source, comment.line, comment.start, comment.end
        )
        return
    reason = (form["reason"] or "").strip()
    scope = -1 if form["scope"] == "allow-file" else statement
    for rule in _COMMA.split(form["rules"]):
        yield Suppression(
            rule,
            reason,
            form["until"] or "",
            scope,
            source,
            comment.line,
            comment.start,
            comment.end,
        )


def by_file(config: Config) -> ByPath:
    """The entries of `allow:` by their path, or by the hash where they have none."""
    from migralint.config.patterns import ByPath

    return ByPath([allow.path or allow.sha256.lower() or "."] for allow in config.allow)


def in_configuration(config: Config, known: ByPath, path: str, text: str) -> list[Suppression]:
    """The entries of `allow:` that concern this file, by its path or by the hash of its text."""
    numbers = known.of(path)
    if any(allow.sha256 for allow in config.allow):
        numbers |= known.of(_hash(text))
    return [
        Suppression(
            allow.rule, allow.reason, allow.until, -1, f"{config.path}:{allow.line}", allow.line
        )
        for allow in (config.allow[number] for number in sorted(numbers))
        if concerns(allow, path, text)
    ]


def concerns(allow: Allow, path: str, text: str) -> bool:
    """Is the entry about the file, by its path or by the hash of its text?"""
    if allow.path:
        from migralint.config.patterns import matches

        if not matches(allow.path, path):
            return False
    if allow.sha256:
        return _hash(text) == allow.sha256.lower()
    return True


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def by_place(suppressions: Sequence[Suppression], today: str) -> dict[tuple[str, int], int]:
    """The number of the first that allows a rule for a statement, or for the file (-1)."""
    found: dict[tuple[str, int], int] = {}
    for number, suppression in enumerate(suppressions):
        if suppression.allows(today):
            found.setdefault((suppression.rule, suppression.statement), number)
    return found


def find(places: Mapping[tuple[str, int], int], rule: str, statement: int) -> int | None:
    """The number of the first that allows the rule for the statement."""
    if not places:
        return None
    numbers = (places.get((rule, place)) for place in (statement, -1))
    return min((number for number in numbers if number is not None), default=None)


def facts(
    suppression: Suppression, known: Collection[str], used: bool, today: str
) -> dict[str, object]:
    """The facts of the operation `suppression` (see sql/vocabulary.py)."""
    return {
        "rule": suppression.rule,
        "reason": suppression.reason,
        "until": suppression.until,
        "known": suppression.rule in known,
        "expired": suppression.expired(today),
        "used": used,
        "suggestion": _suggestion(suppression.rule, known),
        "configured": suppression.start < 0,
    }


def _suggestion(rule: str, known: Collection[str]) -> str:
    if rule in known:
        return ""
    import difflib

    near = difflib.get_close_matches(rule.split()[-1] if rule else "", list(known), 1)
    return f"Did you mean {near[0]}?" if near else ""


def offer(migration_path: str, layout: str, rule: str, scope: str = "statement") -> str:
    """What to write to accept a finding: with Prisma not in the file, whose checksum counts.

    `scope` is what the finding is about: a statement, the whole file, a path whose text is not to
    be touched, or that has none, or a suppression ("" then: that is mended and not allowed).
    """
    if scope == "suppression":
        return ""
    if layout == "prisma" or scope == "path" or migration_path.endswith(".json"):
        entry = f'- {{rule: {rule}, path: "{migration_path}", reason: "..."}}'
        return f"in .migralint.yaml, under `allow:`\n    {entry}"
    if layout == "script":
        ending = migration_path.rsplit(".", 1)[-1]
        code = ("js", "mjs", "cjs", "ts", "mts", "cts")
        mark = "//" if ending in code else "::" if ending in ("bat", "cmd") else "#"
        return f"on the line before the command\n    {mark} migralint: allow {rule} (the reason)"
    if scope == "file":
        return f"anywhere in the file\n    -- migralint: allow-file {rule} (the reason)"
    return f"on the line before the statement\n    -- migralint: allow {rule} (the reason)"
