import assert from "node:assert/strict";
import diagnosticsChannel from "node:diagnostics_channel";
import { suite, test } from "node:test";
import { inspect } from "node:util";
import { Scrypath, schema } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { sqlite } from "./support/queue.js";

const KEY = "a-key-nobody-may-see";
const SPANS = [
  "search",
  "hydration",
  "sync.upsert",
  "sync.delete",
  "sync.related",
  "sync.related.resolve",
  "meilisearch.request",
  "meilisearch.task_wait",
];

/** What was published while `work` ran, in order. */
async function published(work) {
  const events = [];
  const listen = (event, channel) => events.push({ ...event, channel });
  const names = SPANS.flatMap((span) =>
    ["start", "stop", "exception"].map((phase) => `scrypath.${span}.${phase}`),
  );
  for (const name of names) diagnosticsChannel.subscribe(name, listen);
  try {
    await work();
  } finally {
    for (const name of names) diagnosticsChannel.unsubscribe(name, listen);
  }
  for (const { name, channel, measurements } of events) {
    assert.equal(name, channel);
    for (const measurement of Object.values(measurements)) assert.equal(typeof measurement, "number");
  }
  const shown = inspect(events, { depth: 10 });
  assert.ok(!shown.includes(KEY) && !shown.includes("Harbour"), shown);
  return events;
}

const search = new Scrypath({ meilisearchUrl: "memory:telemetry", meilisearchApiKey: KEY });
const spans = (events, only) =>
  events.map(({ name }) => name).filter((name) => only.some((span) => name.startsWith(`scrypath.${span}.`)));

test("a write is one span around its requests", async () => {
  const events = await published(() => search.syncRecords(Note, notes));
  assert.equal(events[0].name, "scrypath.sync.upsert.start");
  assert.equal(events.at(-1).name, "scrypath.sync.upsert.stop");
  assert.ok(spans(events, ["meilisearch.request"]).length >= 2);
  const { metadata, measurements } = events.at(-1);
  assert.ok(measurements.duration >= 0);
  assert.deepEqual(
    [metadata.schema, metadata.index, metadata.status, metadata.mode, metadata.document_count],
    ["note", "scrypath_note", "completed", "inline", 4],
  );
});

test("a search without hydration is one span", async () => {
  const events = await published(() => search.search(Note, "harbour"));
  assert.deepEqual(spans(events, ["search", "hydration"]), ["scrypath.search.start", "scrypath.search.stop"]);
  assert.equal(events.at(-1).metadata.hit_count, 3);
});

test("hydration is a span inside that of its search", async () => {
  const repo = { name: "notes", fetch: (_schema, _key, ids) => ids.slice(1).map((id) => ({ id })) };
  const events = await published(() => search.search(Note, "harbour", { repo }));
  assert.deepEqual(spans(events, ["search", "hydration"]), [
    "scrypath.search.start",
    "scrypath.hydration.start",
    "scrypath.hydration.stop",
    "scrypath.search.stop",
  ]);
  const { metadata } = events.at(-1);
  assert.deepEqual([metadata.hit_count, metadata.record_count, metadata.missing_count], [3, 2, 1]);
  assert.equal(metadata.repo, "notes");
});

test("the events of one operation share an object, and no others have it", async () => {
  const repo = { fetch: (_schema, _key, ids) => ids.map((id) => ({ id })) };
  const one = () => search.search(Note, "harbour", { repo });
  const events = await published(() => Promise.all([one(), one(), search.syncRecord(Note, notes[0])]));
  const operations = [...new Set(events.map(({ operation }) => operation))];
  const namesOf = operations.map((operation) => {
    return spans(
      events.filter((event) => event.operation === operation),
      ["search", "hydration", "sync.upsert"],
    );
  });
  const hydrated = [
    "scrypath.search.start",
    "scrypath.hydration.start",
    "scrypath.hydration.stop",
    "scrypath.search.stop",
  ];
  const written = ["scrypath.sync.upsert.start", "scrypath.sync.upsert.stop"];
  assert.deepEqual(
    namesOf.sort((one, other) => other.length - one.length),
    [hydrated, hydrated, written],
  );
});

test("who listens for nothing but partial failures hears of them", async (t) => {
  const heard = [];
  const listen = ({ measurements, metadata }) => heard.push([measurements.count, metadata.failure_count]);
  diagnosticsChannel.subscribe("scrypath.search_many.partial", listen);
  t.after(() => diagnosticsChannel.unsubscribe("scrypath.search_many.partial", listen));
  const Pier = schema({ name: "Pier", fields: ["id"] });
  await search.syncRecord(Pier, { id: 1 });
  const fetch = (of, _key, ids) =>
    of === Pier ? Promise.reject(new Error("down")) : ids.map((id) => ({ id }));
  const entries = [Note, Pier].map((of) => [of, ""]);
  await search.searchMany(entries, { repo: { fetch } });
  assert.deepEqual(heard, [[1, 1]]);
});

