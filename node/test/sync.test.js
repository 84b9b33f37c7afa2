// One body of tests over every transport: in this process, on disk, and over HTTP to the real server.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { BackendError, Scrypath, schema } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { backends, server } from "./support/server.js";

const transports = {
  ...backends,
  embedded: async () => {
    const folder = mkdtempSync(join(tmpdir(), "scrypath-"));
    // Not sooner: the index stays open as long as the process.
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    return { meilisearchUrl: `embedded:${folder}` };
  },
};

for (const [transport, open] of Object.entries(transports)) {
  suite(`over ${transport}`, () => {
    const client = async (t, options) => new Scrypath({ ...(await open(t)), ...options });

    test("an inline write has completed when it returns", async (t) => {
      const search = await client(t);
      const { task, ...result } = await search.syncRecords(Note, notes);
      assert.deepEqual(result, {
        mode: "inline",
        status: "completed",
        documentIds: [1, 2, 3, 4],
        documentCount: 4,
        index: await search.indexName(Note),
      });
      const { uid, raw, ...shape } = task;
      const expected = { status: "succeeded", indexUid: result.index, type: "documentAdditionOrUpdate" };
      assert.deepEqual(shape, expected);
      assert.ok(Number.isInteger(uid));
      assert.equal(raw.status, "succeeded");
      const { hits } = await search.search(Note, "harbour", { sort: [["asc", "title"]] });
      assert.deepEqual(
        hits.map(({ id }) => id),
        [1, 2, 3],
      );
    });

    test("a manual write is accepted when it returns", async (t) => {
      const search = await client(t, { syncMode: "manual" });
      const result = await search.syncRecord(Note, notes[0]);
      assert.deepEqual([result.mode, result.status, result.documentIds], ["manual", "accepted", [1]]);
      assert.equal(result.task.indexUid, await search.indexName(Note));
    });

    test("a write replaces, a delete removes", async (t) => {
      const search = await client(t);
      const titles = async (text) => (await search.search(Note, text)).hits.map(({ title }) => title).sort();
      await search.syncRecords(Note, notes);
      await search.syncRecord(Note, { ...notes[0], title: "Quay" });
      assert.deepEqual(await titles("quay"), ["Quay"]);
      assert.deepEqual(await titles("harbour"), ["Harbour master", "The old harbour"]);
      await search.deleteRecord(Note, notes[0]);
      assert.deepEqual(await titles("quay"), []);
      const deleted = await search.deleteDocuments(Note, [2, 3]);
      assert.deepEqual([deleted.status, deleted.documentIds], ["completed", [2, 3]]);
      await search.deleteDocument(Note, 4);
      assert.deepEqual(await titles(""), []);
    });

    test("a write of nothing is a no-op", async (t) => {
      const search = await client(t);
      const noop = { mode: "inline", status: "noop", documentIds: [], documentCount: 0 };
      assert.deepEqual(await search.syncRecords(Note, []), noop);
      assert.deepEqual(await search.deleteDocuments(Note, []), noop);
    });

    test("hooks decide what is sent, and under which id", async (t) => {
      const Custom = schema({
        name: "Custom",
        fields: ["title"],
        searchDocument: (row) => ({ id: `c-${row.id}`, title: row.title.toUpperCase() }),
        searchDocumentId: (row) => `c-${row.id}`,
      });
      const search = await client(t);
      const { documentIds } = await search.syncRecords(Custom, notes);
      assert.deepEqual(documentIds, ["c-1", "c-2", "c-3", "c-4"]);
      const { hits } = await search.search(Custom, "lighthouse");
      assert.deepEqual(hits, [{ id: "c-4", title: "LIGHTHOUSE" }]);
      await search.deleteRecord(Custom, notes[3]);
      assert.deepEqual((await search.search(Custom, "lighthouse")).hits, []);
    });

    test("10,000 records go in one call, and none is lost", async (t) => {
      const search = await client(t, { inlineTimeout: 60_000 });
      const many = Array.from({ length: 10_000 }, (_, id) => ({ ...notes[id % 4], id, year: id }));
      const { documentCount, status } = await search.syncRecords(Note, many);
      assert.deepEqual([documentCount, status], [10_000, "completed"]);
      const { page } = await search.search(Note, "", { page: { size: 1 }, filter: { year: { gte: 9_000 } } });
      assert.equal(page.totalHits, 1000);
    });
  });
}

test("a key is sent, and a wrong one is refused", async (t) => {
  const right = await server(t, { key: true });
  const search = new Scrypath(right);
  await search.syncRecord(Note, notes[0]);
  for (const meilisearchApiKey of ["a-wrong-key", undefined]) {
    const stranger = new Scrypath({ ...right, meilisearchApiKey });
    await assert.rejects(stranger.search(Note, ""), (error) => {
      assert.ok(error instanceof BackendError);
      assert.ok([401, 403].includes(error.details.status));
      assert.ok(!JSON.stringify(error).includes("wrong-key") && !error.message.includes("wrong-key"));
      return true;
    });
  }
});

test("100,000 ids are deleted in one call", async () => {
  const search = new Scrypath({ meilisearchUrl: `memory:sync-${Math.random()}`, inlineTimeout: 60_000 });
  await search.syncRecords(Note, notes);
  const ids = Array.from({ length: 100_000 }, (_, id) => id);
  const { documentCount, status } = await search.deleteDocuments(Note, ids);
  assert.deepEqual([documentCount, status], [100_000, "completed"]);
  assert.deepEqual((await search.search(Note, "")).hits, []);
});

test("a schema of another document id is written under it", async () => {
  const Page = schema({ name: "Page", fields: ["title"], documentId: "slug" });
  const search = new Scrypath({ meilisearchUrl: `memory:sync-${Math.random()}` });
  const { documentIds } = await search.syncRecord(Page, { slug: "a-1", title: "A" });
  assert.deepEqual(documentIds, ["a-1"]);
  assert.deepEqual((await search.search(Page, "")).hits, [{ slug: "a-1", title: "A" }]);
});
