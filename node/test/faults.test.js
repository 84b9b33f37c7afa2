// Servers that are not there, are not Meilisearch, or do not answer. Every call ends, in an error that
// says which, and shows neither key nor document.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";
import { BackendError, Scrypath, TaskError, TimeoutError, TransportError } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { always, never, peer } from "./support/peer.js";

const KEY = "a-key-nobody-may-see";
const client = (url, options) => new Scrypath({ meilisearchUrl: url, meilisearchApiKey: KEY, ...options });

/** All that a call can fail with, over every verb that talks to a server. */
async function failures(search) {
  const calls = [
    search.search(Note, "harbour"),
    search.suggest(Note, "harbour"),
    search.searchFacetValues(Note, "status", "op"),
    search.syncRecords(Note, notes),
    search.deleteRecord(Note, notes[0]),
    search.deleteDocuments(Note, [1, 2]),
  ];
  const settled = await Promise.allSettled(calls);
  return settled.map(({ status, reason }) => {
    assert.equal(status, "rejected");
    const shown = inspect(reason, { depth: 10 });
    assert.ok(!shown.includes(KEY), shown);
    assert.ok(!shown.includes("lights"), shown);
    return reason;
  });
}

test("a host that is not there", async () => {
  // A port that was free a moment ago.
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  await once(closed, "close");
  const search = client(`http://127.0.0.1:${port}`, { reqOptions: { retry: false } });
  for (const error of await failures(search)) {
    assert.ok(error instanceof TransportError, error);
    assert.equal(error.kind, "transport_error");
    assert.equal(error.retryable, true);
  }
});

test("a server that never answers", async (t) => {
  const { url } = await peer(t, never);
  for (const error of await failures(client(url, { reqOptions: { receiveTimeout: 50, retry: false } }))) {
    assert.ok(error instanceof TransportError, error);
    assert.equal(error.kind, "request_timeout");
  }
});

test("a server that hangs up", async (t) => {
  const { url } = await peer(t, (request) => request.socket.destroy());
  for (const error of await failures(client(url, { reqOptions: { retry: false } }))) {
    assert.ok(error instanceof TransportError, error);
  }
});

test("a server that answers garbage", async (t) => {
  for (const body of ["<html>hello</html>", "", "[]", "7", '"text"', '{"half":']) {
    const { url } = await peer(t, always(200, body));
    for (const error of await failures(client(url))) assert.ok(error instanceof BackendError, error);
  }
});

test("a server that refuses", async (t) => {
  const body = { message: "no", code: "invalid_api_key", type: "auth", link: "" };
  const { url, requests } = await peer(t, always(403, body));
  for (const error of await failures(client(url))) {
    assert.ok(error instanceof BackendError, error);
    assert.equal(error.kind, "http_error");
    assert.equal(error.details.status, 403);
    assert.equal(error.details.code, "invalid_api_key");
    assert.deepEqual(error.details.body, body);
  }
  for (const { headers } of requests) assert.equal(headers.authorization, `Bearer ${KEY}`);
});

/** Answers writes with an enqueued task, and looks at it with the status given. */
const task = (status, error) => (request, response) => {
  const isTask = request.url.startsWith("/tasks");
  const known = { uid: 7, taskUid: 7, indexUid: "scrypath_note", type: "documentDeletion", error };
  const seen = { ...known, status: isTask ? status : "enqueued" };
  const list = request.url.startsWith("/tasks?");
  always(isTask ? 200 : 202, list ? { results: [seen], next: null } : seen)(request, response);
};

test("a reply that breaks a promise says which", async (t) => {
  const { url } = await peer(t, always(200, { hits: "none" }));
  const message = /`hits` is not a list/;
  const search = client(url);
  await assert.rejects(search.search(Note, ""), { kind: "http_error", message });
  await assert.rejects(search.suggest(Note, "x"), { kind: "http_error", message });
});

test("a task that fails", async (t) => {
  const { url } = await peer(t, task("failed", { message: "no", code: "invalid_document_id" }));
  await assert.rejects(client(url).deleteDocument(Note, 1), (error) => {
    assert.ok(error instanceof TaskError);
    assert.equal(error.kind, "task_failed");
    const { raw, ...shape } = error.details.task;
    const expected = { uid: 7, status: "failed", indexUid: "scrypath_note", type: "documentDeletion" };
    assert.deepEqual(shape, expected);
    assert.equal(raw.error.code, "invalid_document_id");
    return true;
  });
});

