"""Which files run commands, and how each is read, told by name and first line."""

from __future__ import annotations

import re

SHELL_LINE = re.compile(r"#!\s*\S*?(?:env\s+(?:-\S+\s+)*)?(ba|z|da|k|a)?sh\b")
PYTHON_LINE = re.compile(r"#!.*\bpython")
NODE_LINE = re.compile(r"#!.*\b(node|bun|tsx|ts-node|zx|deno)\b")


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: form for form, words in table.items() for word in words.split()}


NAMES = _by_word(
    {
        "json": "package.json project.json composer.json vercel.json app.json railway.json "
        "devcontainer.json deno.json deno.jsonc",
        "make": "makefile gnumakefile",
        "just": "justfile .justfile",
        "procfile": "procfile procfile.dev",
        "dockerfile": "containerfile",
        "settings": "fly.toml netlify.toml railway.toml nixpacks.toml pyproject.toml mise.toml",
    }
)
ENDINGS = _by_word(
    {
        "shell": "sh bash zsh ksh bats",
        "fish": "fish",
        "powershell": "ps1 psm1",
        "batch": "bat cmd",
        "make": "mk mak",
        "just": "just",
        "dockerfile": "dockerfile containerfile",
        "yaml": "yml yaml",
        "javascript": "js mjs cjs ts mts cts",
        "python": "py",
        "settings": "tf hcl nomad",
    }
)
SKIPPED = re.compile(
    r"(^|/)(node_modules|vendor|dist|\.git|\.next|__snapshots__|\.yarn|third_party|locales)/"
    r"|\.min\.(js|mjs|cjs)\Z|\.d\.[mc]?ts\Z|(^|/)(pnpm-lock|package-lock|yarn\.lock)",
)
HOOK = re.compile(
    r"(^|/)(\.husky|\.githooks|git-hooks|hooks)/(_/)?(pre|post|commit|prepare|update|applypatch)[\w\-]*\Z"
)


def form_of(path: str, first_line: str = "") -> str:
    """The form of a file that runs commands, "" where it is none (Markdown only when asked for)."""
    path = path.replace("\\", "/")
    if SKIPPED.search(path):
        return ""
    name = path.rsplit("/", 1)[-1].lower()
    if HOOK.search(path):
        return (
            "shell" if not PYTHON_LINE.match(first_line) and not NODE_LINE.match(first_line) else ""
        )
    if name in NAMES:
        return NAMES[name]
    if name.startswith(("dockerfile", "containerfile")) and not name.endswith(
        (".md", ".dockerignore")
    ):
        return "dockerfile"
    if name.startswith("makefile."):
        return "make"
    if name.startswith("procfile"):
        return "procfile"
    ending = name.rsplit(".", 1)[-1] if "." in name.lstrip(".") else ""
    if ending in ENDINGS:
        return ENDINGS[ending]
    return _of_first_line(first_line)


def _of_first_line(line: str) -> str:
    if SHELL_LINE.match(line):
        return "shell"
    if PYTHON_LINE.match(line):
        return "python"
    return "javascript" if NODE_LINE.match(line) else ""
