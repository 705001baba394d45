#!/usr/bin/env bash
# All the checks, as CI runs them: style, types, floors, tests. Needs Python 3.11; makes .venv by itself.
# Arguments go to pytest. pytest's closing line comes last; fails when any check fails.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/venv.sh '.[test]' || exit 1
# The system's clock of a running service is set by libfaketime, calls to the system are made to fail by strace, workbooks
# are opened by LibreOffice (90 MB), pages in Chromium; where they cannot be had, those tests are skipped.
debian="libfaketime strace libreoffice-calc-nogui chromium"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s $debian >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $debian; } >&2
fi

failed=0
.venv/bin/ruff check . || failed=1
# mypy needs one core; on the other what the tests import is compiled, once for all six of them.
.venv/bin/python -m pytest --collect-only -q >/dev/null 2>&1 &
.venv/bin/mypy || failed=1
.venv/bin/lint-imports || failed=1
wait
# Six at a time: most of a test is waiting for files to settle.
.venv/bin/python -m pytest -n 6 --dist loadfile "$@" || failed=1
exit $failed
