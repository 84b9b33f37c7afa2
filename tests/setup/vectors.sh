#!/usr/bin/env bash
# Runs the vectors in all four suites, prints one line each, and fails unless the numbers are equal.
set -euo pipefail
cd "$(dirname "$0")/../.."

count() {
  local language=$1 log
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { cat "$log" >&2; echo "$language: the vectors failed" >&2; exit 1; }
  grep -Eo "$language [0-9]+ passed" "$log" | tail -n 1 || { cat "$log" >&2; echo "$language printed no count" >&2; exit 1; }
  rm -f "$log"
}

lines=$(
  count rust cargo test --quiet --release -p scrypath-core --test vectors -- --nocapture
  (cd elixir && count elixir mix vectors)
  (cd python && count python python tests/vectors.py)
  (cd node && count node npm run --silent vectors)
)
echo "$lines"
[ "$(awk '{print $2}' <<<"$lines" | sort -u | wc -l)" -eq 1 ] && [ "$(wc -l <<<"$lines")" -eq 4 ] ||
  { echo "the suites ran different numbers of cases" >&2; exit 1; }
