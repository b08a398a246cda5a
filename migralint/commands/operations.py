"""Show what migralint sees in SQL: the operations of each statement and their facts.

Rules are written on these (see `match:` in a rule file). What the SQL leaves open is `unknown`.
"""

from __future__ import annotations

from migralint import api
from migralint.commands import project, terminal
from migralint.formats.characters import one_line
from migralint.formats.text import paint
from migralint.model import UNKNOWN, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from migralint.formats import Options
    from migralint.model import Operation


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL", help="one or more statements; - for standard input")
    parser.add_argument(
        "--dialect",
        choices=("postgres", "mysql", "mariadb", "sqlite"),
        default="postgres",
        help="(postgres)",
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")
    project.add_color(parser)


def run(args: Namespace) -> int:
    text = terminal.read_input().decode("utf-8", "replace") if args.sql == "-" else args.sql
    found = api.operations(text, dialect=args.dialect)
    if args.output == "json":
        from migralint.formats.json_ import dump

        terminal.say(dump([as_data(operation) for operation in found]))
    else:
        options = terminal.options(args.color)
        terminal.say("\n".join(block(operation, options) for operation in found))
    return 0


def block(operation: Operation, options: Options) -> str:
    """The kind, what it means, and a line a fact."""
    from migralint.sql.vocabulary import KINDS

    kind = operation.kind
    head = f"{paint(kind, 'bold', options)}  {paint(KINDS[kind][0], 'dim', options)}"
    facts = {name: shown(value, options) for name, value in operation.facts.items()}
    size = max(map(len, facts), default=0)
    return "".join(
        f"{line}\n" for line in [head, *(f"  {n:<{size}}  {v}" for n, v in facts.items())]
    )


def shown(value: Any, options: Options) -> str:
    plain = as_plain(value)
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list):
        return one_line(", ".join(map(str, plain)), options.encoding)
    return one_line(str(plain), options.encoding) if plain != "" else '""'


def as_plain(value: Any) -> Any:
    """The value of a fact as JSON has it; names as they were written."""
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, list | tuple | frozenset | set):
        return [as_plain(item) for item in value]
    return value if isinstance(value, bool | int | str) or value is None else str(value)


def as_data(operation: Operation) -> dict[str, Any]:
    facts = {name: as_plain(value) for name, value in operation.facts.items()}
    return {
        "operation": operation.kind,
        "line": operation.line,
        "column": operation.column,
        "facts": facts,
    }
