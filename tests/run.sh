#!/usr/bin/env bash
# All the checks, as CI runs them: style, types, floors, tests. Needs Python 3.11; makes .venv by itself.
# Arguments go to pytest. pytest's closing line comes last; fails when any check fails.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/venv.sh '.[test]' || exit 1
# The system's clock of a running service is set by libfaketime, calls to the system are made to fail by strace; where
# they cannot be had, those tests are skipped. Pages are looked at in Chromium.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s libfaketime strace chromium >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libfaketime strace chromium; } >&2
fi

failed=0
.venv/bin/ruff check . || failed=1
.venv/bin/mypy || failed=1
.venv/bin/lint-imports || failed=1
# Six at a time: most of a test is waiting for files to settle.
.venv/bin/python -m pytest -n 6 --dist loadfile "$@" || failed=1
exit $failed
