#!/usr/bin/env bash
# The durable queue, under tests/setup/with_postgres.sh (as people run one: SCRYPATH_POSTGRES_FSYNC=on). A transaction
# that enqueues one write beside one with a bare INSERT of the same row: SCRYPATH_BENCH_ROUNDS (2000) times each, in
# turn, medians.
# Then jobs of one document each, out of PostgreSQL and into a backend that keeps nothing. One request for each job: by
# a worker that takes one at a time, and so keeps its promises; and ten at once, in no order, by a program that does not
# wait for tasks. Then one `scrypath worker` as it is. How many jobs: SCRYPATH_BENCH_JOBS ("10000 100000 1000000"); the
# second has the first of these numbers, the first a tenth of that.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${SCRYPATH_BENCH_ROUNDS:-2000}
target=${CARGO_TARGET_DIR:-target}/release
read -ra jobs <<<"${SCRYPATH_BENCH_JOBS:-10000 100000 1000000}"
database=$SCRYPATH_TEST_POSTGRES

"$target/scrypath" queue install --database-url "$database" >/dev/null
python tests/bench/enqueue.py "$database" "$rounds"
# In node/, where the package and its drivers are found.
cp tests/bench/enqueue.mjs node/.bench-enqueue.mjs
trap 'rm -f node/.bench-enqueue.mjs' EXIT
node node/.bench-enqueue.mjs "$database" "$rounds"
(cd elixir && MIX_ENV=test mix run --no-compile ../tests/bench/enqueue.exs "$database" "$rounds")
"$target/scrypath-bench" in-order "$database" "$target/scrypath" "$((jobs[0] / 10))"
"$target/scrypath-bench" ten-at-once "$database" "$target/scrypath" "${jobs[0]}"
"$target/scrypath-bench" drain "$database" "$target/scrypath" "${jobs[@]}"
