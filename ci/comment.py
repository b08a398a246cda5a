"""Keeps one comment on the pull request: makes it, or changes the one that is there.

Without findings and without a comment none is made. A token that may not comment (that of a pull
request from a fork) costs a notice and not the result. Only the standard library is used.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

PAGE = 100
NOT_ALLOWED = (401, 403, 404)


class GitHub:
    """The comments of one pull request."""

    def __init__(self, api: str, repository: str, number: int, token: str) -> None:
        self.comments = f"{api}/repos/{repository}/issues/{number}/comments"
        self.one = f"{api}/repos/{repository}/issues/comments"
        self.token = token

    def call(self, method: str, url: str, body: object = None) -> Any:
        request = urllib.request.Request(url, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return json.load(answer)

    def find(self, marker: str) -> int:
        """Ours among the comments, 0 where there is none.

        Anybody can write our marker, and this token could change anybody's comment: so only that of
        a bot is ours.
        """
        page = 1
        while True:
            some = self.call("GET", f"{self.comments}?per_page={PAGE}&page={page}")
            for comment in some:
                if comment["body"].startswith(marker) and comment["user"]["type"] == "Bot":
                    return int(comment["id"])
            if len(some) < PAGE:
                return 0
            page += 1


def keep(github: GitHub, marker: str, text: str, worth_saying: bool) -> str:
    """What was done: "made", "changed", or "" where there is nothing to say."""
    found = github.find(marker)
    if found:
        github.call("PATCH", f"{github.one}/{found}", {"body": text})
        return "changed"
    if not worth_saying:
        return ""
    github.call("POST", github.comments, {"body": text})
    return "made"


def marked(text: str, where: str) -> tuple[str, str]:
    """The marker of this folder's comment, and the text that begins with it."""
    first, _, rest = text.partition("\n")
    if where in ("", "."):
        return f"{first}\n", text
    place = where.replace("--", "- -").replace(">", "")
    marker = f"{first}<!-- {place} -->\n"
    return marker, f"{marker}{rest}"


def main() -> int:
    environ = os.environ
    folder = environ["MIGRALINT_ACTION_FOLDER"]
    with open(environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
        number = json.load(file)["pull_request"]["number"]
    with open(os.path.join(folder, "comment.md"), encoding="utf-8") as file:
        marker, text = marked(file.read(), environ.get("MIGRALINT_ACTION_WHERE", ""))
    with open(os.path.join(folder, "migralint.json"), encoding="utf-8") as file:
        report = json.load(file)
    github = GitHub(
        environ.get("GITHUB_API_URL", "https://api.github.com"),
        environ["GITHUB_REPOSITORY"],
        number,
        environ["MIGRALINT_ACTION_TOKEN"],
    )
    try:
        done = keep(github, marker, text, bool(report["findings"] or report["suppressed"]))
    except urllib.error.HTTPError as error:
        if error.code not in NOT_ALLOWED:
            print(f"::warning title=migralint::No comment: GitHub answered {error.code}.")
            return 0
        print(
            "::notice title=migralint::No comment: the token may not write one. Give the job "
            "`permissions: {contents: read, pull-requests: write}`; a pull request from a fork "
            "has no such token."
        )
        return 0
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"::warning title=migralint::No comment: GitHub cannot be reached ({error}).")
        return 0
    print(f"comment {done}" if done else "nothing to say, so no comment")
    return 0


if __name__ == "__main__":
    sys.exit(main())
