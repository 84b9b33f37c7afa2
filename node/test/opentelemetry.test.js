// Spans as the SDK of OpenTelemetry exports them.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Scrypath, schema } from "scrypath";
import { traceWithOpenTelemetry } from "scrypath/opentelemetry";
import { Note, notes } from "./support/notes.js";
import { withStub } from "./support/stub.js";

const KEY = "a-key-nobody-may-see";
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = tracerProvider.getTracer("application");
const search = new Scrypath({ meilisearchUrl: "memory:opentelemetry", meilisearchApiKey: KEY });
const rows = { name: "notes", fetch: (_schema, _key, ids) => ids.map((id) => ({ id })) };

let end;
before(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await search.syncRecords(Note, notes);
});
after(() => context.disable());
beforeEach(() => {
  exporter.reset();
  end = traceWithOpenTelemetry({ tracerProvider });
});
afterEach(() => end());

/** The spans that ended, each under its parent. */
function spanned() {
  const spans = exporter.getFinishedSpans();
  const shown = inspect(
    spans.map(({ name, attributes, status, events }) => ({ name, attributes, status, events })),
    { depth: 10 },
  );
  assert.ok(!shown.includes(KEY) && !shown.includes("Harbour"), shown);
  const under = (parent) =>
    spans
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanContext().spanId)
      .map((span) => ({ span, name: span.name, inner: under(span) }));
  return under(undefined);
}

const names = (trees) => trees.map(({ name, inner }) => (inner.length > 0 ? [name, ...names(inner)] : name));
const nanoseconds = ([seconds, nanos]) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

test("a search is a span around its request", async () => {
  const [earliest, monotonic] = [Date.now(), process.hrtime.bigint()];
  await search.search(Note, "harbour", { filter: { status: "open" } });
  const took = process.hrtime.bigint() - monotonic;
  const trees = spanned();
  assert.deepEqual(names(trees), [["scrypath.search", "scrypath.meilisearch.request"]]);
  const [{ span, inner }] = trees;
  assert.equal(span.instrumentationScope.name, "scrypath");
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  const { "scrypath.index": index, ...attributes } = span.attributes;
  assert.deepEqual(attributes, {
    "scrypath.schema": "note",
    "scrypath.backend": "meilisearch",
    "scrypath.sync_mode": "inline",
    "scrypath.hit_count": 2,
    "scrypath.record_count": 0,
    "scrypath.missing_count": 0,
  });
  assert.equal(index, "scrypath_note");
  assert.equal(inner[0].span.attributes["scrypath.method"], "POST");
  assert.equal(inner[0].span.attributes["scrypath.status_code"], 200);
  const [from, to] = [span.startTime, span.endTime].map(nanoseconds);
  assert.ok(from >= BigInt(earliest) * 1_000_000n, "it starts when the call does");
  assert.ok(to > from && to - from <= took, "it takes as long as the call does");
  assert.equal(nanoseconds(span.duration), to - from);
  assert.ok(nanoseconds(inner[0].span.startTime) >= from);
});

test("the outermost span is a child of that which was active", async () => {
  await tracer.startActiveSpan("handler", async (handler) => {
    await search.search(Note, "harbour", { repo: rows });
    await search.syncRecord(Note, notes[0]);
    handler.end();
  });
  const [[handler, found, written], ...others] = names(spanned());
  assert.deepEqual(others, []);
  assert.deepEqual(
    [handler, found],
    ["handler", ["scrypath.search", "scrypath.meilisearch.request", "scrypath.hydration"]],
  );
  assert.equal(written[0], "scrypath.sync.upsert");
  assert.ok(written.some((inner) => [inner].flat()[0] === "scrypath.meilisearch.task_wait"));
});

/** What others can wait for. */
function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

for (const crossed of [false, true]) {
  test(`searches that are hydrated at once are told apart, ${crossed ? "crossed" : "nested"}`, async () => {
    const [firstAsked, secondAsked, firstDone, secondDone] = Array.from({ length: 4 }, gate);
    const run = (name, text, { asked, until, done }) =>
      tracer.startActiveSpan(`handler of ${name}`, async (handler) => {
        const fetch = async (_schema, _key, ids) => {
          asked.open();
          await until;
          return ids.slice(1).map((id) => ({ id }));
        };
        await search.search(Note, text, { repo: { name, fetch } });
        handler.end();
        done.open();
      });
    const until = crossed ? secondAsked.opened : secondDone.opened;
    const first = run("first", "harbour", { asked: firstAsked, until, done: firstDone });
    await firstAsked.opened;
    const second = run("second", "lighthouse", {
      asked: secondAsked,
      until: crossed ? firstDone.opened : undefined,
      done: secondDone,
    });
    await Promise.all([first, second]);
    const trees = spanned();
    const inOrder = ["handler of first", "handler of second"];
    assert.deepEqual(
      trees.map(({ name }) => name),
      crossed ? inOrder : inOrder.reverse(),
    );
    for (const { name, inner } of trees) {
      assert.deepEqual(names(inner), [
        ["scrypath.search", "scrypath.meilisearch.request", "scrypath.hydration"],
      ]);
      const hits = name === "handler of first" ? 3 : 1;
      for (const { attributes } of [inner[0].span, inner[0].inner[1].span]) {
        assert.equal(attributes["scrypath.repo"], name.slice("handler of ".length));
        assert.equal(attributes["scrypath.hit_count"], hits);
        assert.equal(attributes["scrypath.record_count"], hits - 1);
      }
    }
  });
}

