#!/usr/bin/env bash
# place.sh FILE AS: copies a file, unless it is there, renamed into place: who runs the old one keeps it.
set -euo pipefail
if ! cmp --silent "$1" "$2"; then
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new"
  mv "$2.new" "$2"
fi
