"""Which files run commands, and how each is read, told by name and first line."""

from __future__ import annotations

import re

SHELL_LINE = re.compile(r"#!\s*\S*?(?:env\s+(?:-\S+\s+)*)?(ba|z|da|k|a)?sh\b")
PYTHON_LINE = re.compile(r"#!.*\bpython")
NODE_LINE = re.compile(r"#!.*\b(node|bun|tsx|ts-node|zx|deno)\b")
NAMES = {
    "package.json": "json", "project.json": "json", "composer.json": "json", "vercel.json": "json", "app.json": "json",
    "railway.json": "json", "devcontainer.json": "json", "deno.json": "json", "deno.jsonc": "json",
    "makefile": "make", "gnumakefile": "make", "justfile": "just", ".justfile": "just", "procfile": "procfile",
    "procfile.dev": "procfile", "containerfile": "dockerfile",
    "fly.toml": "settings", "netlify.toml": "settings", "railway.toml": "settings", "nixpacks.toml": "settings",
    "pyproject.toml": "settings", "mise.toml": "settings",
}  # fmt: skip
ENDINGS = {
    "sh": "shell", "bash": "shell", "zsh": "shell", "ksh": "shell", "bats": "shell", "fish": "fish",
    "ps1": "powershell", "psm1": "powershell", "bat": "batch", "cmd": "batch", "mk": "make", "mak": "make",
    "just": "just", "dockerfile": "dockerfile", "containerfile": "dockerfile", "yml": "yaml", "yaml": "yaml",
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "ts": "javascript", "mts": "javascript",
    "cts": "javascript", "py": "python", "tf": "settings", "hcl": "settings", "nomad": "settings",
}  # fmt: skip
SKIPPED = re.compile(
    r"(^|/)(node_modules|vendor|dist|\.git|\.next|__snapshots__|\.yarn|third_party)/"
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
