"""The keys of the configuration that concern commands: `commands`, `guard`, `hosts`."""

from __future__ import annotations

from migralint.config.reading import items, pairs, scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.config.reading import Node, Reading

ENVIRONMENTS = ("development", "test", "staging", "production")
ANSWERS = ("allow", "ask", "refuse")
EFFECTS = ("destroys", "pushes", "bypasses")
COMMAND_KEYS = (
    "command",
    "variable",
    "value",
    "values",
    "with",
    "without",
    "effect",
    "does",
    "better",
    "forced",
)


def commands(node: Node, reading: Reading) -> tuple[dict[str, str], ...]:
    """Entries in the form of migralint/scripts/commands.yaml."""
    found = [_command(item, reading) for item in items("commands", node, reading)]
    return tuple(entry for entry in found if entry)


def _command(node: Node, reading: Reading) -> dict[str, str]:
    before = len(reading.problems)
    found: dict[str, str] = {}
    for name, _, value in pairs(node, "a command", reading, COMMAND_KEYS):
        form, choices = ("choice", EFFECTS) if name == "effect" else ("text", ())
        found[name] = scalar(name, value, reading, form, choices) or ""
    if node.id != "mapping" or len(reading.problems) > before:
        return {}
    missing = [name for name in ("effect", "does") if not found.get(name)]
    if bool(found.get("command")) == bool(found.get("variable")):
        reading.wrong(node, "a command needs either `command` or `variable`")
    elif missing:
        reading.wrong(node, f"a command needs {' and '.join(missing)}")
    return found if len(reading.problems) == before else {}


def guard(node: Node, reading: Reading) -> dict[str, str]:
    """allow, ask or refuse by environment; production can only be refused."""
    found: dict[str, str] = {}
    for name, _, value in pairs(node, "guard", reading, ENVIRONMENTS):
        answer = scalar(name, value, reading, "choice", ANSWERS)
        if name == "production" and answer and answer != "refuse":
            reading.wrong(value, "production is always refused")
        elif answer:
            found[name] = answer
    return found


def hosts(node: Node, reading: Reading) -> dict[str, str]:
    """The environment by host."""
    return {
        host: environment
        for host, _, value in pairs(node, "hosts", reading, ())
        if (environment := scalar(host, value, reading, "choice", ENVIRONMENTS))
    }
