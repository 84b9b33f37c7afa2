#!/usr/bin/env bash
# Prints the Python to use: the first of 3.11 or newer.
for name in python3.13 python3.12 python3.11 python3; do
  if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    command -v "$name"
    exit 0
  fi
done
echo python3