test("what failed is an error of its kind", async () => {
  const nowhere = new Scrypath({ meilisearchUrl: "http://127.0.0.1:9", reqOptions: { retry: false } });
  await assert.rejects(nowhere.search(Note, ""));
  const [{ span, inner }] = spanned();
  for (const { status, attributes } of [span, inner[0].span]) {
    assert.deepEqual(status, { code: SpanStatusCode.ERROR, message: "transport" });
    assert.equal(attributes["scrypath.error_kind"], "transport");
  }
});

test("a resolver that throws ends its span", async () => {
  const resolver = () => Promise.reject(new RangeError("Harbour"));
  const Crew = schema({ name: "Crew", fields: ["id"], fanOuts: { notes: { target: Note, resolver } } });
  await assert.rejects(search.syncRelated(Crew, { id: 1 }, { fanOut: "notes" }), RangeError);
  const [{ span }] = spanned();
  assert.equal(span.name, "scrypath.sync.related.resolve");
  assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: "resolver" });
});

test("rows that fail end their spans, also where the call was aborted", async () => {
  const down = { fetch: () => Promise.reject(new Error("down")) };
  await assert.rejects(search.search(Note, "harbour", { repo: down }));
  const controller = new AbortController();
  const aborting = {
    fetch() {
      controller.abort(new Error("enough"));
      return [];
    },
  };
  const options = { repo: aborting, signal: controller.signal };
  await assert.rejects(search.searchMany([[Note, "harbour"]], options), { message: "enough" });
  assert.deepEqual(names(spanned()), [
    ["scrypath.search", "scrypath.meilisearch.request", "scrypath.hydration"],
    ["scrypath.search_many", "scrypath.meilisearch.request", "scrypath.hydration"],
  ]);
});

test("many searches are one span; that some failed is an event of it", async () => {
  const failed = { status: 404, body: { message: "no", code: "index_not_found", type: "invalid_request" } };
  const noFederation = {
    status: 400,
    body: { message: "Unknown field `federation`", code: "bad_request", type: "invalid_request" },
  };
  const answers = [noFederation, failed, { body: { hits: [{ id: 1 }] } }];
  await withStub({ search: answers }, async (meilisearchUrl) => {
    const many = new Scrypath({ meilisearchUrl, reqOptions: { retry: false } });
    const entries = [
      [Note, "a"],
      [Note, "b"],
    ];
    await many.searchMany(entries, { repo: rows });
  });
  const request = "scrypath.meilisearch.request";
  const trees = spanned();
  assert.deepEqual(names(trees), [["scrypath.search_many", request, request, request, "scrypath.hydration"]]);
  const [{ name, attributes }] = trees[0].span.events;
  assert.equal(name, "scrypath.search_many.partial");
  assert.deepEqual(attributes, { "scrypath.failure_count": 1 });
});

test("what began before anybody listened is left out, and nothing comes after the end", async () => {
  end();
  const listening = [];
  const repo = {
    fetch(_schema, _key, ids) {
      listening.push(traceWithOpenTelemetry({ tracerProvider }));
      return ids.map((id) => ({ id }));
    },
  };
  await search.search(Note, "harbour", { repo });
  assert.deepEqual(names(spanned()), ["scrypath.hydration"]);
  for (const end of listening) end();
  exporter.reset();
  await search.search(Note, "harbour");
  assert.deepEqual(spanned(), []);
});

test("without a provider it is the registered one, whenever it was registered", async (t) => {
  end();
  t.after(traceWithOpenTelemetry());
  trace.setGlobalTracerProvider(tracerProvider);
  t.after(() => trace.disable());
  await search.search(Note, "harbour");
  assert.deepEqual(names(spanned()), [["scrypath.search", "scrypath.meilisearch.request"]]);
});
