#!/usr/bin/env bash
# Build .venv from the lock files, with uv when it is on the PATH and with venv and pip when it is not.
# The folder is stamped with a hash of what it was built from, so a second call costs a few milliseconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=.venv
stamp="$environment/.built-from"

digest() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

fingerprint() {
    { pwd -P; cat pyproject.toml uv.lock requirements.txt scripts/bootstrap.sh; } | digest | cut -d ' ' -f 1
}

# A pyenv shim exists for every version pyenv knows of and works only for the selected ones: ask it to run.
runs() {
    "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

pick_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11.*/bin/python3.11 python3 python3.12 python3.13; do
        if [[ -n "$candidate" ]] && command -v "$candidate" >/dev/null && runs "$candidate"; then
            # Of an activated environment, the interpreter below it: the environment itself is about to be replaced.
            "$candidate" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
            return
        fi
    done
    return 1
}

wanted="$(fingerprint)"
if [[ -x "$environment/bin/python" && -x "$environment/bin/mqk" && "$(cat "$stamp" 2>/dev/null || true)" == "$wanted" ]]; then
    exit 0
fi

python="$(pick_python || true)"
if command -v uv >/dev/null; then
    chosen=(--python "${python:-3.11}")
    echo "setting up $environment with uv" >&2
    rm -f "$stamp"
    export UV_PROJECT_ENVIRONMENT="$environment"
    # Twice, because the build backend that makes us editable is itself one of the locked packages.
    uv sync --quiet --frozen --no-install-project "${chosen[@]}"
    uv sync --quiet --frozen --no-build-isolation-package miniquantdesk "${chosen[@]}"
elif [[ -n "$python" ]]; then
    echo "setting up $environment with $python and pip" >&2
    rm -f "$stamp"
    "$python" -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
else
    echo "setup needs Python 3.11, 3.12 or 3.13, or uv; neither was found on the PATH" >&2
    echo "  help: install python3.11 with its venv module, or name an interpreter with PYTHON=/path/to/python" >&2
    exit 2
fi
echo "$wanted" >"$stamp"
