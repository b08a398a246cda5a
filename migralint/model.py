"""The nouns of migralint: frozen records, two enumerations, one exception."""

from __future__ import annotations

from migralint.light import Enum, IntEnum
from migralint.light import Record as Record
from migralint.light import replace as replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Unknown(Enum):
    """The one value of a fact that could not be established; never equal to false."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown fact is neither true nor false")

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN


class Severity(IntEnum):
    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class MigralintError(Exception):
    """Something that the user can mend: what is wrong, where, and the way out."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        line: int = 0,
        column: int = 0,
        hint: str = "",
        status: int = 2,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}: {self.message}{hint}" if place else f"{self.message}{hint}"


class Name:
    """An SQL name: compared as the dialect folds it, printed as it was written.

    `schema` is "" for the default schema, so that `public.users` equals `users`.
    """

    __slots__ = ("name", "schema", "sql")

    def __init__(self, name: str, schema: str = "", sql: str = "") -> None:
        self.name = name
        self.schema = schema
        self.sql = sql or (f"{schema}.{name}" if schema else name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Name):
            return NotImplemented
        return self.name == other.name and self.schema == other.schema

    def __hash__(self) -> int:
        return hash((self.name, self.schema)) if self.schema else hash(self.name)

    def __str__(self) -> str:
        return self.sql

    def __repr__(self) -> str:
        return f"Name({self.sql!r})"


_MOST_NAMED = 20_000
_named: dict[tuple[str, str, str], Name] = {}  # what was named once is mostly named again


def named(name: str, schema: str, sql: str) -> Name:
    """One object for a name, however often it is met: a schema keeps very many."""
    known = _named.get((name, schema, sql))
    if known is None:
        if len(_named) >= _MOST_NAMED:
            _named.clear()
        known = _named[name, schema, sql] = Name(name, schema, sql)
    return known


class Comment(Record):
    """A comment as written, its delimiters included; `start` and `end` are offsets in the file."""

    text: str
    start: int
    end: int
    line: int


class Statement(Record):
    """One SQL statement as written: [start, end) in the migration's text, without its separator.

    `line` and `column` are 1-based, in code points. `comments` are those between the previous
    statement and the end of the line on which this one ends. `problem` says why the splitter could
    not read it (an unterminated string, say), "" otherwise. `form` is "sql", or what the separator
    logic already knows: "psql" (a backslash line), "copy_data", "delimiter".
    """

    text: str
    start: int
    end: int
    line: int
    column: int
    comments: tuple[Comment, ...] = ()
    problem: str = ""
    form: str = "sql"
    executable_comment: bool = False


class Operation(Record):
    """The normalised effect of a statement, or of one action of it.

    [start, end) is the action's span in the migration's text; `facts` hold what the statement
    states (see sql/vocabulary.py for the kinds, their facts and the types of these).
    """

    kind: str
    facts: Mapping[str, Any]
    statement: Statement
    start: int
    end: int
    line: int
    column: int


class Migration(Record):
    """One file (or one version folder), applied once.

    `path` is relative to the project root, with forward slashes. `problem` replaces the text where
    the file could not be decoded. `transaction` is how the layout's runner executes the file:
    "file" (one transaction), "query" (one simple query: a transaction as soon as it holds two
    statements), "statement" (each by itself), or UNKNOWN. `forward` holds the spans of the text
    that are applied on the way up, None for all of it. `opt_out` is what to write where so that the
    runner uses no transaction, "" where there is no such thing. `folder` is the one whose
    migrations make one schema; `partial`: others of them are programs, which nobody can read.
    `foreign_keys`: whether SQLite enforces them while the layout's runner executes the file.
    `reading`: its statements and operations, where they were read before it is judged.
    """

    path: str
    text: str
    version: str
    name: str
    layout: str
    dialect: str
    transaction: str | Unknown = UNKNOWN
    opt_out: str = ""
    forward: tuple[tuple[int, int], ...] | None = None
    problem: str = ""
    problem_line: int = 1
    pending: bool = True
    report: bool = True
    folder: str = ""
    partial: bool = False
    foreign_keys: bool | Unknown = UNKNOWN
    reading: tuple[Sequence[Statement], Sequence[Operation]] | None = None


