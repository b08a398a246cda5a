"""Masking what must not be printed: passwords and tokens in commands, addresses and excerpts."""

from __future__ import annotations

import re

MASK = "****"
PATTERNS = (
    # a password in an address: the user stays
    re.compile(
        r"(\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@'\"]{0,200}:)(?!\$)[^\s@'\"]{1,500}(?=@)",
        re.IGNORECASE,
    ),
    # NAME=value, name: value, --name=value and --name value, where the name speaks of a secret
    re.compile(
        r"((?:^|[\s\"'{,;?&(]|-)[\w.\-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_\-]?key|"
        r"access[_\-]?key|private[_\-]?key|credentials?)(?![\w\-]{0,20}(?:file|path|name|length))[\w\-]{0,30}[\"']?(?:\s{0,3}[=:]\s{0,3}|(?<=[a-z])\s)[\"']?)"
        r"(?![\s=:\-$<{(\[]|\*\*\*\*)[^\s\"'&;,)}]{1,500}",
        re.IGNORECASE,
    ),
    # mysql -psecret, mysqladmin -uroot -psecret
    re.compile(r"(\b(?:mysql|mysqladmin|mysqldump|mariadb|mariadb-admin)\b[^\n|;&]{0,200}?\s-p)(?![\s$])[^\s'\"]{1,200}"),
    # PASSWORD 'text' in SQL
    re.compile(r"(\b(?:password|identified\s{1,5}by)\s{1,5}')[^']{1,500}(?=')", re.IGNORECASE),
    # the header of a request
    re.compile(
        r"(\bauthorization:\s{0,3}(?:bearer|basic|token)\s{1,3})(?![\s$*])[^\s'\"]{1,500}",
        re.IGNORECASE,
    ),
    # tokens that are known by their beginning
    re.compile(r"()\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|sk-[\w\-]{20,255}|xox[abprs]-[\w\-]{10,255}"
               r"|AKIA[0-9A-Z]{16}|eyJ[\w\-]{10,2000}\.[\w\-]{10,2000}\.[\w\-]{5,2000})"),
)  # fmt: skip


def mask(text: str) -> str:
    """The text with every password and token that can be told replaced by `****`."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


SECRET_OPTION = re.compile(r"--?[\w\-]*(?:password|passwd|secret|token|api-?key)", re.IGNORECASE)
MYSQL = frozenset({"mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-admin", "mycli"})


def mask_words(program: str, words: list[str]) -> list[str]:
    """The words of a command, each masked as it would be in the whole text."""
    masked: list[str] = []
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        if SECRET_OPTION.fullmatch(before) and not word.startswith(("-", "$")):
            masked.append(MASK)
        elif program in MYSQL and word.startswith("-p") and len(word) > 2:
            masked.append(f"-p{MASK}")
        else:
            masked.append(mask(word))
    return masked
