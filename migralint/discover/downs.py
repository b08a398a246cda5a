"""The scripts that take migrations back, for the rule that asks for them."""

from __future__ import annotations

import posixpath

from migralint.layouts.folder import DOWN_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.discover.finding import Found
    from migralint.layouts import Folder


def downs(found: Found, folder: Folder) -> tuple[str, ...]:
    """The names, without endings, of the migrations that a script takes back."""
    names = [name for name in folder.names if DOWN_FILE.search(name)]
    back = [DOWN_FILE.sub("", name) for name in names]
    for sub in folder.subfolders():
        back += [sub] if any(map(DOWN_FILE.search, found.folder(folder.at(sub)).names)) else []
    above = posixpath.dirname(folder.path)
    for place in (folder.at("rollbacks"), posixpath.join(above, "rollbacks")):
        inside = found.folder(place).names
        back += [DOWN_FILE.sub("", name.removesuffix(".sql").rstrip("/")) for name in inside]
    back += [name.partition("__")[0] for name in folder.names if name.startswith("U")]
    return tuple(back)
