// 3,200 films: into SQLite, into a search index on disk, found, changed, deleted. `make demo` runs it.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Scrypath, schema } from "scrypath";
import { betterSqlite3Repo } from "scrypath/better-sqlite3";

const data = new URL("../tests/data/", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "scrypath-demo-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// The application's own table.
const films = readFileSync(new URL("movies.ndjson", data), "utf8").trim().split("\n").map(JSON.parse);
const columns = Object.keys(films[0]);
const db = new Database(join(folder, "films.db"));
db.exec(`CREATE TABLE films (${columns.join(", ")}, PRIMARY KEY (id))`);
const insert = db.prepare(`INSERT INTO films VALUES (${columns.map((name) => `@${name}`).join(", ")})`);
db.transaction(() => films.forEach((film) => void insert.run(film)))();
console.log(`loaded ${films.length} films into SQLite`);

// What of it is searchable, from the file that all three languages share.
const Movie = schema.fromFile(new URL("movie.schema.json", data));
const search = new Scrypath({
  meilisearchUrl: `embedded:${join(folder, "index")}`,
  inlineTimeout: 60_000,
  repo: betterSqlite3Repo(db, { table: "films" }),
});

const rows = db.prepare("SELECT * FROM films ORDER BY id").all();
const written = await search.syncRecords(Movie, rows);
console.log(`synced ${written.documentCount} films: ${written.status}`);

// Found, filtered, sorted, counted, and as the application's own rows.
const love = () =>
  search.search(Movie, "love", {
    filter: { genre: "Drama", year: { gte: 1990 } },
    sort: { worldwide_gross: "desc" },
    facets: ["mpaa_rating"],
    page: { size: 5 },
  });
const found = await love();
const { totalHits, number, totalPages } = found.page;
console.log(`"love": ${totalHits} hits, page ${number} of ${totalPages}`);
printTable(found.records, ["id", "title", "year", "imdb_rating", "worldwide_gross"]);
for (const facet of found.facets.declaredOrder) {
  const buckets = found.facets.distribution[facet].map(({ value, count }) => `${value} ${count}`);
  console.log(`${facet}: ${buckets.join(", ")}`);
}

// Changed, and the index follows.
const [first, second] = found.records;
db.prepare("UPDATE films SET title = ? WHERE id = ?").run("Zanzibar Nights", first.id);
const changed = db.prepare("SELECT * FROM films WHERE id = ?").get(first.id);
await search.syncRecord(Movie, changed);
const zanzibar = await search.search(Movie, "zanzibar");
for (const { id, title, year } of zanzibar.records) {
  console.log(`"zanzibar": ${zanzibar.hits.length} hit: ${id} ${title} (${year})`);
}

// Deleted, and the index follows.
const remove = db.prepare("DELETE FROM films WHERE id = ?");
remove.run(changed.id);
await search.deleteRecord(Movie, changed);
console.log(`"zanzibar": ${(await search.search(Movie, "zanzibar")).hits.length} hits`);

// Deleted behind the index's back: drift is shown, never hidden.
remove.run(second.id);
console.log(`missing_ids: [${(await love()).missingIds.join(", ")}]`);

function printTable(records, names) {
  const lines = [names, ...records.map((record) => names.map((name) => String(record[name] ?? "-")))];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  for (const line of lines) {
    const padded = line.map((text, at) => text.padEnd(widths[at]));
    console.log(padded.join("  ").trimEnd());
  }
}
