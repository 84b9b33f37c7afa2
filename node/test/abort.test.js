import assert from "node:assert/strict";
import { test } from "node:test";
import { Scrypath } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { never, peer } from "./support/peer.js";

test("a call whose signal has aborted sends nothing and rejects with the reason", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url });
  const reason = new Error("gone");
  const signal = AbortSignal.abort(reason);
  for (const call of [
    () => search.search(Note, "", { signal }),
    () => search.suggest(Note, "harb", { signal }),
    () => search.explain(Note, "", { signal }),
    () => search.tenantToken(Note, 1, { signal, apiKeyUid: "" }),
    () => search.syncRecords(Note, notes, { signal }),
    () => search.deleteDocument(Note, 1, { signal }),
  ]) {
    await assert.rejects(call(), reason);
  }
  assert.equal(requests.length, 0);
});

test("aborting ends the request itself, and rejects with the reason", async (t) => {
  const controller = new AbortController();
  const reason = { any: "value" };
  const { url, closed } = await peer(t, () => controller.abort(reason));
  const search = new Scrypath({ meilisearchUrl: url });
  const call = search.search(Note, "", { signal: controller.signal });
  await assert.rejects(call, (error) => error === reason);
  await closed;
});

test("a signal that times out rejects with its TimeoutError", async (t) => {
  const { url } = await peer(t, never);
  const search = new Scrypath({ meilisearchUrl: url });
  const call = search.search(Note, "", { signal: AbortSignal.timeout(20) });
  await assert.rejects(call, { name: "TimeoutError" });
});

test("aborting during hydration rejects with the reason", async (t) => {
  const hit = {
    hits: [{ id: 1 }],
    query: "",
    processingTimeMs: 0,
    limit: 20,
    offset: 0,
    estimatedTotalHits: 1,
  };
  const { url } = await peer(t, (_, response) => response.end(JSON.stringify(hit)));
  const controller = new AbortController();
  const repo = {
    async fetch() {
      controller.abort(new Error("enough"));
      return [{ id: 1 }];
    },
  };
  const search = new Scrypath({ meilisearchUrl: url });
  await assert.rejects(search.search(Note, "", { repo, signal: controller.signal }), { message: "enough" });
});

test("a signal is let go of when its call ends", async () => {
  const { signal } = new AbortController();
  const listening = new Set();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type, listener, options) => {
    listening.add(listener);
    addEventListener.call(signal, type, listener, options);
  };
  signal.removeEventListener = (type, listener) => {
    listening.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  const search = new Scrypath({ meilisearchUrl: "memory:abort" });
  await search.search(Note, "", { signal }).catch(() => {});
  assert.equal(listening.size, 0);
});
