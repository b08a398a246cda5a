"""What a rule is about, or what is said of a statement.

migralint explain blocking-index
migralint explain "ALTER TABLE users ADD COLUMN plan text NOT NULL"
"""

from __future__ import annotations

from migralint.commands import project, terminal
from migralint.formats.characters import lines
from migralint.formats.text import paint, prose
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from migralint.config import Config
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
    config = project.settings(args)
    rules = project.rules_for(config)
    options = terminal.options(args.color)
    for rule in rules:
        if rule.id == args.what:
            terminal.say(about(rule, options))
            return 0
    if args.what != "-" and len(args.what.split()) < 2 and ";" not in args.what:
        raise MigralintError(
            f"there is no rule {args.what!r}",
            hint=project.near(args.what, [rule.id for rule in rules]) + " SQL is given in quotes.",
        )
    return _statement(args.what, config, rules, options)


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


def _statement(what: str, config: Config, rules: tuple[Rule, ...], options: Options) -> int:
    from migralint.commands.operations import block, read
    from migralint.formats import render

    text = terminal.read_input().decode("utf-8", "replace") if what == "-" else what
    report, dialect = project.lint_text(text, config, rules)
    terminal.say(render("text", report, options))
    terminal.say("\n" + "\n".join(_effects(text, dialect, config, options)))
    terminal.say("\n" + "\n".join(block(operation, options) for operation in read(text, dialect)))
    return 0


def _effects(text: str, dialect: str, config: Config, options: Options) -> list[str]:
    """What the server does while each statement runs."""
    from migralint.commands.operations import read
    from migralint.knowledge.effects import effect, is_own, said
    from migralint.knowledge.facts import server_version
    from migralint.knowledge.schema import Schema
    from migralint.knowledge.timeline import Timeline
    from migralint.model import Migration

    migration = Migration("<sql>", text, "", "", "plain", dialect)
    views = Timeline(migration, read(text, dialect), Schema(), config, frozenset({"<sql>"})).views
    named = {"postgres": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite"}[dialect]
    server = f"{named} {server_version(views[0])}" if views else named
    own = [said(effect(view)) for view in views if is_own(view)]
    return [paint(f"On {server}", "bold", options), *(f"  {line}" for line in own)]
