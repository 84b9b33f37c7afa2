#!/usr/bin/env bash
# The cost of one search of 20 hits: a bare keep-alive request in Rust, the core's door, each package, and,
# where they are installed, the official clients. SCRYPATH_BENCH_ROUNDS (2000) rounds each; medians in µs.
# Then the embedded engine with the films and SCRYPATH_BENCH_RECORDS (100000) records, beside a Meilisearch where there is
# one on the path or at MEILISEARCH_URL: the 100 queries of the ranking, a hundredth as many rounds.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${SCRYPATH_BENCH_ROUNDS:-2000}
bench=${CARGO_TARGET_DIR:-target}/release/scrypath-bench

exec 3< <("$bench" serve)
server=$!
trap 'kill $server 2>/dev/null' EXIT
read -r url <&3

bare=$("$bench" bare "$url" "$rounds")
row() { awk -v name="$1" -v us="$2" -v bare="$bare" 'BEGIN { printf "%-24s %8.1f µs  %+8.1f\n", name, us, us - bare }'; }

row "bare request in Rust" "$bare"
row "the core's door" "$("$bench" core "$url" "$rounds")"
printf '%-24s %8.1f µs\n' "normalize 10 filters" "$("$bench" normalize "$rounds")"
python=$(python tests/bench/search.py "$url" "$rounds")
row "Python" "$(head -n 1 <<<"$python")"
row "Python, asyncio" "$(tail -n 1 <<<"$python")"
cp tests/bench/search.mjs node/.bench.mjs
row "Node" "$(node node/.bench.mjs "$url" "$rounds")"
row "Elixir" "$(cd elixir && mix run --no-compile ../tests/bench/search.exs "$url" "$rounds" | tail -n 1)"
python -c 'import meilisearch' 2>/dev/null && row "meilisearch-python" "$(python tests/bench/search.py "$url" "$rounds" --peer)"
if [ -n "${MEILISEARCH_JS:-}" ]; then
  cp tests/bench/search.mjs "$MEILISEARCH_JS/.bench.mjs"
  row "meilisearch-js" "$(node "$MEILISEARCH_JS/.bench.mjs" "$url" "$rounds" --peer)"
fi
rm -f node/.bench.mjs
echo
"$bench" engine "$(((rounds + 99) / 100))" films "${SCRYPATH_BENCH_RECORDS:-100000}"
