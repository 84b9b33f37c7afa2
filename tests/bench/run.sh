#!/usr/bin/env bash
# The cost of one search of 20 hits: a bare keep-alive request in Rust, the core's door, each package and,
# where they are named, the official clients:
#   MEILISEARCH_PYTHON  a Python that has `meilisearch` installed
#   MEILISEARCH_JS      a folder whose node_modules has `meilisearch`
# Each is run SCRYPATH_BENCH_PASSES (3) times, in turn, for SCRYPATH_BENCH_ROUNDS (2000) rounds; the least of
# its medians is printed, in µs, and what it adds to the bare request.
# The server has one core to itself and whoever needs but one thread another, so that the scheduler cannot
# choose which of two figures is measured.
# Then the embedded engine with the films and SCRYPATH_BENCH_RECORDS (100000) records, beside a Meilisearch
# where there is one on the path or at MEILISEARCH_URL: the 100 queries of the ranking, a hundredth as many
# rounds.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${SCRYPATH_BENCH_ROUNDS:-2000}
bench=${CARGO_TARGET_DIR:-target}/release/scrypath-bench

pinned=()
there=()
if [ "$(nproc)" -gt 1 ] && command -v taskset >/dev/null; then
  there=(taskset -c 0)
  pinned=(taskset -c 1)
fi
exec 3< <("${there[@]}" "$bench" serve)
server=$!
cp tests/bench/search.mjs node/.bench.mjs
peer=${MEILISEARCH_JS:+$MEILISEARCH_JS/.bench.mjs}
[ -z "$peer" ] || cp tests/bench/search.mjs "$peer"
trap 'kill $server 2>/dev/null; rm -f node/.bench.mjs $peer' EXIT
read -r url <&3

declare -A least
names=()
row() {
  local us
  us=$("${@:2}" "$url" "$rounds" | tail -n 1)
  [ -n "${least[$1]:-}" ] || names+=("$1")
  least[$1]=$(printf '%s\n' "$us" ${least[$1]:-} | sort -g | head -n 1)
}
elixir() { (cd elixir && mix run --no-compile ../tests/bench/search.exs "$@"); }
peer_python() { "${pinned[@]}" "$MEILISEARCH_PYTHON" tests/bench/search.py "$@" --peer; }
peer_node() { node "$peer" "$@" --peer; }
hits() { "${pinned[@]}" python tests/bench/search.py "$@" --hits; }
asyncio() { python tests/bench/search.py "$@" --async; }

for _ in $(seq "${SCRYPATH_BENCH_PASSES:-3}"); do
  row "bare request in Rust" "${pinned[@]}" "$bench" bare
  row "the core's door" "${pinned[@]}" "$bench" core
  row "Python" "${pinned[@]}" python tests/bench/search.py
  row "Python, hits read" hits
  row "Python, asyncio" asyncio
  row "Node" node node/.bench.mjs
  row "Elixir" elixir
  [ -z "${MEILISEARCH_PYTHON:-}" ] || row "meilisearch-python" peer_python
  [ -z "$peer" ] || row "meilisearch-js" peer_node
done

bare=${least["bare request in Rust"]}
for name in "${names[@]}"; do
  awk -v name="$name" -v us="${least[$name]}" -v bare="$bare" \
    'BEGIN { printf "%-24s %8.1f µs  %+8.1f\n", name, us, us - bare }'
done
printf '%-24s %8.1f µs\n' "normalize 10 filters" "$("$bench" normalize "$rounds")"
echo
"$bench" engine "$(((rounds + 99) / 100))" films "${SCRYPATH_BENCH_RECORDS:-100000}"
