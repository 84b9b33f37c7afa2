import assert from "node:assert/strict";
import { Scrypath, UsageError, schema } from "scrypath";

const Note = schema({
  name: "Note",
  fields: ["id", "title", "status"],
  filterable: ["status"],
  sortable: ["title"],
  faceting: { attributes: ["status"] },
});

const rows = new Map([
  [1, { id: 1, title: "Harbour lights", status: "open" }],
  [2, { id: 2, title: "Harbour master", status: "closed" }],
]);

// Where hits become records again: the better-sqlite3 adapter, or one function.
const repo = { fetch: (_schema, _key, ids) => ids.flatMap((id) => rows.get(id) ?? []) };

const search = new Scrypath({ meilisearchUrl: "memory:" });

// "inline" resolves when the index has the documents; "manual" when it has accepted them.
const written = await search.syncRecords(Note, [...rows.values()], { syncMode: "inline" });
assert.equal(written.status, "completed");

const result = await search.search(Note, "harb", { filter: { status: "open" }, facets: ["status"], repo });
assert.deepEqual(result.records.map((note) => note.title), ["Harbour lights"]);
assert.deepEqual(result.missingIds, []);
assert.deepEqual(result.facets.distribution.status, [{ value: "open", count: 1 }]);

assert.equal((await search.deleteRecord(Note, { id: 1 })).status, "completed");
assert.deepEqual((await search.search(Note, "lights")).hits, []);

// What would be sent, without sending it.
const { request } = await search.explain(Note, "harb", { filter: { status: ["open", "new"] } });
assert.deepEqual(request.body.filter, ['status IN ["open", "new"]']);

// A misspelt field is refused before anything is sent, with what is accepted.
await assert.rejects(
  search.search(Note, "harb", { filter: { statsu: "open" } }),
  (error) =>
    error instanceof UsageError &&
    error.kind === "filter_not_declared" &&
    error.message.includes('filterable: ["status"]'),
);
