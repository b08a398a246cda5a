"""The fixtures of the runner's tests: databases of their own, projects, Prisma's engine.

Commands run inside this process, which saves the start of an interpreter for each; `start` makes a
process, for signals.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess

import projects
import pytest

from migralint import cli

_numbers = itertools.count(1)


class Inside(projects.Project):
    """A project in which commands are called, not started."""

    def run(self, *args, timeout=0, **environ):
        out, error = io.StringIO(), io.StringIO()
        before, here = dict(os.environ), os.getcwd()
        os.environ.clear()
        os.environ.update(self.environ(**environ))
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
                status = cli.main(args)
        except SystemExit as stop:
            status = stop.code
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)
        return subprocess.CompletedProcess(args, status, out.getvalue(), error.getvalue())


@pytest.fixture
def make_project(tmp_path):
    return lambda database: Inside(tmp_path / f"project{next(_numbers)}", database)
