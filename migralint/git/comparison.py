"""Which commit a change set is compared with: asked for, or told by the CI system that runs us.

Where it cannot be had the answer is an error (status 4) with the line to add; never "nothing has
changed", and never a comparison with the tip of another branch.
"""

from __future__ import annotations

import os

from migralint.git import commit, text
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

GITHUB = "Add to the workflow: `- uses: actions/checkout@v7` with `with: {fetch-depth: %s}`."
GITLAB = 'Add to the job in .gitlab-ci.yml: `variables: {GIT_DEPTH: "0"}`.'
BITBUCKET = "Add to bitbucket-pipelines.yml: `clone: {depth: full}`."
AZURE = "Add to the pipeline: `- checkout: self` with `fetchDepth: 0`."
FETCH = "Fetch it: `git fetch --unshallow origin %s`, or name another: `--base REVISION`."


class Base(Record):
    """The commit to compare with, and how it was found, for a person. `tip` is where the branch is
    by now of which the commit is the merge base, "" where none is known."""

    commit: str
    how: str
    tip: str = ""


def find(root: str, asked: str = "", environ: Mapping[str, str] | None = None) -> Base:
    """The base of the change set that is checked out in `root`."""
    environ = os.environ if environ is None else environ
    if not commit(root, "HEAD"):
        raise _unknown("there is no commit yet", "Use `--staged`, or name the files.")
    found = _told(root, asked, environ)
    return found or _pre_commit(root, environ) or _default_branch(root)


def of_commit(root: str, asked: str = "", environ: Mapping[str, str] | None = None) -> Base:
    """The base of the commit that is being made: what the default branch of origin has.

    What a push hook is told (PRE_COMMIT_FROM_REF) is where the branch was, which may hold what
    nobody has merged: it counts only after that. Where no remote is known, HEAD: of a merge
    the side that is the main branch.
    """
    environ = os.environ if environ is None else environ
    if not commit(root, "HEAD"):
        return Base(text(root, "hash-object", "-t", "tree", "--stdin"), "an empty repository")
    found = _told(root, asked, environ)
    if found:
        return found
    if text(root, "for-each-ref", "--count=1", "refs/remotes"):
        if not _branch_of_origin(root):
            found = _pre_commit(root, environ)
        return found or _default_branch(root)
    others = _merged(root)
    if others and text(root, "symbolic-ref", "--quiet", "--short", "HEAD") not in _main_names(root):
        return Base(others[0], "the merged branch")
    return Base(commit(root, "HEAD"), "HEAD")


def _merged(root: str) -> list[str]:
    """The other side of a merge that is being made; a pre-merge-commit hook is told by GITHEAD_."""
    other = commit(root, "MERGE_HEAD")
    if other:
        return [other]
    told = (name.removeprefix("GITHEAD_") for name in os.environ if name.startswith("GITHEAD_"))
    return [found for found in (commit(root, name) for name in told) if found]


def _main_names(root: str) -> tuple[str, ...]:
    return ("main", "master", "trunk", text(root, "config", "init.defaultBranch"))


def _told(root: str, asked: str, environ: Mapping[str, str]) -> Base | None:
    if asked:
        return _merge_base(root, asked, f"--base {asked}", FETCH % asked)
    for told in (_github, _gitlab, _bitbucket, _azure, _buildkite):
        found = told(root, environ)
        if found:
            return found
    return None


def _github(root: str, environ: Mapping[str, str]) -> Base | None:
    """A pull request is checked out as its merge commit, whose first parent is the base branch."""
    if environ.get("GITHUB_ACTIONS") != "true" and not environ.get("GITHUB_BASE_REF"):
        return None
    branch = environ.get("GITHUB_BASE_REF", "")
    if branch:
        return _first_parent(root, f"the base branch {branch}") or _merge_base(
            root, f"origin/{branch}", f"origin/{branch}", GITHUB % 2
        )
    name = environ.get("GITHUB_EVENT_NAME", "")
    if name == "merge_group":
        revision = _event(environ, "merge_group", "base_sha")
        return _merge_base(root, revision, "the base of the merge queue", GITHUB % 0)
    if name == "push":
        before = _event(environ, "before")
        if before.strip("0"):
            return _exactly(root, before, "the commit before the push", GITHUB % 0)
    return None


