// Related sync, as it is called: an author changes, and the documents of the author's books with it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { suite, test } from "node:test";
import { QueueError, Scrypath, schema, schemaFromJson, schemaJson, UsageError } from "scrypath";
import {
  authors,
  authorsOf,
  Book,
  jobsOf,
  KEY,
  queued,
  RELATED,
  search,
  written,
} from "./support/authors.js";
import { sqlite } from "./support/queue.js";

suite("inline and manual", () => {
  const here = () => new Scrypath({ meilisearchUrl: `memory:${randomUUID()}` });

  test("what the resolver finds by the ids is written, and the result is that of the write", async () => {
    const asked = [];
    const Author = authorsOf(async (ids, context) => {
      asked.push([ids, context]);
      return written(ids);
    });
    const client = here();
    const result = await client.syncRelated(Author, authors, { fanOut: "books" });
    assert.deepEqual(asked, [[[7, 8], { connection: undefined }]]);
    const { mode, status, documentIds, documentCount, index } = result;
    assert.deepEqual(
      { mode, status, documentIds, documentCount, index },
      {
        mode: "inline",
        status: "completed",
        documentIds: [1, 2, 3],
        documentCount: 3,
        index: "scrypath_book",
      },
    );
    const { hits } = await client.search(Book, "ann");
    assert.deepEqual(hits.map(({ id }) => id).sort(), [1, 2]);
    const later = await client.syncRelated(Author, authors, { fanOut: "books", syncMode: "manual" });
    assert.deepEqual([later.mode, later.status, later.documentCount], ["manual", "accepted", 3]);
  });

  test("one record is a list of one, and a resolver need not wait", async () => {
    const Author = authorsOf((ids) => written(ids));
    const { documentIds } = await here().syncRelated(Author, authors[1], { fanOut: "books" });
    assert.deepEqual(documentIds, [3]);
  });

  test("for no records nothing is called; for no related ones nothing is sent", async () => {
    const noop = { mode: "inline", status: "noop", documentIds: [], documentCount: 0 };
    const client = new Scrypath({ meilisearchUrl: queued.meilisearchUrl });
    const Silent = authorsOf(() => assert.fail("called"));
    assert.deepEqual(await client.syncRelated(Silent, [], { fanOut: "books" }), noop);
    const Bookless = authorsOf(() => []);
    assert.deepEqual(await client.syncRelated(Bookless, authors, { fanOut: "books" }), noop);
  });

  test("ids are those of documents: what a hook makes of a record", async () => {
    const Author = authorsOf((ids) => [{ id: 1, title: ids.join(), author: "x" }], {
      searchDocument: ({ id }) => ({ id: `a-${id}` }),
      searchDocumentId: ({ id }) => `a-${id}`,
    });
    const client = here();
    await client.syncRelated(Author, authors, { fanOut: "books" });
    const { hits } = await client.search(Book, "");
    assert.equal(hits[0].title, "a-7,a-8");
  });

  test("two schemas may refer to each other, and a declaration from JSON has fan-outs too", async () => {
    const Left = schema({
      name: "Left",
      fields: ["id"],
      fanOuts: { right: { target: () => Right, resolver: (ids) => ids.map((id) => ({ id: id + 1 })) } },
    });
    const Right = schemaFromJson(schemaJson(schema({ name: "Right", fields: ["id"] })), {
      fanOuts: { left: { target: Left, resolver: (ids) => ids.map((id) => ({ id: id - 1 })) } },
    });
    const client = here();
    const there = await client.syncRelated(Left, { id: 1 }, { fanOut: "right" });
    const back = await client.syncRelated(Right, { id: 2 }, { fanOut: "left" });
    assert.deepEqual(
      [there, back].map(({ index, documentIds }) => [index, documentIds]),
      [
        ["scrypath_right", [2]],
        ["scrypath_left", [1]],
      ],
    );
  });

  test("what the resolver throws, and what the write is refused for, is the call's", async () => {
    const thrown = new RangeError("the application's own");
    const failing = authorsOf(async () => {
      throw thrown;
    });
    await assert.rejects(
      here().syncRelated(failing, authors, { fanOut: "books" }),
      (error) => error === thrown,
    );
    const incomplete = authorsOf(() => [{ title: "no id" }]);
    await assert.rejects(here().syncRelated(incomplete, authors, { fanOut: "books" }), {
      kind: "projection_field_missing",
    });
    const listless = authorsOf(() => ({ id: 1 }));
    await assert.rejects(here().syncRelated(listless, authors, { fanOut: "books" }), {
      name: "UsageError",
      kind: "invalid_option",
      message: /array/,
    });
    const signal = AbortSignal.abort("no longer wanted");
    const aborted = here().syncRelated(failing, authors, { fanOut: "books", signal });
    await assert.rejects(aborted, (reason) => reason === "no longer wanted");
  });

  test("a connection is for jobs", async () => {
    const connection = { dialect: "sqlite", query: () => assert.fail("executed") };
    const Author = authorsOf(() => assert.fail("called"));
    for (const syncMode of ["inline", "manual"]) {
      const call = here().syncRelated(Author, authors, { fanOut: "books", connection, syncMode });
      await assert.rejects(call, { kind: "invalid_option", message: new RegExp(syncMode) });
    }
  });
});

