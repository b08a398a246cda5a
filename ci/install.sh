#!/usr/bin/env bash
# The migralint of the action's own revision, in an environment of its own.
set -euo pipefail

venv=$RUNNER_TEMP/migralint
if [ -x "$venv/bin/migralint" ]; then
    exit 0 # an earlier step of the job has used the action
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "::error title=migralint::Python 3.11 or newer is needed. Add before this step: \`- uses: actions/setup-python\` with \`python-version: '3.12'\`."
    exit 2
}
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH"
