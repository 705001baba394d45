# Sourced with what to install: makes .venv when there is none and installs this folder into it.
python=$(command -v python3.11 || command -v python3)
if ! "$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3 python3-venv; } >&2
        python=$(command -v python3.11 || command -v python3)
    else
        echo "Python 3.11 with its venv module is needed: sudo apt install python3-venv" >&2
        return 1
    fi
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv || return 1
.venv/bin/python -m pip install -q --disable-pip-version-check -e "$1" || return 1
