#!/usr/bin/env bash
# Lints for the action: annotations and the step's summary come by themselves on GitHub; the reports
# go to a folder, and the exit status to the outputs, so that the steps after this one still run.
set -euo pipefail

folder=$(mktemp -d "$RUNNER_TEMP/migralint-report.XXXXXX")
arguments=(--output text)
for format in sarif json; do
    arguments+=(--output "$format=$folder/migralint.$format")
done
arguments+=(--output "markdown=$folder/comment.md")

if [ "${MIGRALINT_ACTION_CHANGED:-true}" != false ]; then
    case ${GITHUB_EVENT_NAME:-} in
        pull_request_target)
            # here checkout takes the base branch, where nothing has changed
            if [ "$(git rev-parse HEAD)" = "${GITHUB_SHA:-}" ]; then
                echo "::error title=migralint::pull_request_target checks out the base branch, so the changes of the pull request would not be seen. Use \`on: pull_request\`."
                exit 2
            fi
            arguments+=(--changed)
            ;;
        pull_request | merge_group | push) arguments+=(--changed) ;;
    esac
fi
if [ -n "${MIGRALINT_ACTION_FAIL_ON:-}" ]; then
    arguments+=(--fail-on "$MIGRALINT_ACTION_FAIL_ON")
fi
if [ -n "${MIGRALINT_ACTION_PRESET:-}" ]; then
    arguments+=(--preset "$MIGRALINT_ACTION_PRESET")
fi
arguments+=(--)
while IFS= read -r path; do
    if [ -n "$path" ]; then
        arguments+=("$path")
    fi
done <<<"${MIGRALINT_ACTION_PATHS:-}"

status=0
"$RUNNER_TEMP/migralint/bin/migralint" lint "${arguments[@]}" || status=$?
{
    echo "status=$status"
    echo "folder=$folder"
} >>"$GITHUB_OUTPUT"
