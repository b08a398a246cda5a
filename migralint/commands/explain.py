"""What a rule is about, or what is said of a statement.

migralint explain blocking-index
migralint explain "ALTER TABLE users ADD COLUMN plan text NOT NULL"
"""

from __future__ import annotations

from migralint import api
from migralint.commands import project, terminal
from migralint.formats.characters import lines
from migralint.formats.text import paint, prose
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from migralint.formats import Options
    from migralint.matching import Condition
    from migralint.rules import Example, Rule


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", metavar="RULE|SQL", help="the id of a rule, or SQL (- for stdin)")
    project.add_config(parser)
    parser.add_argument("--dialect", metavar="NAME", help="postgres, mysql, mariadb or sqlite")
    parser.add_argument("--pg", metavar="VERSION", help="the oldest PostgreSQL in use")
    project.add_color(parser)


def run(args: Namespace) -> int:
    options = terminal.options(args.color)
    config = args.config or ""
    known = {rule.id: rule for rule in api.rules(config=config)}
    if args.what in known:
        terminal.say(about(known[args.what], options))
        return 0
    if args.what != "-" and len(args.what.split()) < 2 and ";" not in args.what:
        raise MigralintError(
            f"there is no rule {args.what!r}",
            hint=f"{project.near(args.what, list(known))} SQL is given in quotes.",
        )
    return _statement(args, options)


TAKEN_APART = (
    "`migralint lint --fix --split` makes steps of it that are safe, where that is possible, as "
    "new migrations; `--diff --split` shows them."
)


def about(rule: Rule, options: Options) -> str:
    """The whole rule: what it says, why, what to write instead, examples, how to allow it."""
    from migralint.commands.rules import in_words

    severity = paint(str(rule.severity), str(rule.severity), options)
    shown = [
        f"{paint(rule.id, 'bold', options)}  {severity}, {rule.preset}, {rule.category}",
        "",
        *_paragraph(in_words(rule.message), options),
    ]
    looks = f"{', '.join(rule.kinds)}{f' with {in_a_line(rule.match)}' if rule.match else ''}"
    shown += _section("Looks at", looks, options)
    shown += _section("Silent where", "\n\n".join(map(in_a_line, rule.unless)), options)
    shown += _section("Why", rule.why, options) + _section("Instead", rule.instead, options)
    for case in rule.cases:
        texts = [text for text in (case.message, case.why, case.instead) if text]
        if texts:
            shown += _section(f"Where {in_a_line(case.when)}", "\n\n".join(texts), options)
    shown += _section("Taken apart", TAKEN_APART if rule.split else "", options)
    for title, bad in (("Found", True), ("Not found", False)):
        examples = [example for example in rule.examples if example.bad == bad]
        if examples:
            shown += ["", paint(title, "bold", options)]
            shown += [line for example in examples for line in ["", *_example(example, options)]]
    shown += ["", paint("To allow it", "bold", options), ""]
    shown.append(f"    -- migralint: allow {rule.id} (why this is safe)")
    if rule.references:
        shown += ["", paint("References", "bold", options), ""]
        shown += [f"  {reference}" for reference in rule.references]
    return "\n".join(shown)


def _section(title: str, text: str, options: Options) -> list[str]:
    from migralint.commands.rules import in_words

    if not text.strip():
        return []
    return ["", paint(title, "bold", options), "", *_paragraph(in_words(text), options)]


def _paragraph(text: str, options: Options) -> list[str]:
    folded = prose(text.strip("\n"), options.width - 2, 0, options.encoding)
    return [f"  {line}".rstrip() for line in folded]


def in_a_line(condition: Condition) -> str:
    """A condition in a line: `dialect: mysql, table_rows > 10000`."""
    return ", ".join(_test(*test) for test in condition)


def _test(fact: str, test: str, operand: Any) -> str:
    if test in ("after", "before"):
        kinds, condition, pairs = operand
        same = ", ".join(here if here == there else f"{here} = {there}" for here, there in pairs)
        said = [" or ".join(kinds), in_a_line(condition), f"same {same}" if same else ""]
        return f"{test} ({', '.join(part for part in said if part)})"
    values = operand if isinstance(operand, list | tuple) else (operand,)
    wanted = " or ".join(
        str(value).lower() if value in (True, False) else str(value) for value in values
    )
    sign = {"is": ":", "gt": " >", "gte": " >=", "lt": " <", "lte": " <="}.get(test, f" {test}")
    return f"{fact}{sign} {wanted}"


def _example(example: Example, options: Options) -> list[str]:
    given = ", ".join(f"{name}: {value}" for name, value in example.given.items())
    note = [f"    -- given {given}"] if given else []
    return [*note, *(f"    {line}" for line in lines(example.text.strip("\n"), options.encoding))]


def _statement(args: Namespace, options: Options) -> int:
    from migralint.commands.operations import block

    text = terminal.read_input().decode("utf-8", "replace") if args.what == "-" else args.what
    asked = {
        "dialect": args.dialect or "",
        "server_version": args.pg or "",
        "config": args.config or "",
    }
    terminal.say(api.render(api.lint_sql(text, **asked), "text", options))
    server, lines_ = api.effects(text, **asked)
    head = paint(f"On {server}", "bold", options)
    terminal.say("\n" + "\n".join([head, *(f"  {line}" for line in lines_)]))
    made = api.operations(text, dialect=asked["dialect"], config=asked["config"])
    terminal.say("\n" + "\n".join(block(operation, options) for operation in made))
    return 0
