"""Commands in package.json and other JSON: npm scripts, Nx targets, Composer scripts, hooks."""

from __future__ import annotations

from migralint.model import replace
from migralint.scripts import trees
from migralint.scripts.context import file_place, named_script
from migralint.scripts.text import Piece, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from migralint.model import Script
    from migralint.scripts.trees import Node

HOSTING = frozenset(
    {"vercel.json", "railway.json", "app.json", "nixpacks.json", "now.json", "amplify.json"}
)
HOSTING_KEYS = frozenset(
    {
        "buildCommand",
        "installCommand",
        "startCommand",
        "preDeployCommand",
        "postdeploy",
        "predeploy",
    }
)
HOOKS = (
    ("husky", "hooks"),
    ("gitHooks",),
    ("simple-git-hooks",),
    ("pre-commit",),
    ("lint-staged",),
)


def pieces(script: Script) -> list[Piece]:
    """Every command text of the file; the name of its script is its place."""
    root = trees.of_json(script.text)
    name = script.path.rsplit("/", 1)[-1]
    if root is None:
        return []
    if name in HOSTING or name == "devcontainer.json":
        return list(_hosting(script, root))
    if name == "project.json":
        return list(_targets(script, root))
    return list(_scripts(script, root))


def _scripts(script: Script, root: Node) -> Iterator[Piece]:
    for holder in ("scripts", "tasks"):
        for key, _, value in trees.pairs(trees.get(root, holder)):
            place = named_script(key)
            for text in [value, *trees.items(value)]:
                if text.id == "scalar":
                    yield Piece("shell", trees.source(text, script.text), place)
    seed = trees.get(root, "prisma", "seed")
    if seed is not None and seed.id == "scalar":
        yield Piece("shell", trees.source(seed, script.text), named_script("prisma seed"))
    for path in HOOKS:
        yield from _nested(script, trees.get(root, *path), "developer")


def _nested(script: Script, node: Node | None, lead: str) -> Iterator[Piece]:
    """Texts at any depth."""
    place = replace(file_place(script.path), lead=lead)
    pending = [node] if node is not None else []
    while pending:
        inner = pending.pop()
        if inner.id == "scalar":
            yield Piece("shell", trees.source(inner, script.text), place)
        pending.extend(trees.items(inner))
        pending.extend(value for _, _, value in trees.pairs(inner))


def _hosting(script: Script, root: Node) -> Iterator[Piece]:
    pending = [("", root)]
    while pending:
        key, node = pending.pop()
        developer = key.endswith("Command") and script.path.endswith("devcontainer.json")
        if node.id == "scalar" and (key in HOSTING_KEYS or developer):
            lead = "developer" if developer else "deploy"
            yield Piece(
                "shell",
                trees.source(node, script.text),
                replace(file_place(script.path), script=key, lead=lead),
            )
        pending.extend((key, item) for item in trees.items(node))
        pending.extend((inner if node.id == "mapping" and not developer else key, value)
                       for inner, _, value in trees.pairs(node))  # fmt: skip


def _targets(script: Script, root: Node) -> Iterator[Piece]:
    """Nx: targets with `command`, or options with `command`, `commands`, `args`."""
    for key, _, target in trees.pairs(trees.get(root, "targets")):
        place = named_script(key)
        for holder in (target, trees.get(target, "options")):
            for name in ("command", "commands"):
                node = trees.get(holder, name)
                for text in [node, *trees.items(node)]:
                    value = trees.get(text, "command") or text
                    if value is not None and value.id == "scalar":
                        yield Piece("shell", trees.source(value, script.text), place)


def words_of(node: Node, text: str) -> tuple[Word, ...]:
    """The words of a JSON list."""
    found = []
    for item in trees.items(node):
        source = trees.source(item, text)
        found.append(Word(source, item.start_mark.index, item.end_mark.index))
    return tuple(found)
