"""Commands in YAML: workflows of CI services, compose, Kubernetes, Taskfile, lefthook and others.

GitHub, GitLab, CircleCI and Buildkite have jobs, whose name, environment and services tell where a
command runs. In every other file the keys that hold commands are looked for wherever they stand.
"""

from __future__ import annotations

import re

from migralint.model import replace
from migralint.scripts import trees
from migralint.scripts.context import file_place, job_place, named_script
from migralint.scripts.text import Piece, Place, Source, Word, exported, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migralint.model import Script
    from migralint.scripts.trees import Node

SHELLS = {
    "pwsh": "powershell",
    "powershell": "powershell",
    "cmd": "batch",
    "fish": "fish",
    "python": "python",
}
ONE_TEXT = words_of(
    "run script scripts bash sh pwsh powershell cmd command commands cmds before_script "
    "after_script before_install install after_success after_failure buildCommand "
    "startCommand preDeployCommand initialDeployCommand dockerCommand releaseCommand "
    "release_command entry entrypoint inline args postCreateCommand postStartCommand "
    "onCreateCommand updateContentCommand initializeCommand postdeploy predeploy"
)
HOLDS_COMMANDS = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(ONE_TEXT))}|deps|env|environment)[\"']?[ \t]*:"
)
ARGUMENTS = frozenset({"command", "args", "entrypoint", "cmd"})
DATABASES = re.compile(
    r"postgres|postgis|pgvector|timescale|mysql|mariadb|cockroach|supabase|mssql", re.IGNORECASE
)
WORKFLOW = re.compile(r"(^|/)\.(github|gitea|forgejo|depot|blacksmith)/")
WHOLE_LINE_TEMPLATE = re.compile(r"^[ \t]*\{\{[^\n]*\}\}[ \t]*$", re.MULTILINE)
TEMPLATE = re.compile(r"\{\{[^\n}]{0,300}\}\}")


def pieces(script: Script) -> list[Piece]:
    """The programs and word lists of a YAML file."""
    if not HOLDS_COMMANDS.search(script.text):
        return []  # translations, API descriptions: composing them costs far more than this search
    roots = trees.documents(script.text)
    if "{{" in script.text and "${{" not in script.text:
        masked = TEMPLATE.sub(_blank, WHOLE_LINE_TEMPLATE.sub(_spaces, script.text))
        roots = trees.documents(masked)
    found: list[Piece] = []
    for root in roots:
        found.extend(_reader(script, root))
    return found


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _blank(found: re.Match[str]) -> str:
    return "_" * len(found[0])


def _reader(script: Script, root: Node) -> Iterator[Piece]:
    path = script.path
    if WORKFLOW.search(path) and trees.get(root, "jobs") is not None:
        return _github(script.text, path, root)
    if "gitlab-ci" in path:
        return _gitlab(script.text, path, root)
    if "/.circleci/" in f"/{path}":
        return _circle(script.text, path, root)
    if re.search(r"(^|/)Taskfile[^/]*\.ya?ml\Z", path, re.IGNORECASE):
        return _tasks(script.text, path, root)
    return _anywhere(script.text, root, _place_of(path), ())


def _place_of(path: str) -> Place:
    name = path.rsplit("/", 1)[-1].lower()
    if WORKFLOW.search(path) or name in ("action.yml", "action.yaml"):
        return file_place(path, "ci")
    if "compose" in name or name in (".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml"):
        return file_place(path)
    if (
        "buildkite" in path
        or "pipelines" in name
        or name in (".travis.yml", ".drone.yml", ".woodpecker.yml")
    ):
        return file_place(path, "ci")
    return file_place(path, "deploy")