def _event(environ: Mapping[str, str], *keys: str) -> str:
    """A value of the event that GitHub wrote to a file, "" where it is not there."""
    import json

    try:
        with open(environ.get("GITHUB_EVENT_PATH", ""), "rb") as file:
            value = json.load(file)
        for key in keys:
            value = value[key]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


def _gitlab(root: str, environ: Mapping[str, str]) -> Base | None:
    revision = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    if not revision:
        before = environ.get("CI_COMMIT_BEFORE_SHA", "")
        if environ.get("GITLAB_CI") and before.strip("0"):
            return _exactly(root, before, "the commit before the push", GITLAB)
        return None
    if environ.get("CI_MERGE_REQUEST_EVENT_TYPE", "detached") != "detached":
        return _first_parent(root, "the target branch") or _merge_base(
            root, revision, "the merge request's base", GITLAB
        )
    return _exactly(root, revision, "the merge request's base", GITLAB)


def _pre_commit(root: str, environ: Mapping[str, str]) -> Base | None:
    revision = environ.get("PRE_COMMIT_FROM_REF", "")
    if not revision:
        return None
    return _merge_base(root, revision, "PRE_COMMIT_FROM_REF", FETCH % revision)


def _bitbucket(root: str, environ: Mapping[str, str]) -> Base | None:
    revision = environ.get("BITBUCKET_PR_DESTINATION_COMMIT", "")
    if not revision:
        return None
    return _merge_base(root, revision, "the pull request's destination", BITBUCKET)


def _azure(root: str, environ: Mapping[str, str]) -> Base | None:
    branch = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "").removeprefix("refs/heads/")
    if not branch:
        return None
    return _first_parent(root, f"the target branch {branch}") or _merge_base(
        root, f"origin/{branch}", f"origin/{branch}", AZURE
    )


def _buildkite(root: str, environ: Mapping[str, str]) -> Base | None:
    branch = environ.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "")
    if not branch:
        return None
    return _merge_base(root, f"origin/{branch}", f"origin/{branch}", FETCH % branch)


def _default_branch(root: str) -> Base:
    """Without a CI system: where the present branch left the default branch of origin."""
    branch = _branch_of_origin(root)
    if not branch:
        raise _unknown(
            "nobody says what to compare with",
            "Name it: `--base main`; or let git know: `git remote set-head origin --auto`.",
        )
    return _merge_base(root, branch, branch, FETCH % branch.removeprefix("origin/"))


def _branch_of_origin(root: str) -> str:
    named = text(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    known = [name for name in ("origin/main", "origin/master") if commit(root, name)]
    return named or (known[0] if len(known) == 1 else "")


def _first_parent(root: str, how: str) -> Base | None:
    """HEAD^1 where HEAD is a merge of two commits; a clone of depth 2 has it."""
    if not commit(root, "HEAD^2"):
        return None
    return Base(commit(root, "HEAD^1"), f"{how} (HEAD^1)")


def _exactly(root: str, revision: str, how: str, hint: str) -> Base:
    found = commit(root, revision)
    if not found:
        raise _unknown(f"this clone does not have {how} ({revision[:12]})", hint)
    return Base(found, how)


def _merge_base(root: str, revision: str, how: str, hint: str) -> Base:
    known = commit(root, revision)
    if not known:
        raise _unknown(f"this clone does not have {how}", hint)
    # of several heads git takes the merge of them: that of the commit which is being made
    found = text(root, "merge-base", known, "HEAD", *_merged(root))
    if not found:
        raise _unknown(f"this clone does not reach back to where HEAD left {how}", hint)
    return Base(found, f"the merge base with {how}" if found != known else how, known)


def _unknown(message: str, hint: str) -> MigralintError:
    return MigralintError(f"the base of the change is unknown: {message}", hint=hint, status=4)
