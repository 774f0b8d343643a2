#!/usr/bin/env bash
# The one door to this project: sets up .venv once, then runs what is asked for. See --help.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # called as: sh reproduce.sh
set -euo pipefail

die() {
    echo "error: $*" >&2
    exit 1
}

# The folder of this script, which may be called through a symbolic link.
here() {
    local script=$1 target
    while [ -L "$script" ]; do
        target=$(readlink "$script")
        case $target in
            /*) script=$target ;;
            *) script=$(dirname "$script")/$target ;;
        esac
    done
    dirname "$script"
}

find_python() {
    local candidate candidates=(python3.11 python3 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "Python 3.11 or newer is needed; found $(newest_python). Set PYTHON to one that is."
}

newest_python() {
    "${PYTHON:-python3}" --version 2>/dev/null || echo "none"
}

check_lock() {
    [ -r requirements.lock ] || die "requirements.lock is missing; get it back with: git checkout requirements.lock"
    local wrong
    wrong=$(grep -vnE '^(#.*|[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+)?$' requirements.lock | head -n 1 || true)
    [ -z "$wrong" ] || die "requirements.lock is damaged; expected name==version, got line $wrong"
    grep -q '^torch==' requirements.lock || die "requirements.lock is damaged; it does not pin torch"
}

# What .venv must have been made from: this lock, in this place.
wanted() {
    cat requirements.lock && pwd -P
}

is_made() {
    [ -x .venv/bin/python ] && wanted | cmp -s - .venv/made-from
}

pip() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input "$@" \
        >>.venv/pip.log 2>&1 || { tail -n 5 .venv/pip.log >&2 && die "pip $1 failed"; }
}

# Holds .venv.lock, which is open as 9, until all who have it open are gone, pip among them.
lock() {
    "$python" -c "import fcntl; fcntl.flock(9, fcntl.LOCK_EX | $1)" 2>/dev/null
}

set_up() {
    local site
    echo "Setting up .venv from requirements.lock, once; this takes some minutes."
    SECONDS=0
    rm -rf .venv
    "$python" -m venv .venv >/dev/null || die "$python -m venv failed (on Debian: apt install python3-venv)"
    pip install -r requirements.lock
    for site in .venv/lib/python3*/site-packages; do
        echo ../../../.. >"$site/checkout.pth" # relative: the path may hold letters of any kind
    done
    wanted >.venv/made-from.part
    mv .venv/made-from.part .venv/made-from
    echo "$SECONDS" >.venv/set-up-seconds
    echo "Set up in $SECONDS s."
}

unset CDPATH PYTHONHOME PYTHONPATH PYTHONOPTIMIZE PYTHONSTARTUP PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER
cd "$(here "${BASH_SOURCE[0]}")"
check_lock
for argument in "$@"; do
    case $argument in
        test) break ;;
        -h | --help) python=$(find_python) && exec "$python" -m dlnn_utils.reproduce --help ;;
    esac
done

if ! is_made; then
    python=$(find_python)
    (: >.venv.lock) 2>/dev/null || die "cannot write to $PWD; the checkout must be writable"
    exec 9>.venv.lock
    lock fcntl.LOCK_NB || { echo "Another set-up is under way; waiting for it." && lock 0; }
    is_made || set_up
    exec 9>&-
fi

export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONHASHSEED=0 MPLBACKEND=Agg
exec .venv/bin/python -m dlnn_utils.reproduce "$@"
