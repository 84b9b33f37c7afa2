#!/usr/bin/env bash
# Installs Prisma beside the built Node package, and makes the client of the tests.
set -euo pipefail
cd "$(dirname "$0")/../interop/prisma"
if [ package-lock.json -nt node_modules/.package-lock.json ]; then npm ci --silent --ignore-scripts; fi
ln -sfn ../../../../node node_modules/scrypath
# A client is made without the engine of migrations, which Prisma would load from the network all the same.
PRISMA_SCHEMA_ENGINE_BINARY=$(type -P true) CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1 \
  npx --no-install prisma generate >/dev/null