suite("a fan-out that is not declared is refused, by its name, the schema's, and those that are:", () => {
  const connection = { dialect: "sqlite", query: () => assert.fail("executed") };
  const Author = authorsOf(() => assert.fail("called"), {
    fanOuts: {
      books: { target: Book, resolver: () => assert.fail("called") },
      letters: { target: Book, resolver: () => assert.fail("called") },
    },
  });
  const refused = async (of, options, kind, ...words) => {
    for (const mode of [{ syncMode: "inline" }, { syncMode: "manual" }, { connection }]) {
      await assert.rejects(search.syncRelated(of, authors, { ...mode, ...options }), (error) => {
        assert.ok(error instanceof UsageError, error);
        assert.deepEqual([error.kind, error.details.name], [kind, "fan_out"]);
        for (const word of ["fanOut", ...words])
          assert.ok(error.message.includes(word), `${word}: ${error.message}`);
        return true;
      });
    }
  };

  test("missing", () => refused(Author, {}, "missing_option", "author", "books, letters"));
  test("another", () =>
    refused(Author, { fanOut: "plays" }, "invalid_option", "plays", "author", "books, letters"));
  test("one of a prototype", () =>
    refused(Author, { fanOut: "toString" }, "invalid_option", "toString", "books"));
  test("of a schema without any", () =>
    refused(Book, { fanOut: "authors" }, "invalid_option", "authors", "book", "no fan-outs"));
});
suite("enqueued", () => {
  test("is one job with the ids, and the resolver is not called", async (t) => {
    const { db } = await sqlite(t);
    const Author = authorsOf(() => assert.fail("called"));
    db.exec("BEGIN");
    const result = await search.syncRelated(Author, authors, {
      fanOut: "books",
      connection: db,
      indexPrefix: "t7",
    });
    assert.ok(db.inTransaction);
    db.exec("COMMIT");
    assert.deepEqual(result, {
      mode: "oban",
      status: "accepted",
      documentIds: [7, 8],
      documentCount: 2,
      oban: { queue: "search", maxAttempts: 8 },
      job: { id: 1, worker: RELATED, queue: "search", state: "available", attempt: 0, maxAttempts: 8 },
    });
    const [{ args }, ...others] = jobsOf(db);
    assert.deepEqual(others, []);
    const { schema: name, document_ids, fan_out, opts } = JSON.parse(args);
    assert.deepEqual([name, document_ids, fan_out], ["author", [7, 8], "books"]);
    assert.deepEqual([opts.index_prefix, opts.meilisearch_url], ["t7", queued.meilisearchUrl]);
    assert.ok(!args.includes(KEY));
  });

  test("is gone with the transaction, and is nothing for no records", async (t) => {
    const { db } = await sqlite(t);
    const Author = authorsOf(() => assert.fail("called"));
    db.exec("BEGIN");
    await search.syncRelated(Author, authors[0], { fanOut: "books", connection: db });
    db.exec("ROLLBACK");
    const noop = { mode: "oban", status: "noop", documentIds: [], documentCount: 0 };
    assert.deepEqual(await search.syncRelated(Author, [], { fanOut: "books", connection: db }), noop);
    assert.deepEqual(jobsOf(db), []);
    await assert.rejects(search.syncRelated(Author, authors, { fanOut: "books" }), (error) => {
      return error instanceof QueueError && error.kind === "queue_unavailable";
    });
  });
});
