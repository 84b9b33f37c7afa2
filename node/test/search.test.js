import assert from "node:assert/strict";
import { before, test } from "node:test";
import Database from "better-sqlite3";
import { Scrypath, schema } from "scrypath";
import { betterSqlite3Repo } from "scrypath/better-sqlite3";
import { Note, notes } from "./support/notes.js";

const search = new Scrypath({ meilisearchUrl: "memory:search" });
const ids = ({ hits }) => hits.map(({ id }) => id);

before(() => search.syncRecords(Note, notes));

/** A database of its own, with the notes in it. */
function database(rows = notes) {
  const db = new Database(":memory:");
  db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, status TEXT, year INTEGER)");
  const insert = db.prepare("INSERT INTO notes VALUES (@id, @title, @status, @year)");
  for (const row of rows) insert.run(row);
  return db;
}

test("a search without options", async () => {
  const result = await search.search(Note, "harbour");
  assert.deepEqual(ids(result).sort(), [1, 2, 3]);
  assert.deepEqual(result.records, []);
  assert.deepEqual(result.missingIds, []);
  assert.deepEqual(result.facets, { distribution: {}, stats: {}, declaredOrder: [] });
  assert.equal(result.page.estimatedTotalHits, 3);
  assert.equal(result.raw.query, "harbour");
});

test("filters, as objects and as pairs", async () => {
  const found = async (filter) => ids(await search.search(Note, "", { filter, sort: { title: "asc" } }));
  assert.deepEqual(await found({ status: "open" }), [1, 4, 3]);
  assert.deepEqual(await found({ status: "open", year: { gt: 1990, lte: 2001 } }), [4, 3]);
  assert.deepEqual(
    await found([
      ["year", { gte: 1995 }],
      ["year", { lt: 2001 }],
    ]),
    [2],
  );
  assert.deepEqual(await found({ year: [1990, 1995] }), [1, 2]);
  assert.deepEqual(await found({ or: [{ status: "closed" }, { year: 1990 }] }), [1, 2]);
  assert.deepEqual(await found({ year: { not: 2001 } }), [1, 2]);
  assert.deepEqual(await found({ status: null }), []);
});

test("sort, page and facets", async () => {
  const result = await search.search(Note, "", {
    sort: [
      ["desc", "year"],
      ["asc", "title"],
    ],
    page: { number: 2, size: 2 },
    facets: ["status"],
  });
  assert.deepEqual(ids(result), [2, 1]);
  assert.deepEqual(result.page, { number: 2, size: 2, totalPages: 2, totalHits: 4, previous: 1 });
  assert.deepEqual(result.facets, {
    distribution: {
      status: [
        { value: "closed", count: 1 },
        { value: "open", count: 3 },
      ],
    },
    stats: { status: {} },
    declaredOrder: ["status"],
  });
  assert.deepEqual(result.query, {
    text: "",
    filter: [],
    sort: [
      ["desc", "year"],
      ["asc", "title"],
    ],
    page: { number: 2, size: 2 },
    facets: ["status"],
    facetFilter: [],
    perQuery: {},
  });
});

test("facet filters and tuning of one query", async () => {
  const result = await search.search(Note, "harbour", {
    facetFilter: { status: ["closed"] },
    perQuery: { showRankingScore: true, rankingScoreThreshold: 0.1 },
  });
  assert.deepEqual(ids(result), [2]);
  assert.equal(typeof result.hits[0]._rankingScore, "number");
  assert.deepEqual(result.query.perQuery, { rankingScoreThreshold: 0.1, showRankingScore: true });
});

test("a tenant sees its own documents only", async () => {
  const Doc = schema({ name: "Doc", fields: ["id", "org"], tenantField: "org" });
  await search.syncRecords(Doc, [
    { id: 1, org: 7 },
    { id: 2, org: 8 },
  ]);
  assert.deepEqual(ids(await search.search(Doc, "", { tenantScope: 7 })), [1]);
  for (const tenantScope of [null, undefined, [], {}]) {
    await assert.rejects(search.search(Doc, "", { tenantScope }), { errorClass: "usage" });
  }
});

