// Median microseconds of one search through the Node package: search.mjs URL ROUNDS [--peer].
const [url, rounds] = [process.argv[2], Number(process.argv[3])];

async function median(call) {
  for (let i = 0; i < Math.min(rounds, 200); i++) await call();
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const started = process.hrtime.bigint();
    await call();
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

if (process.argv.includes("--peer")) {
  const { Meilisearch } = await import("meilisearch");
  const index = new Meilisearch({ host: url }).index("scrypath_movie");
  console.log((await median(() => index.search("film", { filter: ["genre = Drama"] }))).toFixed(1));
} else {
  const { Scrypath, schema } = await import("scrypath");
  const Movie = schema({ name: "Movie", fields: ["id", "title"], filterable: ["genre"] });
  const search = new Scrypath({ meilisearchUrl: url });
  console.log((await median(() => search.search(Movie, "film", { filter: { genre: "Drama" } }))).toFixed(1));
}
