#!/usr/bin/env bash
# Makes .venv-oban, where Oban for Python is, and prints its Python; prints nothing where no Python 3.12 or newer is
# found. The native library that .venv was built with is loaded there too, since it is made for every Python.
set -euo pipefail
cd "$(dirname "$0")/../.."

newer() { "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

find_python() {
  local name root
  for name in python3.13 python3.12 python3.14 python3; do
    if newer "$name"; then command -v "$name"; return; fi
  done
  root=$(pyenv root 2>/dev/null || echo "${PYENV_ROOT:-$HOME/.pyenv}")
  for name in $(compgen -G "$root/versions/3.*/bin/python" | sort -V); do
    if newer "$name"; then echo "$name"; return; fi
  done
}

if ! newer .venv-oban/bin/python; then
  python=$(find_python)
  [ -n "$python" ] || exit 0
  "$python" -m venv --clear .venv-oban
fi
wanted=(asyncpg django greenlet 'oban>=0.7' 'psycopg[binary]>=3.2.13' 'pytest>=8' 'sqlalchemy>=2')
if [ "$(cat .venv-oban/installed 2>/dev/null)" != "${wanted[*]}" ]; then
  .venv-oban/bin/python -m pip --quiet install --upgrade pip "${wanted[@]}" >&2
  echo "${wanted[*]}" >.venv-oban/installed
fi
echo "$PWD/.venv-oban/bin/python"
