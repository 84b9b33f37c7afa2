import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Scrypath } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { never, peer } from "./support/peer.js";

const worker = (body, workerData) =>
  new Worker(
    new URL(
      `data:text/javascript,${encodeURIComponent(`
        import { parentPort, workerData } from "node:worker_threads";
        const { Scrypath } = await import(workerData.scrypath);
        const { Note, notes } = await import(workerData.notes);
        ${body}`)}`,
    ),
    {
      workerData: {
        scrypath: import.meta.resolve("scrypath"),
        notes: import.meta.resolve("./support/notes.js"),
        ...workerData,
      },
    },
  );

test("workers write and search at once, and share an index in memory by its name", async () => {
  const search = new Scrypath({ meilisearchUrl: "memory:workers" });
  await search.syncRecords(Note, notes);
  const found = await Promise.all(
    [101, 102, 103, 104].map(async (id) => {
      const thread = worker(
        `const search = new Scrypath({ meilisearchUrl: "memory:workers" });
         await search.syncRecord(Note, { ...notes[0], id: workerData.id, title: "Worker " + workerData.id });
         const results = await Promise.all(Array.from({ length: 20 }, () => search.search(Note, "harbour")));
         parentPort.postMessage(results.map(({ hits }) => hits.length));`,
        { id },
      );
      const [[message], exit] = await Promise.all([once(thread, "message"), once(thread, "exit")]);
      assert.deepEqual(exit, [0]);
      return message;
    }),
  );
  assert.deepEqual(found, Array(4).fill(Array(20).fill(3)));
  const { hits } = await search.search(Note, "worker");
  assert.deepEqual(hits.map(({ id }) => id).sort(), [101, 102, 103, 104]);
});

test("a worker that is terminated takes its calls with it", async (t) => {
  const { url, closed } = await peer(t, never);
  const thread = worker(
    `const search = new Scrypath({ meilisearchUrl: workerData.url });
     for (let n = 0; n < 50; n++) search.search(Note, "harbour").catch(() => {});
     parentPort.postMessage("sent");`,
    { url },
  );
  await once(thread, "message");
  await thread.terminate();
  await closed;
  const search = new Scrypath({ meilisearchUrl: "memory:after" });
  const { documentCount } = await search.syncRecords(Note, notes);
  assert.equal(documentCount, notes.length);
});
