#!/usr/bin/env bash
# Compares the rules of a pull request with their base and proves them. Ends as `mqk rules ci` does; a diff that cannot
# be made fails too. Reads RULES, BASE and the runner's own RUNNER_TEMP, GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
set -uo pipefail

if [[ -z "$BASE" ]]; then
    echo "::error::there is no base to compare with: run this on pull_request, or set the input base"
    exit 2
fi
if ! git cat-file -e "$BASE^{commit}" 2>/dev/null && ! git fetch --quiet --no-tags origin "$BASE"; then
    echo "::error::$BASE is no revision of this checkout: check out with fetch-depth 0"
    exit 2
fi

said="$RUNNER_TEMP/rules-diff.txt"
report="$RUNNER_TEMP/rules-diff.md"
mqk rules diff "$BASE:$RULES" "$RULES" > "$said"
compared=$?
mqk rules ci "$RULES" --base "$BASE" --format github
proven=$?

{
    case $compared in
        0) echo "### Rules: nothing became looser" ;;
        1) echo "### Rules: something became looser" ;;
        *) echo "### Rules: they could not be compared" ;;
    esac
    if [[ $proven -eq 0 ]]; then echo "Every proof holds."; else echo "**Not proven**: see the marks in the diff and the log."; fi
    printf '\n````\n'
    head -c 60000 "$said"
    printf '\n````\n'
} > "$report"
cat "$report" >> "$GITHUB_STEP_SUMMARY"
echo "report=$report" >> "$GITHUB_OUTPUT"

if [[ $proven -ne 0 ]]; then exit "$proven"; fi
if [[ $compared -gt 1 ]]; then exit "$compared"; fi