test("explain shows the request and sends nothing", async () => {
  const nowhere = new Scrypath({ meilisearchUrl: "http://127.0.0.1:9" });
  const { query, request } = await nowhere.explain(Note, "tug", { filter: { year: { gte: 1990 } } });
  assert.deepEqual(query.filter, [["year", { gte: 1990 }]]);
  assert.deepEqual(request, {
    method: "POST",
    path: "/indexes/scrypath_note/search",
    body: { q: "tug", filter: ["year >= 1990"] },
  });
});

test("hits become rows, in hit order, and those without one are reported", async () => {
  const db = database(notes.filter(({ id }) => id !== 2));
  const repo = betterSqlite3Repo(db, { table: "notes" });
  const options = { repo, sort: [["asc", "title"]] };
  const { records, missingIds } = await search.search(Note, "harbour", options);
  assert.deepEqual(records, [notes[0], notes[2]]);
  assert.deepEqual(missingIds, [2]);
  assert.deepEqual((await search.search(Note, "nothing like it", options)).records, []);
});

test("a repo may be the client's, and a call may do without", async () => {
  const repo = betterSqlite3Repo(database(), { table: "notes" });
  const hydrating = new Scrypath({ meilisearchUrl: "memory:search", repo });
  assert.equal((await hydrating.search(Note, "lighthouse")).records.length, 1);
  assert.deepEqual((await hydrating.search(Note, "lighthouse", { repo: null })).records, []);
});

test("a repo is asked once, for what was found, with what was given", async () => {
  const asked = [];
  const preload = { author: true };
  const repo = {
    key: "id",
    async fetch(...args) {
      asked.push(args);
      return [{ id: "3" }, { id: 1n }, { id: 99 }];
    },
  };
  const { records, missingIds } = await search.search(Note, "harbour", {
    repo,
    preload,
    sort: { title: "asc" },
  });
  assert.deepEqual(asked, [[Note, "id", [1, 2, 3], preload]]);
  assert.deepEqual(records, [{ id: 1n }, { id: "3" }]);
  assert.deepEqual(missingIds, [2]);
});

test("defaults of a repo lie below the call's options and above the client's", async () => {
  const repo = { defaults: { indexPrefix: "repo" }, fetch: () => [] };
  const other = new Scrypath({ meilisearchUrl: "memory:", indexPrefix: "client" });
  assert.equal(await other.indexName(Note), "client_note");
  assert.equal(await other.indexName(Note, { repo }), "repo_note");
  assert.equal(await other.indexName(Note, { repo, indexPrefix: "call" }), "call_note");
});

test("a repo that fails, fails the search with its own error", async () => {
  const failure = new Error("no such table");
  for (const fetch of [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
  ]) {
    await assert.rejects(search.search(Note, "harbour", { repo: { fetch } }), failure);
  }
  const notRows = { fetch: () => ({ id: 1 }) };
  await assert.rejects(search.search(Note, "harbour", { repo: notRows }), TypeError);
});

test("a hit without the key that rows are fetched by is an error that names it", async () => {
  const repo = { key: "slug", fetch: () => [] };
  await assert.rejects(search.search(Note, "harbour", { repo }), {
    kind: "hydration_id_missing",
    message: /slug/,
  });
});

test("the repo of a table matches text ids to integer keys, and quotes names", async () => {
  const db = new Database(":memory:");
  db.exec(`CREATE TABLE "odd ""table" ("the key" INTEGER PRIMARY KEY, title TEXT);
           INSERT INTO "odd ""table" VALUES (7, 'seven'), (8, 'eight')`);
  const repo = betterSqlite3Repo(db, { table: 'odd "table', key: "the key" });
  const rows = repo.fetch(Note, "the key", ["7", 8, 9], undefined);
  assert.deepEqual(rows, [
    { "the key": 7, title: "seven" },
    { "the key": 8, title: "eight" },
  ]);
  assert.throws(() => repo.fetch(Note, "the key", [7], ["author"]), /loads no relations/);
});
