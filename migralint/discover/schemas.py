"""Which folder of migrations a schema file belongs to: schema.prisma, or TypeScript of Drizzle."""

from __future__ import annotations

import posixpath

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.discover.finding import Found

CODE = (".ts", ".mts", ".js", ".mjs")
CONFIGURED = tuple(f"drizzle.config{ending}" for ending in (*CODE, ".json"))
FIELD = pattern(
    r"""["']?\b(schema|out)["']?\s{0,20}:\s{0,20}(\[[^\]]{0,2000}\]|["'`][^"'`\n]{1,300}["'`])"""
)
QUOTED = pattern(r"""["'`]([^"'`\n]{1,300})["'`]""")


def migrations_of(found: Found, path: str) -> str:
    """The folder of the migrations that are made from this schema, "" where it is none."""
    if path.endswith(".prisma"):
        folder = posixpath.dirname(path)
        places = (posixpath.join(at, "migrations") for at in (folder, posixpath.dirname(folder)))
        return next((at for at in places if found.layout(at) == "prisma"), "")
    return _drizzle(found, path) if path.endswith(CODE) else ""


def _drizzle(found: Found, path: str) -> str:
    """As the nearest drizzle.config says: `schema:` has files, folders, globs, `out:` a folder."""
    from migralint.config.patterns import matches

    near = found.folder(posixpath.dirname(path) or ".")
    place = next((at for name in CONFIGURED for at in near.nearest(name)), "")
    if not place or place == path:
        return ""
    above = posixpath.dirname(place)
    fields = {name: QUOTED.findall(value) for name, value in FIELD.findall(near.text(place))}
    schemas = (posixpath.normpath(posixpath.join(above, at)) for at in fields.get("schema", ()))
    if not any(matches(pattern, path) for pattern in schemas):
        return ""
    out = posixpath.normpath(posixpath.join(above, *fields.get("out", ["drizzle"])[:1]))
    return out if found.layout(out) in ("drizzle", "supabase") else ""
