# Sourced by the commands in bin/: finds a Python that is new enough and puts it into $PYTHON.

found=""
too_old=""
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        found="$candidate"
        break
    fi
    too_old="$too_old $candidate is $("$candidate" --version 2>&1 || true);"
done
if [ -z "$found" ]; then
    if [ -n "$too_old" ]; then
        echo "Backroom needs Python 3.11 or newer, and this machine's is too old:$too_old" >&2
    else
        echo "Backroom needs Python 3.11 or newer, and this machine has none that can be found." >&2
    fi
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)," >&2
    echo "or say where it is: PYTHON=/path/to/python3 $0" >&2
    exit 1
fi
PYTHON="$found"