def _github(text: str, path: str, root: Node) -> Iterator[Piece]:
    common = trees.mapping_of(trees.get(root, "env"))
    yield from _exports(text, trees.get(root, "env"), Place(lead="ci"))
    file = f"{path.rsplit('/', 1)[-1]} {trees.scalar(trees.get(root, 'name'))}"
    for key, _, job in trees.pairs(trees.get(root, "jobs")):
        own = {**common, **trees.mapping_of(trees.get(job, "env"))}
        declared = trees.get(job, "environment")
        environment = trees.scalar(declared) or trees.scalar(trees.get(declared, "name"))
        label = f"{key} {trees.scalar(trees.get(job, 'name'))}"
        place = job_place(label, file, own, environment, _has_database(trees.get(job, "services")))
        shell = trees.scalar(trees.get(job, "defaults", "run", "shell"))
        yield from _exports(text, trees.get(job, "env"), place)
        yield from _steps(text, trees.get(job, "steps"), replace(place, script=key), own, shell)


def _steps(
    text: str, steps: Node | None, place: Place, common: Mapping[str, str], shell: str
) -> Iterator[Piece]:
    for step in trees.items(steps):
        variables = {**common, **trees.mapping_of(trees.get(step, "env"))}
        here = replace(place, variables=variables)
        yield from _exports(text, trees.get(step, "env"), here)
        run = trees.get(step, "run")
        if run is not None and run.id == "scalar":
            name = (trees.scalar(trees.get(step, "shell")) or shell).split(" ")[0]
            yield Piece(SHELLS.get(name, "shell"), trees.source(run, text), here)
        for key, _, value in trees.pairs(trees.get(step, "with")):
            if key in ONE_TEXT and value.id == "scalar":
                yield Piece("shell", trees.source(value, text), here)


def _exports(text: str, node: Node | None, place: Place) -> Iterator[Piece]:
    """Each variable that the mapping sets, at its own line."""
    for key, key_node, value in trees.pairs(node):
        if value.id == "scalar":
            start, end = key_node.start_mark.index, key_node.end_mark.index
            if value.start_mark.index > start:  # else an alias, whose value stands elsewhere
                end = value.end_mark.index
            spot = Source("", (start, end))
            yield from exported({key: value.value}, place, spot)


def _has_database(node: Node | None) -> bool:
    """Whether one of the services is a database that is made for the job."""
    if node is None:
        return False
    images = [value for _, _, value in trees.pairs(node)] or trees.items(node)
    names = [key for key, _, _ in trees.pairs(node)]
    for image in images:
        inner = trees.get(image, "image") or trees.get(image, "name")
        names.append(trees.scalar(image) or trees.scalar(inner))
    return any(DATABASES.search(name) for name in names)


def _gitlab(text: str, path: str, root: Node) -> Iterator[Piece]:
    common = trees.mapping_of(trees.get(root, "variables"))
    services = trees.get(root, "services")
    for key, _, job in trees.pairs(root):
        if key in ("before_script", "after_script", "script"):
            yield from _texts(text, job, job_place("", path, common, "", _has_database(services)))
            continue
        variables = {**common, **trees.mapping_of(trees.get(job, "variables"))}
        declared = trees.get(job, "environment")
        environment = trees.scalar(declared) or trees.scalar(trees.get(declared, "name"))
        own = trees.get(job, "services") or services
        label = f"{key} {trees.scalar(trees.get(job, 'stage'))}"
        place = replace(
            job_place(label, path, variables, environment, _has_database(own)), script=key
        )
        for name in ("before_script", "script", "after_script"):
            yield from _texts(text, trees.get(job, name), place)


def _circle(text: str, path: str, root: Node) -> Iterator[Piece]:
    for group in ("jobs", "commands"):
        for key, _, job in trees.pairs(trees.get(root, group)):
            variables = trees.mapping_of(trees.get(job, "environment"))
            place = replace(
                job_place(key, "", variables, "", _has_database(trees.get(job, "docker"))),
                script=key,
            )
            for step in trees.items(trees.get(job, "steps")):
                run = trees.get(step, "run")
                own = {**variables, **trees.mapping_of(trees.get(run, "environment"))}
                command = trees.get(run, "command") or run
                yield from _texts(text, command, replace(place, variables=own))


