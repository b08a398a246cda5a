"""Commands in the code blocks of Markdown; read only when asked for, never found by itself."""

from __future__ import annotations

import re

from migralint.scripts.text import Piece, Place, Source, joined, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Script

FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*(sh|bash|shell|zsh|console|shell-session|terminal)\b[^\n]*\n",
    re.MULTILINE,
)
PROMPT = re.compile(r"^[ \t]*[$>#%][ \t]+", re.MULTILINE)


def pieces(script: Script) -> list[Piece]:
    """The shell blocks; the prompt at the beginning of a line is left out."""
    found: list[Piece] = []
    for begins in FENCE.finditer(script.text):
        end = script.text.find("\n" + begins[1], begins.end() - 1)
        end = len(script.text) if end < 0 else end
        body = whole(script.text[begins.end() : end], begins.end())
        found.append(Piece("shell", _without_prompts(body), Place()))
    return found


def _without_prompts(source: Source) -> Source:
    parts: list[Source] = []
    position = 0
    for prompt in PROMPT.finditer(source.text):
        parts.append(source.part(position, prompt.start()))
        position = prompt.end()
    parts.append(source.part(position, len(source.text)))
    return joined(parts)
