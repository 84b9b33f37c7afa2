#!/usr/bin/env bash
# Asks each package what it has, and holds the answers against the core's list. Arguments are passed on.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd elixir && mix run --no-compile --no-start ../tests/parity/elixir.exs) >"$folder/elixir.txt"
python tests/parity/python.py >"$folder/python.txt"
(cd node && node ../tests/parity/node.mjs) >"$folder/node.txt"
python3 tests/parity/check.py "$folder" "$@"