test("a repo that fails closes both spans", async () => {
  for (const fetch of [() => Promise.reject(new Error("down")), () => [null]]) {
    const repo = { fetch };
    const events = await published(() => search.search(Note, "harbour", { repo }).catch(() => {}));
    const names = spans(events, ["search", "hydration"]);
    assert.equal(names.filter((name) => name.endsWith(".start")).length, 2);
    assert.equal(names.filter((name) => !name.endsWith(".start")).length, 2);
  }
});

test("a call that is refused before it is sent publishes nothing", async () => {
  const events = await published(() => search.search(Note, "", { colour: 1 }).catch(() => {}));
  assert.deepEqual(events, []);
});

test("a failed call says of which kind", async () => {
  const nowhere = new Scrypath({ meilisearchUrl: "http://127.0.0.1:9", reqOptions: { retry: false } });
  const events = await published(() => nowhere.search(Note, "").catch(() => {}));
  assert.equal(events.at(-1).name, "scrypath.search.stop");
  assert.equal(events.at(-1).metadata.error_kind, "transport");
});

test("a resolver that is called now is a span, and the write follows", async () => {
  const Crew = schema({
    name: "Crew",
    fields: ["id"],
    fanOuts: {
      notes: { target: Note, resolver: () => notes },
      broken: { target: Note, resolver: () => Promise.reject(new RangeError("Harbour")) },
    },
  });
  const related = (fanOut) => search.syncRelated(Crew, [{ id: 1 }, { id: 2 }], { fanOut });
  const [start, stop, next] = await published(() => related("notes"));
  assert.deepEqual(
    [start, stop, next].map(({ name }) => name),
    ["sync.related.resolve.start", "sync.related.resolve.stop", "sync.upsert.start"].map(
      (name) => `scrypath.${name}`,
    ),
  );
  const about = { schema: "crew", index: "scrypath_crew", fan_out: "notes", sync_mode: "inline" };
  assert.deepEqual(start.metadata, { backend: "meilisearch", document_count: 2, ...about });
  assert.deepEqual(stop.metadata, { ...start.metadata, document_count: 4 });

  const [, raised, ...more] = await published(() => assert.rejects(related("broken"), RangeError));
  assert.deepEqual(more, []);
  assert.equal(raised.name, "scrypath.sync.related.resolve.exception");
  assert.equal(raised.metadata.error_kind, "resolver");
  assert.ok(raised.measurements.duration >= 0);
});

suite("enqueueing", () => {
  const queued = { syncMode: "oban", obanQueue: "search" };
  const told = ({ name, metadata }) => [
    name,
    metadata.schema,
    metadata.sync_mode ?? metadata.mode,
    metadata.document_count,
    metadata.status,
  ];
  const Author = schema({
    name: "Author",
    fields: ["id"],
    fanOuts: { notes: { target: Note, resolver: () => notes } },
  });
  const calls = {
    "sync.upsert": ["note", 4, (options) => search.syncRecords(Note, notes, options)],
    "sync.delete": ["note", 1, (options) => search.deleteRecord(Note, notes[0], options)],
    "sync.related": [
      "author",
      1,
      (options) => search.syncRelated(Author, { id: 1 }, { fanOut: "notes", ...options }),
    ],
  };

  for (const [span, [of, count, call]] of Object.entries(calls)) {
    test(`is a span ${span}, whose end says that a job was asked for`, async (t) => {
      const { db } = await sqlite(t);
      const events = await published(() => call({ ...queued, connection: db }));
      assert.deepEqual(events.map(told), [
        [`scrypath.${span}.start`, of, "oban", count, undefined],
        [`scrypath.${span}.stop`, of, "oban", count, "requested"],
      ]);
      const [start, stop] = events;
      assert.ok(start.measurements.system_time > 0 && stop.measurements.duration >= 0);
      assert.equal(start.operation, stop.operation);
    });
  }

  test("of nothing is a span too; a call that is refused publishes none", async () => {
    const empty = await published(() => search.syncRecords(Note, [], queued));
    assert.deepEqual(empty.map(told).at(-1), ["scrypath.sync.upsert.stop", "note", "oban", 0, "noop"]);
    const refused = await published(() =>
      search.deleteDocument(Note, 1, { ...queued, obanQueue: null }).catch(() => {}),
    );
    assert.deepEqual(refused, []);
  });

  test("a related job is run as an enqueueing of its target", async (t) => {
    const { db } = await sqlite(t);
    await search.syncRelated(Author, { id: 1 }, { fanOut: "notes", ...queued, connection: db });
    db.exec("BEGIN");
    const events = await published(() => search.workRelated({ queue: "search", connection: db }));
    db.exec("COMMIT");
    assert.deepEqual(events.map(told), [
      ["scrypath.sync.upsert.start", "note", "oban", 4, undefined],
      ["scrypath.sync.upsert.stop", "note", "oban", 4, "requested"],
    ]);
  });
});
