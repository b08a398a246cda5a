"""Commands in Python sources: subprocess.run([...]), os.system("..."), call_command("flush").

The file is parsed, never executed or imported.
"""

from __future__ import annotations

from migralint.scripts.context import file_place
from migralint.scripts.text import (
    Piece,
    Source,
    Word,
    joined,
    placed,
    starts_of_lines,
    whole,
    words_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Mapping

    from migralint.model import Script
    from migralint.scripts.text import Place

    Span = Callable[[ast.AST], tuple[int, int]]

CALLS = words_of(
    "run call check_call check_output Popen system popen getoutput getstatusoutput execute "
    "spawn execv execvp execvpe execl execlp create_subprocess_shell create_subprocess_exec "
    "sh local sudo shell cmd command session_run"
)
OWNERS = words_of("subprocess os sp asyncio commands c ctx context conn session invoke fabric sh")
PLAIN = words_of(
    "run_command check_call check_output Popen system popen local sudo execute_command "
    "run_cmd run getoutput call create_subprocess_shell create_subprocess_exec"
)


def pieces(script: Script) -> list[Piece]:
    """Every call that runs a command."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(script.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return list(_calls(tree, script.text, file_place(script.path)))


def _calls(tree: ast.Module, text: str, place: Place) -> Iterator[Piece]:
    import ast

    span = _spans(text)
    constants = _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name, owner = _called(node)
        if name == "call_command":
            words = _words(node.args, text, span, constants)
            start = span(node)[0]
            yield Piece(
                "words",
                words[0].source,
                place,
                (Word(placed("manage", start, start), start, start), *words),
            )
        elif (name in CALLS and owner in OWNERS) or (name in PLAIN and not owner):
            yield from _command(node, text, span, constants, place)


def _called(node: ast.Call) -> tuple[str, str]:
    import ast

    match node.func:
        case ast.Attribute(attr=name, value=ast.Name(id=owner)):
            return name, owner
        case ast.Name(id=name):
            return name, ""
    return "", ""


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """The values of names that are assigned once, so that `run(COMMAND)` can be read."""
    import ast

    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        ):
            found[node.targets[0].id] = node.value
    return found


def _command(
    node: ast.Call, text: str, span: Span, constants: Mapping[str, ast.expr], place: Place
) -> Iterator[Piece]:
    import ast

    first = node.args[0]
    if isinstance(first, ast.Name):
        first = constants.get(first.id, first)
    if isinstance(first, ast.List | ast.Tuple):
        words = _words(first.elts, text, span, constants)
        if words:
            yield Piece("words", words[0].source, place, words)
        return
    if len(node.args) > 1 and all(
        isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in node.args
    ):
        words = _words(node.args, text, span, constants)
        yield Piece("words", words[0].source, place, words)
        return
    source, _ = _value(first, text, span, constants)
    if source is not None:
        yield Piece("shell", source, place)


def _words(
    nodes: list[ast.expr], text: str, span: Span, constants: Mapping[str, ast.expr]
) -> tuple[Word, ...]:
    found: list[Word] = []
    for node in nodes:
        start, end = span(node)
        source, known = _value(node, text, span, constants)
        found.append(Word(source or placed("${_}", start, end), start, end, known))
    return tuple(found)


def _value(
    node: ast.expr, text: str, span: Span, constants: Mapping[str, ast.expr], depth: int = 0
) -> tuple[Source | None, bool]:
    """The text of an expression, where it is one; unknown parts stand as `${_}`."""
    import ast

    start, end = span(node)
    if depth > 20:
        return None, False
    match node:
        case ast.Constant(value=str(value)):
            quoted = text[start:end].find(value) if value else -1
            return (
                whole(value, start + quoted) if quoted >= 0 else placed(value, start, end)
            ), True
        case ast.Name(id=name) if isinstance(constants.get(name), ast.Constant):
            value = constants[name].value  # type: ignore[attr-defined]
            return (placed(value, start, end), True) if isinstance(value, str) else (None, False)
        case ast.JoinedStr(values=values):
            parts = [
                _value(value, text, span, constants, depth + 1)[0] or placed("${_}", start, end)
                for value in values
            ]
            return (
                joined(placed(part.text, start, end) for part in parts) if parts else None
            ), False
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = [_value(side, text, span, constants, depth + 1)[0] for side in (left, right)]
            return joined(part or placed("${_}", start, end) for part in both), False
        case ast.Attribute(attr="executable"):
            return placed("python", start, end), True
    return None, False


def _spans(text: str) -> Span:
    """Offsets of a node in the text; ast counts columns in UTF-8 bytes."""
    starts = starts_of_lines(text)

    def offset(line: int, column: int) -> int:
        begin = starts[line - 1]
        end = starts[line] if line < len(starts) else len(text)
        line_text = text[begin:end]
        if line_text.isascii():
            return begin + column
        return begin + len(line_text.encode()[:column].decode("utf-8", "ignore"))

    def span(node: ast.AST) -> tuple[int, int]:
        return (
            offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    return span