def _tasks(text: str, path: str, root: Node) -> Iterator[Piece]:
    common = trees.mapping_of(trees.get(root, "env"))
    for key, _, task in trees.pairs(trees.get(root, "tasks")):
        place = named_script(key, {**common, **trees.mapping_of(trees.get(task, "env"))})
        if task.id != "mapping":
            yield from _texts(text, task, place)
        for name in ("cmds", "cmd"):
            yield from _texts(text, trees.get(task, name), place)
        for dependency in trees.items(trees.get(task, "deps")):
            yield from _call(text, dependency, place)


def _call(text: str, node: Node, place: Place) -> Iterator[Piece]:
    """`task: name`, which runs another task."""
    target = trees.get(node, "task") or (node if node.id == "scalar" else None)
    if target is not None and target.id == "scalar":
        source = trees.source(target, text)
        program = Word(Source("task", (source.at[0],) * 5), source.at[0], source.at[0])
        yield Piece("words", source, place, (program, Word(source, source.at[0], source.at[-1])))


def _texts(text: str, node: Node | None, place: Place) -> Iterator[Piece]:
    """A text, or a list of texts, lists and mappings that hold them."""
    if node is None:
        return
    if node.id == "scalar":
        yield Piece("shell", trees.source(node, text), place)
    for item in trees.items(node):
        yield from _texts(text, item, place)
    for key, _, value in trees.pairs(node):
        if key in ONE_TEXT:
            yield from _texts(text, value, place)
        elif key == "task":
            yield from _call(text, node, place)


def _anywhere(text: str, node: Node, place: Place, trail: tuple[str, ...]) -> Iterator[Piece]:
    """Every key that holds commands, wherever it stands."""
    if len(trail) > 40:
        return
    if node.id == "sequence":
        for item in trees.items(node):
            yield from _anywhere(text, item, place, trail)
        return
    variables = _variables(node)
    here = replace(place, variables={**place.variables, **variables}) if variables else place
    for name in ("environment", "env"):
        yield from _exports(text, trees.get(node, name), here)
    yield from _container(text, node, here)
    for key, _, value in trees.pairs(node):
        inner = (
            replace(here, script=key)
            if trail[-1:] in (("services",), ("tasks",), ("jobs",))
            else here
        )
        if key == "test" and trail[-1:] == ("healthcheck",):
            continue
        if key in ONE_TEXT and value.id == "scalar":
            yield Piece(SHELLS.get(key, "shell"), trees.source(value, text), inner)
        elif key in ONE_TEXT and key not in ARGUMENTS and value.id == "sequence":
            yield from _texts(text, value, inner)
        elif value.id != "scalar":
            yield from _anywhere(text, value, inner, (*trail, key))


def _variables(node: Node) -> dict[str, str]:
    """`environment:` of a compose service, `env:` of a container."""
    found = trees.mapping_of(trees.get(node, "environment"))
    environment = trees.get(node, "env")
    found.update(trees.mapping_of(environment))
    for item in trees.items(environment):
        name = trees.scalar(trees.get(item, "name"))
        if name:
            found[name] = trees.scalar(trees.get(item, "value"))
    return found


def _container(text: str, node: Node, place: Place) -> Iterator[Piece]:
    """`command:` and `args:` (or `entrypoint:` and `command:`) as one list of words."""
    words: list[Word] = []
    keys = (
        ("entrypoint", "command", "args")
        if trees.get(node, "entrypoint")
        else ("command", "cmd", "args")
    )
    for key in keys:
        for item in trees.items(trees.get(node, key)):
            if item.id == "scalar":
                source = trees.source(item, text)
                words.append(Word(source, item.start_mark.index, item.end_mark.index))
            elif item.id == "mapping":
                yield from _texts(text, item, place)
    if words:
        yield Piece("words", words[0].source, place, tuple(words))
