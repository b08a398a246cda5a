"""Text -> statements with exact spans, by our own scanner: one statement never hides another.

The scanner jumps from one character that may matter to the next (a quote, a comment, a dollar
quote, a separator), so that what stands inside strings, comments, COPY data and templates separates
nothing. Statement spans and what lies between them add up to the text. A statement ends at its `;`
whatever the parentheses say: a missing `)` must not glue the rest of the file to it. Exceptions are
the bodies that SQL itself brackets (bodies.py); where such a body never ends, the scan goes back to
its first `;`.
"""

from __future__ import annotations

from migralint.model import Comment, Statement
from migralint.regex import pattern
from migralint.sql.quotes import (
    DOLLAR,
    EXECUTABLE,
    TEMPLATE_TEXT,
    comment_end,
    plain_end,
    quote_end,
)
from migralint.sql.scan import Scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_BREAKPOINT = pattern(r"-->[ \t]*statement-breakpoint\b")
_TEMPLATE = pattern(TEMPLATE_TEXT)
_TEMPLATE_IN_QUOTES = pattern(r"\{\{[^{}\n]*\}\}")  # "{{ index .Options "Schema" }}", no array
_CONTROL = pattern(r"\{\{-?\s*(?:(?:if|else|end|range|with|define|template|block)\b|/\*)|\{%")
_LINE = pattern(r"[^\r\n]*")
_COPY = pattern(r"(?i)copy\b[^;]*?\bfrom\s+stdin\b")
_COPY_END = pattern(r"(?m)^\\\.[ \t]*\r?$")
# Flyway takes the separator from the next line, too.
_DELIMITER = pattern(
    r"(?i)[ \t]*delimiter(?:[ \t]+(?=\S)|[ \t]*\r?\n[ \t]*(?=[^\w\s]))(\S+)[^\r\n]*"
)
_HAS_BODY = pattern(
    r"(?i)create\s+(?:or\s+replace\s+|temp(?:orary)?\s+|definer\s*=\s*\S+\s+|aggregate\s+)*"
    r"(trigger|function|procedure|event|rule)\b",
)
# Each body that never ends makes the scanner go back; a file full of them is not read for ever.
_MOST_OPEN_BODIES = 5


def split(
    text: str, dialect: str, forward: Sequence[tuple[int, int]] | None = None
) -> list[Statement]:
    """The statements of `text` in order; with `forward`, those that begin in one of its spans.

    Every statement carries the comments that stand before it and behind it on its last line.
    """
    scan = Scan(text, dialect)
    for start, end in ((0, len(text)),) if forward is None else forward:
        _scan(scan, start, end)
    return _attach_trailing(scan)


def _scan(scan: Scan, position: int, end: int) -> None:
    text = scan.text
    while True:
        match = scan.passes.match(text, position, end)
        assert match is not None  # nothing at all will do
        start = match.end()
        if scan.first < 0 and match.start(1) < start:
            scan.first = match.start(1)
        if start < end:
            first, separator = text[start], scan.separator
            if first == separator or (separator != ";" and text.startswith(separator, start, end)):
                position = _separator(scan, start)
            else:
                position = _STEPS.get(first, _delimiter)(scan, start, end)
            if position < end:
                continue
        if scan.fallback < 0 or not _inside_body(scan, end):
            break
        position = _go_back(scan)
    scan.emit(end)


# Each handles what begins at `start` and gives the offset at which the scan goes on.


def _separator(scan: Scan, start: int) -> int:
    first, stop = scan.first, start + len(scan.separator)
    if first < 0 or scan.text[first] not in "cC":
        scan.emit(start)
        return stop
    if scan.separator == ";" and _inside_body(scan, start):
        if scan.fallback < 0:
            scan.fallback = start
        return stop
    scan.emit(start)
    if scan.dialect == "postgres" and _COPY.match(scan.text, first, start):
        match = _COPY_END.search(scan.text, stop)  # some tools leave the data out
        return match.end() if match else stop
    return stop


def _inside_body(scan: Scan, end: int) -> bool:
    """Whether `end` stands in a body that the statement, a CREATE, itself brackets."""
    if scan.body is None:
        head = _HAS_BODY.match(scan.text, scan.first)
        if head is None:
            return False
        from migralint.sql.bodies import Body

        scan.body = Body(scan.text, scan.first, scan.dialect, head.group(1).lower())
    return scan.open_bodies < _MOST_OPEN_BODIES and scan.body.holds(end, scan.skipped)


def _go_back(scan: Scan) -> int:
    """The body that began never ended: end the statement at its first `;` and say so."""
    end = scan.fallback
    scan.comments = [comment for comment in scan.comments if comment.start < end]
    scan.problem = "the body of this statement has no END"
    scan.open_bodies += 1
    scan.emit(end)
    return end + 1