class File(Record):
    """A migration's file, its version (what orders it) and its name (the rest)."""

    path: str
    version: str
    name: str


class Listing(Record):
    """A folder of migrations: its files in the order in which they apply.

    `names` are those of the files in it, `strays` the (path, sentence) of what the layout's tool
    ignores or stumbles over, `provider` the database that a lock file of the layout names, `downs`
    the names of the scripts that take a migration back (None: nobody has looked).
    """

    folder: str
    layout: str
    dialect: str
    files: tuple[File, ...]
    names: tuple[str, ...] = ()
    strays: tuple[tuple[str, str], ...] = ()
    provider: str = ""
    downs: tuple[str, ...] | None = None


class Base(Record):
    """What a change set is compared with: `revision` for git, `how` for a person.

    `added` are the paths that it lacks, `deleted` those that only it has; `texts` holds the files
    of the base (by path) that the change set edits or deletes, where they concern migrations.
    """

    revision: str
    how: str
    folders: tuple[Listing, ...] = ()
    texts: Mapping[str, str] = {}
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class Remark(Record):
    """What folder, git or configuration say of a path: facts of the operation `migration`.

    Where `path` is no migration of the run, the operation stands at `line` of that path.
    """

    path: str
    facts: Mapping[str, Any]
    line: int = 1
    layout: str = ""
    dialect: str = "postgres"


class Sizes(Record):
    """A snapshot of table sizes: (rows, bytes) by name as migrations write it, None where unknown.

    `taken` is its day (YYYY-MM-DD), `server_version` as the configuration has it ("15", "10.11").
    """

    taken: str
    dialect: str
    server_version: str
    tables: Mapping[str, tuple[int | None, int | None]]
    path: str = ""


class Script(Record):
    """A file that is not SQL but runs commands; `form` is a key of scripts.READERS."""

    path: str
    text: str
    form: str


class Edit(Record):
    """Replace [start, end) of the file's text by `text`."""

    start: int
    end: int
    text: str


class Finding(Record):
    """What a rule reports about an operation. Lines and columns are 1-based, in code points.

    `excerpt` are the lines from `line` on; `mended` the same with the fix in them, () where there
    is none, or none that these lines would show.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    why: str = ""
    instead: str = ""
    operation: str = ""
    object: str = ""
    assumed: tuple[str, ...] = ()
    fix: tuple[Edit, ...] = ()
    fingerprint: str = ""
    references: tuple[str, ...] = ()
    excerpt: tuple[str, ...] = ()
    allow: str = ""
    mended: tuple[str, ...] = ()


class Suppressed(Record):
    """A finding that is not reported, and why: `source` is the path (and line) that allows it."""

    finding: Finding
    reason: str
    source: str


class Step(Record):
    """What one operation does while it runs, for those who draw a deploy.

    `line` and `text` are those of its statement. `blocks`: "reads and writes", "writes", "nothing"
    or "unknown"; `seconds` is how long it works on the table (an estimate; None: it depends on a
    size that is not known). Steps with one number in `together` are committed together, so that all
    their locks are held until then. `said` says it all in a line. `after` are the steps of the
    advice, where there is one.
    """

    path: str
    line: int
    text: str
    operation: str
    table: str = ""
    lock: str = ""
    blocks: str = "nothing"
    seconds: float | None = 0.0
    together: int = 0
    said: str = ""
    after: tuple[Step, ...] = ()


class Report(Record):
    """What one run has found out; every format is made from this alone.

    `notes` are sentences for the person (what was looked at, what was assumed for the whole run).
    `steps` are there when they were asked for. `fixed` are the findings that are no more, because
    the run has fixed them. `root` is the folder that paths start from, and `fail_on` the severity
    from which a finding fails the run, by the settings.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    errors: tuple[MigralintError, ...] = ()
    files: int = 0
    statements: int = 0
    notes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    fixed: tuple[Finding, ...] = ()
    root: str = ""
    fail_on: Severity = Severity.ERROR


class Fixes(Record):
    """What `lint --fix` does, or `--diff` would do: the report on what remains, the findings that
    are fixed, the change as a unified diff, the bytes of each file that is other than before."""

    report: Report
    fixed: tuple[Finding, ...] = ()
    diff: str = ""
    data: Mapping[str, bytes] = {}
