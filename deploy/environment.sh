#!/bin/sh
# Makes the environment in which everything here runs, for the Makefile: environment.sh FOLDER [PYTHON].
# Every package, uv itself and what builds ours are fixed by their hashes (tools.lock, requirements.lock), and come as
# wheels: no compiler is needed. Without PYTHON the interpreter is looked for: python3 where it fits, else the newest
# that is tested, else a newer one, else one that uv can fetch.
set -eu
venv="$1"
asked="${2:-}"
tested="3.13 3.12 3.11"
newer="3.14 3.15 3.16"
probe='
import importlib.util as modules, sys
whole = sys.implementation.name == "cpython" and modules.find_spec("venv") and modules.find_spec("ensurepip")
print(sys.version_info[0] * 100 + sys.version_info[1], "whole" if whole else "lacking")
'
seen=""

say() {
    echo "docwatch: $*" >&2
}

# judge PROGRAM: tell whether it is "tested", "newer", "lacking", "old" or "absent"; $kind and $number are set.
judge() {
    kind=absent
    answer="$("$1" -c "$probe" 2>/dev/null)" || return 0
    number="${answer%% *}"
    number="$((number / 100)).$((number % 100))"
    case "$answer" in
    31[123]" whole") kind=tested ;;
    31[123]" lacking") kind=lacking ;;
    3[1-9][0-9]" whole") test "${answer%% *}" -gt 313 && kind=newer || kind=old ;;
    *) kind=old ;;
    esac
    case "$kind" in
    old) seen="$seen
  $1 is Python $number" ;;
    lacking) seen="$seen
  $1 is Python $number without venv and pip: apt-get install python$number-venv" ;;
    esac
}

# find_them VERSION...: print what may be an interpreter of these versions.
find_them() {
    for version in "$@"; do
        command -v "python$version" || true
        for found in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
            test ! -x "$found" || echo "$found"
        done
    done
}

# choose: set $python to the interpreter to use, empty where there is none.
choose() {
    python=""
    if test -n "$asked"; then
        judge "$asked"
        case "$kind" in
        tested | newer) python="$asked" ;;
        absent) seen="
  $asked does not run" ;;
        esac
        return
    fi
    later=""
    for candidate in $(command -v python3 || true) $(find_them $tested) $(find_them $newer); do
        judge "$candidate"
        case "$kind" in
        tested)
            python="$candidate"
            return
            ;;
        newer) later="${later:-$candidate}" ;;
        esac
    done
    python="$later"
}

# fetch: have uv bring an interpreter, where there is uv or anything that can install it; set $python.
fetch() {
    uv="$(command -v uv || true)"
    if test -z "$uv"; then
        for candidate in $(command -v python3 || true) $(find_them 3.10 3.9 3.8); do
            if tools "$candidate" 2>/dev/null && test -x "$venv/uv/bin/uv"; then
                uv="$venv/uv/bin/uv"
                break
            fi
            rm -rf "$venv/uv"
        done
    fi
    test -n "$uv" || return 0
    say "no Python here fits, uv tries to fetch one"
    if "$uv" python install --quiet 3.13 2>/dev/null; then
        python="$("$uv" python find --managed-python 3.13 2>/dev/null)" || python=""
    fi
}

# tools PROGRAM: install uv by its hash, into an environment of its own, where it is not the one of the lock.
tools() {
    cmp -s tools.lock "$venv/uv/tools.lock" && return
    rm -rf "$venv/uv"
    "$1" -m venv "$venv/uv"
    "$venv/uv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes --requirement tools.lock
    cp tools.lock "$venv/uv/"
}

kind=absent
test ! -x "$venv/bin/python" || judge "$venv/bin/python"
case "$kind" in
tested | newer) python="$venv/bin/python" ;;
*)
    choose
    test -n "$python" -o -n "$asked" || fetch
    if test -z "$python"; then
        say "Python 3.11, 3.12 or 3.13 is needed, and none was found.${seen:+ What is here:$seen}"
        say "install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12"
        exit 1
    fi
    judge "$python"
    say "setting up with $python (Python $number)"
    rm -rf "$venv/bin" "$venv/lib" "$venv/pyvenv.cfg"
    "$python" -m venv --without-pip "$venv"
    ;;
esac
test "$kind" = tested || say "Python $number is not tested: the tests run on $tested"

tools "$venv/bin/python"
if ! "$venv/uv/bin/uv" pip sync --quiet --python "$venv/bin/python" --no-build --require-hashes requirements.lock; then
    test "$kind" = tested || say "some packages have no wheel for Python $number yet: make PYTHON=python3.13, after rm -r $venv"
    exit 1
fi
"$venv/uv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
