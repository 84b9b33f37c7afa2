#!/usr/bin/env bash
# Runs each command, shows what it prints, and fails unless all print the same.
set -euo pipefail
first=""
for command in "$@"; do
  printf '\n── %s\n' "${command##*demo-}"
  output=$(bash -c "$command")
  printf '%s\n' "$output"
  [ -z "$first" ] && first=$output
  [ "$output" = "$first" ] || { echo "the demos differ" >&2; exit 1; }
done
