"""What stands behind a wrapper's options: the command's words, a text, names of scripts, a file."""

from __future__ import annotations

from migralint.model import replace
from migralint.scripts.options import (
    Text,
    Words,
    Wrapped,
    after_dashes,
    is_shell_option,
    shell_text,
)
from migralint.scripts.text import Command, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migralint.scripts.options import Step


def named(wrapped: Wrapped) -> Command:
    """`npm start` runs the script `start`."""
    said = wrapped.form["named"]
    script = wrapped.name.rsplit(" ", 1)[-1] if said is True else said
    return replace(wrapped.command, calls=("npm", script, wrapped.package))


def _words(wrapped: Wrapped) -> Iterator[Step]:
    name = "migralint guard" if wrapped.form.get("guard") else wrapped.name
    yield Words(wrapped.command, wrapped.at, name)


def _shell(wrapped: Wrapped) -> Iterator[Step]:
    """All words that are left are one program: `ssh host a b`, `eval a b`."""
    source = joined((word.source for word in wrapped.command.words[wrapped.at :]), " ")
    language = wrapped.form.get("language", "shell")
    yield Text(wrapped.command, language, source, wrapped.name)


def _first(wrapped: Wrapped) -> Iterator[Step]:
    source = wrapped.command.words[wrapped.at].source
    yield Text(wrapped.command, "shell", source, wrapped.name)


def _alias(wrapped: Wrapped) -> Iterator[Step]:
    """`alias name='program'`."""
    for word in wrapped.command.words[wrapped.at :]:
        if "=" in word.text:
            value = word.source.part(word.text.index("=") + 1, len(word.text))
            yield Text(wrapped.command, "shell", value, wrapped.name)


def _each(wrapped: Wrapped) -> Iterator[Step]:
    """Every word is a program of its own; `npm:name` is a script."""
    for word in wrapped.command.words[wrapped.at :]:
        if word.text.startswith("npm:"):
            yield replace(wrapped.command, calls=("npm", word.text[4:], wrapped.package))
        elif not word.text.startswith("-"):
            yield Text(wrapped.command, "shell", word.source, wrapped.name)


def _image(wrapped: Wrapped) -> Iterator[Step]:
    """`docker run image words`: the image's own program with the words, or the words alone."""
    yield Words(wrapped.command, wrapped.at, wrapped.name)
    yield Words(wrapped.command, wrapped.at + 1, wrapped.name)


def _file(wrapped: Wrapped) -> Iterator[Step]:
    """`node path/to/prisma`, `python manage.py flush`, `bash scripts/reset.sh`."""
    if wrapped.command.words[wrapped.at].text not in ("", "-"):
        yield Words(wrapped.command, wrapped.at, wrapped.name, is_file=True)


def _nothing(wrapped: Wrapped) -> Iterator[Step]:
    """No command follows, but for one after `--` or a late `-c` (`su postgres -c "..."`)."""
    words = wrapped.command.words
    late = [n for n in range(wrapped.at, len(words)) if is_shell_option(wrapped, words[n].text)]
    if wrapped.form.get("dashes") and after_dashes(wrapped) >= 0:
        yield Words(wrapped.command, after_dashes(wrapped), wrapped.name)
    elif late:
        yield from shell_text(wrapped, late[0])
    else:
        yield wrapped.command


def _script(wrapped: Wrapped) -> Iterator[Step]:
    name = wrapped.command.words[wrapped.at].text
    yield replace(wrapped.command, calls=("npm", name, wrapped.package))


def _target(wrapped: Wrapped) -> Iterator[Step]:
    """Nx: `nx run project:target`."""
    name = wrapped.command.words[wrapped.at].text.rsplit(":", 1)[-1]
    yield replace(wrapped.command, calls=("npm", name, wrapped.package))


def _scripts(wrapped: Wrapped) -> Iterator[Step]:
    """Several names: of npm scripts, or of the targets of make, just and task."""
    kind = "npm" if wrapped.form["rest"] == "scripts" else wrapped.name.split(" ", 1)[0]
    for word in wrapped.command.words[wrapped.at :]:
        if word.text == "--":
            return
        if not word.text.startswith("-") and "=" not in word.text:
            calls = (kind.removeprefix("g"), word.text, wrapped.package)
            yield replace(wrapped.command, calls=calls, start=word.start, end=word.end)


def _either(wrapped: Wrapped) -> Iterator[Step]:
    """`yarn name` runs a script or a program of that name."""
    yield from _script(wrapped)
    yield from _words(wrapped)


RESTS: dict[str, Callable[[Wrapped], Iterator[Step]]] = {
    "words": _words,
    "shell": _shell,
    "first": _first,
    "alias": _alias,
    "each": _each,
    "image": _image,
    "file": _file,
    "nothing": _nothing,
    "script": _script,
    "target": _target,
    "scripts": _scripts,
    "targets": _scripts,
    "either": _either,
}