test("a task that is cancelled", async (t) => {
  const { url } = await peer(t, task("canceled"));
  await assert.rejects(client(url).deleteDocument(Note, 1), (error) => {
    assert.ok(error instanceof TaskError);
    assert.equal(error.kind, "cancelled");
    return true;
  });
});

test("a task that does not end within inlineTimeout", async (t) => {
  const { url } = await peer(t, task("processing"));
  const search = client(url, { inlineTimeout: 20, inlinePollInterval: 5 });
  await assert.rejects(search.deleteDocument(Note, 1), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.kind, "timeout");
    assert.equal(error.details.task.status, "processing");
    return true;
  });
});

test("a task that is none", async (t) => {
  const { url } = await peer(t, always(202, { taskUid: 7, status: "odd" }));
  await assert.rejects(client(url).deleteDocument(Note, 1, { syncMode: "manual" }), (error) => {
    assert.ok(error instanceof BackendError);
    assert.equal(error.kind, "invalid_task_payload");
    assert.equal(error.details.payload.stage, "initial");
    assert.equal(error.details.payload.taskUid, 7);
    assert.deepEqual(error.details.payload.problems, [["status", "unknown"]]);
    return true;
  });
});

test("nothing is sent when anything about a call is wrong", async (t) => {
  const { url, requests } = await peer(t, never);
  const search = client(url);
  const calls = [
    search.search(Note, "harbour", { filter: { colour: "red" } }),
    search.search(Note, "harbour", { colour: "red" }),
    search.search(Note, "harbour", { filter: { status: undefined } }),
    search.search(Note, "harbour", { filter: undefined }),
    search.search(Note, "harbour", { filter: { status: [] } }),
    search.search(Note, "harbour", { filter: { year: Number.NaN } }),
    search.search(Note, "harbour", { filter: { status: () => {} } }),
    search.search(Note, "harbour", { tenantScope: undefined }),
    search.search(Note, "harbour", 7),
    search.search(Note, 7),
    search.search(Note, undefined),
    search.search(Note, "half \ud83d"),
    search.suggest(Note, 7),
    search.suggest(Note, "harbour", { filter: { status: undefined } }),
    search.suggest(Note, "harbour", { limit: undefined }),
    search.syncRecords(Note, [...notes, { id: 5 }]),
    search.syncRecords(Note, [notes[0], { ...notes[1], title: Number.NaN }]),
    search.syncRecords(Note, [notes[0], { ...notes[1], id: "a b" }]),
    search.syncRecords(Note, [notes[0], null]),
    search.syncRecord(Note, notes[0], { syncMode: "later" }),
    search.deleteRecord(Note, { title: "no id" }),
    search.deleteDocument(Note, null),
    search.deleteDocuments(Note, [1, "a b"]),
    search.deleteDocuments(Note, [1, {}]),
  ];
  for (const [at, { status, reason }] of (await Promise.allSettled(calls)).entries()) {
    assert.equal(status, "rejected", `call ${at}`);
    assert.equal(reason.errorClass, "usage", `call ${at}: ${reason}`);
  }
  for (const notAList of ["records", notes[0], null]) {
    await assert.rejects(search.syncRecords(Note, notAList), TypeError);
    await assert.rejects(search.deleteDocuments(Note, notAList), TypeError);
  }
  for (const notASchema of ["Note", { name: "Note" }, null, undefined]) {
    await assert.rejects(search.search(notASchema, ""), { name: "TypeError", message: /must be a schema/ });
    await assert.rejects(search.syncRecords(notASchema, notes), TypeError);
  }
  assert.equal(requests.length, 0);
});

test("a client with wrong options is not made", () => {
  for (const options of [{ colour: 1 }, { inlineTimeout: 0 }, { meilisearchUrl: 7 }, { syncMode: "later" }]) {
    assert.throws(() => new Scrypath(options), { errorClass: "usage" });
  }
});

test("a client without a URL says which option is missing", async () => {
  await assert.rejects(new Scrypath({}).search(Note, ""), {
    kind: "missing_option",
    message: /meilisearchUrl/,
  });
});