def _line_comment(scan: Scan, start: int, end: int) -> int:
    found = scan.text.find("\n", start, end)
    stop = end if found < 0 else found
    if scan.text[start + 2 : start + 3] == ">" and _BREAKPOINT.match(scan.text, start):
        scan.emit(start)
    else:
        scan.comment(start, stop)
    return stop


def _block_comment(scan: Scan, start: int, end: int) -> int:
    if scan.dialect == "mysql":
        opened = EXECUTABLE.match(scan.text, start)
        if opened is not None:  # only its two delimiters are not code
            scan.code(start, opened.end())
            scan.executable = True
            return opened.end()
    stop = comment_end(scan.text, start + 2, end, scan.dialect)
    if stop < 0:
        scan.code(start, start + 1)
        scan.problem = "the comment that begins here is never closed"
        scan.skipped.append((start, end))
        return end
    scan.comment(start, stop)
    return stop


def _template(scan: Scan, start: int, end: int) -> int:
    match = _TEMPLATE.match(scan.text, start, end)
    if match is None:
        scan.code(start, start + 1)
        return start + 2
    stop = match.end()
    if _CONTROL.match(scan.text, start):
        scan.trivia.append((start, stop))
    else:
        scan.code(start, stop)
    scan.skipped.append((start, stop))
    return stop


def _backslash(scan: Scan, start: int, end: int) -> int:
    """A psql command: `\\g...` ends the statement before it, any other takes its line."""
    if scan.first >= 0 and not scan.text.startswith("\\g", start):
        before = scan.text[max(0, start - 1000) : start]
        if before[before.rfind("\n") + 1 :].strip():
            return start + 1  # in the middle of a line of SQL: for the statement's reader
    match = _LINE.match(scan.text, start, end)
    stop = match.end() if match else end
    scan.emit(start)
    scan.code(start, stop)
    scan.emit(stop, "psql")
    return stop


def _dollar(scan: Scan, start: int, end: int) -> int:
    text = scan.text
    if text.startswith("${", start):
        return _template(scan, start, end)
    scan.code(start, start + 1)
    match = DOLLAR.match(text, start, end)
    before = text[start - 1] if start else " "
    if match is None or before.isalnum() or before in "_$":
        return start + 1
    tag = match.group()
    found = text.find(tag, match.end(), end)
    if found < 0:
        return _open(scan, start, end, f"dollar quote {tag}")
    scan.skipped.append((start, found + len(tag)))
    return found + len(tag)


def _quoted(scan: Scan, start: int, end: int) -> int:
    text, quote = scan.text, scan.text[start]
    scan.code(start, start + 1)
    template = _TEMPLATE_IN_QUOTES.match(text, start + 1, end)
    if template is not None:
        stop = plain_end(text, template.end(), end, quote)
    else:
        stop = quote_end(text, start, end, scan.dialect)
    if stop < 0:
        return _open(scan, start, end, "string" if quote == "'" else "quoted name")
    scan.skipped.append((start, stop))
    return stop


def _open(scan: Scan, start: int, end: int, what: str) -> int:
    """An open quote takes the rest of the text for the server; so it does for us, as a problem."""
    scan.problem = f"the {what} that begins here is never closed"
    scan.skipped.append((start, end))
    return end


def _delimiter(scan: Scan, start: int, end: int) -> int:
    """MySQL's DELIMITER on a line of its own."""
    text, before = scan.text, start
    while before and text[before - 1] in " \t":
        before -= 1
    line = _DELIMITER.match(text, start)
    if line is None or (before and text[before - 1] != "\n"):
        scan.code(start, start + 1)
        return start + 1
    scan.emit(start)
    scan.code(start, line.end())
    scan.emit(line.end(), "delimiter")
    scan.separate_by(line.group(1))
    return line.end()


_STEPS = {
    "-": _line_comment, "#": _line_comment, "/": _block_comment, "{": _template,
    "\\": _backslash, "$": _dollar, "'": _quoted, '"': _quoted, "`": _quoted, "[": _quoted,
}  # fmt: skip


def _attach_trailing(scan: Scan) -> list[Statement]:
    """A comment on the line on which a statement ends belongs to it, not to the next one."""
    text, statements = scan.text, scan.statements
    last = tuple(scan.comments)
    for index, statement in enumerate(statements):
        following = statements[index + 1] if index + 1 < len(statements) else None
        behind = following.comments if following else last
        if not behind or "\n" in text[statement.end : behind[0].start]:
            continue
        own = 1
        while own < len(behind) and "\n" not in text[behind[own - 1].start : behind[own].start]:
            own += 1
        statements[index] = _commented(statement, (*statement.comments, *behind[:own]))
        if following:
            statements[index + 1] = _commented(following, behind[own:])
    return statements


def _commented(statement: Statement, comments: tuple[Comment, ...]) -> Statement:
    return Statement(
        statement.text, statement.start, statement.end, statement.line, statement.column,
        comments, statement.problem, statement.form, statement.executable_comment,
    )  # fmt: skip
