// Related sync: an author changes, and the documents of the author's books with it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import { drizzle as drizzleSqlite } from "drizzle-orm/better-sqlite3";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import knex from "knex";
import pg from "pg";
import { QueueError, Scrypath, schema, schemaFromJson, schemaJson, UsageError } from "scrypath";
import { eventually } from "./support/eventually.js";
import { install, sqlite, work } from "./support/queue.js";
import { server } from "./support/server.js";

const { SCRYPATH_TEST_POSTGRES } = process.env;
const run = promisify(execFile);
const KEY = "a key that no job may hold";
/** Nothing listens there: whatever asks a backend fails. */
const queued = { meilisearchUrl: "http://127.0.0.1:1", syncMode: "oban", obanQueue: "search" };
const search = new Scrypath({ ...queued, meilisearchApiKey: KEY });

const Book = schema({ name: "Book", fields: ["id", "title", "author"] });
const books = [
  { id: 1, title: "The Harbour", author_id: 7 },
  { id: 2, title: "The Quay", author_id: 7 },
  { id: 3, title: "The Fell", author_id: 8 },
];
const authors = [
  { id: 7, name: "Ann" },
  { id: 8, name: "Bea" },
];

/** Authors whose books `resolver` finds. Each declaration is the last under its name. */
const authorsOf = (resolver, more = {}) =>
  schema({ name: "Author", fields: ["id", "name"], fanOuts: { books: { target: Book, resolver } }, ...more });
const bookOf = ({ id, title, author_id }) => ({
  id,
  title,
  author: authors.find((one) => one.id === author_id).name,
});
const written = (ids) => books.filter(({ author_id }) => ids.includes(author_id)).map(bookOf);

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

const jobsOf = (db, worker = "%") =>
  db.prepare("SELECT * FROM oban_jobs WHERE worker LIKE ? ORDER BY id").all(`%${worker}`);
const RELATED = "Scrypath.Sync.RelatedWorker";

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

/** Runs `work` between BEGIN and COMMIT; gives what it gives. */
async function transaction(db, work) {
  db.exec("BEGIN IMMEDIATE");
  try {
    const given = await work();
    db.exec("COMMIT");
    return given;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** A database with authors and books, and jobs for authors. */
async function library(t) {
  const { db, file, url } = await sqlite(t);
  db.exec("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER)");
  const insert = db.prepare("INSERT INTO books VALUES (?, ?, ?)");
  for (const { id, title, author_id } of books) insert.run(id, title, author_id);
  const find = (ids) =>
    db
      .prepare("SELECT * FROM books WHERE author_id IN (SELECT value FROM json_each(?))")
      .all(JSON.stringify(ids));
  const enqueue = (client, of, records) =>
    client.syncRelated(of, records, { fanOut: "books", connection: db });
  return { db, file, url, find, enqueue };
}

suite("workRelated over SQLite", () => {
  test("asks the resolver on the connection, enqueues the target there, and completes the job", async (t) => {
    const { db, url, find, enqueue } = await library(t);
    const backend = await server(t);
    const client = new Scrypath({ ...queued, ...backend });
    const asked = [];
    const Author = authorsOf(async (ids, { connection }) => {
      asked.push([ids, connection === db]);
      return find(ids).map(bookOf);
    });
    await enqueue(client, Author, authors[0]);
    await enqueue(client, Author, authors[1]);
    const jobs = await transaction(db, () => client.workRelated({ queue: "search", connection: db }));
    assert.equal(jobs, 2);
    assert.deepEqual(asked, [
      [[7], true],
      [[8], true],
    ]);
    assert.deepEqual(
      jobsOf(db, "RelatedWorker").map(({ state, attempt }) => [state, attempt]),
      [
        ["completed", 1],
        ["completed", 1],
      ],
    );
    const upserts = jobsOf(db, "UpsertWorker");
    assert.deepEqual(
      upserts.map(({ queue, state, args }) => [queue, state, JSON.parse(args).document_ids]),
      [
        ["search", "available", [1, 2]],
        ["search", "available", [3]],
      ],
    );
    assert.equal(await transaction(db, () => client.workRelated({ queue: "search", connection: db })), 0);
    await work(url, backend.meilisearchUrl, "search");
    const { hits } = await client.search(Book, "ann");
    assert.deepEqual(hits.map(({ title }) => title).sort(), ["The Harbour", "The Quay"]);
  });

  test("keeps to the job's own index prefix and server", async (t) => {
    const { db, enqueue } = await library(t);
    const Author = authorsOf(written);
    const there = { ...queued, meilisearchUrl: "http://127.0.0.2:1", indexPrefix: "t9" };
    await enqueue(new Scrypath(there), Author, authors[0]);
    await transaction(db, () => search.workRelated({ queue: "search", connection: db }));
    const { index, meilisearch_url } = JSON.parse(jobsOf(db, "UpsertWorker")[0].args);
    assert.deepEqual([index, meilisearch_url], ["t9_book", "http://127.0.0.2:1"]);
  });

  test("all of it is rolled back with the transaction", async (t) => {
    const { db, enqueue } = await library(t);
    await enqueue(search, authorsOf(written), authors);
    const thrown = transaction(db, async () => {
      await search.workRelated({ queue: "search", connection: db });
      throw new Error("the application's own");
    });
    await assert.rejects(thrown, /the application's own/);
    assert.deepEqual(
      jobsOf(db).map(({ worker, state, attempt }) => [worker, state, attempt]),
      [[RELATED, "available", 0]],
    );
  });

  test("one that throws is tried again later; what it did is undone, and the others go on", async (t) => {
    const { db, enqueue } = await library(t);
    const thrown = new RangeError("secret contents of a record");
    const Author = authorsOf(async (ids) => {
      if (!ids.includes(7)) return written(ids);
      db.prepare("INSERT INTO books VALUES (9, 'half a job', 7)").run();
      throw thrown;
    });
    await enqueue(search, Author, authors[0]);
    await enqueue(search, Author, authors[1]);
    const failures = [];
    const onFailure = (failure) => failures.push(failure);
    const options = { queue: "search", connection: db, onFailure };
    assert.equal(await transaction(db, () => search.workRelated(options)), 2);
    const [failed, done] = jobsOf(db, "RelatedWorker");
    assert.deepEqual([failed.state, failed.attempt, done.state], ["retryable", 1, "completed"]);
    assert.equal(db.prepare("SELECT count(*) AS half FROM books WHERE id = 9").get().half, 0);
    assert.equal(jobsOf(db, "UpsertWorker").length, 1);
    const [{ error, reason, jobId, queue }] = failures;
    assert.equal(error, thrown);
    assert.deepEqual([failures.length, jobId, queue], [1, failed.id, "search"]);
    assert.match(reason, /^RangeError was thrown at related\.test\.js:\d+$/);
    assert.ok(failed.errors.includes(reason), failed.errors);
    assert.ok(!failed.errors.includes("secret"));
    // It is not due yet.
    assert.equal(await transaction(db, () => search.workRelated(options)), 0);
  });

  test("so is one whose target is refused, and one that nobody here declares", async (t) => {
    const { db, enqueue } = await library(t);
    const reasons = [];
    const options = { queue: "search", connection: db, onFailure: ({ reason }) => reasons.push(reason) };
    const Author = authorsOf(() => [{ title: "no id" }]);
    await enqueue(search, Author, authors[0]);
    await transaction(db, () => search.workRelated(options));
    const Other = schema({ name: "Elsewhere", fields: ["id"], fanOuts: Author.config.fanOuts });
    for (const schemas of [[], [Author]]) {
      await enqueue(search, Other, authors[0]);
      await transaction(db, () => search.workRelated({ ...options, schemas }));
    }
    const Renamed = schema({
      name: "Elsewhere",
      fields: ["id"],
      fanOuts: { volumes: { target: Book, resolver: written } },
    });
    await enqueue(search, Other, authors[0]);
    await transaction(db, () => search.workRelated({ ...options, schemas: [Renamed] }));
    assert.match(reasons[0], /^projection_field_missing: /);
    assert.deepEqual(reasons.slice(1), [
      "this program declares no schema elsewhere with fanOuts",
      "this program declares no schema elsewhere with fanOuts",
      "elsewhere declares no fan-out books in this program",
    ]);
    assert.deepEqual([...new Set(jobsOf(db).map(({ state }) => state))], ["retryable"]);
  });

  test("one that fails on its last attempt is given up", async (t) => {
    const { db } = await library(t);
    const Author = authorsOf(() => {
      throw "no error at all";
    });
    const once = { fanOut: "books", connection: db, obanMaxAttempts: 1 };
    await search.syncRelated(Author, authors[0], once);
    await transaction(db, () => search.workRelated({ queue: "search", connection: db, onFailure() {} }));
    const [{ state, errors }] = jobsOf(db);
    assert.equal(state, "discarded");
    assert.ok(errors.includes("a string was thrown"), errors);
  });

  test("one that cannot be read is cancelled, and says why", async (t) => {
    const { db } = await library(t);
    const insert = db.prepare("INSERT INTO oban_jobs (queue, worker, args) VALUES ('search', ?, ?)");
    insert.run(RELATED, '{"schema": "author"}');
    insert.run(RELATED, '{"version": 9}');
    assert.equal(await transaction(db, () => search.workRelated({ queue: "search", connection: db })), 2);
    assert.deepEqual(
      jobsOf(db).map(({ state, errors }) => [state, /invalid_fan_out|unknown_version/.exec(errors)?.[0]]),
      [
        ["cancelled", "invalid_fan_out"],
        ["cancelled", "unknown_version"],
      ],
    );
  });

  test("takes the oldest that are due, of its queue, and no others' jobs", async (t) => {
    const { db, enqueue } = await library(t);
    const Author = authorsOf(written);
    await enqueue(search, Author, authors[0]);
    await enqueue(search, Author, authors[1]);
    await search.syncRecord(Book, bookOf(books[0]), { connection: db });
    await search.syncRelated(Author, authors, { fanOut: "books", connection: db, obanQueue: "slow" });
    db.prepare("INSERT INTO oban_jobs (queue, worker, state, scheduled_at) VALUES (?, ?, ?, ?)").run(
      "search",
      RELATED,
      "scheduled",
      "2999-01-01T00:00:00.000000",
    );
    const states = () => jobsOf(db, "RelatedWorker").map(({ state }) => state);
    const options = { queue: "search", connection: db };
    assert.equal(await transaction(db, () => search.workRelated({ ...options, limit: 1 })), 1);
    assert.deepEqual(states(), ["completed", "available", "available", "scheduled"]);
    assert.equal(await transaction(db, () => search.workRelated(options)), 1);
    assert.deepEqual(states(), ["completed", "completed", "available", "scheduled"]);
  });

  test("goes through the fan-outs in one order, whatever that of the jobs: each is locked", async (t) => {
    const { db } = await library(t);
    const order = [];
    const noting = (name) => ({ target: Book, resolver: ([id]) => order.push(`${name} ${id}`) && [] });
    const Author = authorsOf(undefined, { fanOuts: { plays: noting("plays"), books: noting("books") } });
    for (const [fanOut, author] of [
      ["plays", authors[0]],
      ["books", authors[1]],
      ["plays", authors[1]],
      ["books", authors[0]],
    ]) {
      await search.syncRelated(Author, author, { fanOut, connection: db });
    }
    await transaction(db, () => search.workRelated({ queue: "search", connection: db }));
    assert.deepEqual(order, ["books 8", "books 7", "plays 7", "plays 8"]);
  });

  test("warns on the console of what failed, where nobody listens", async (t) => {
    const { db, file, enqueue } = await library(t);
    await enqueue(search, authorsOf(written), authors);
    const source = `
      import Database from "better-sqlite3";
      import { Scrypath } from "scrypath";
      const db = new Database(${JSON.stringify(file)});
      db.exec("BEGIN IMMEDIATE");
      await new Scrypath(${JSON.stringify(queued)}).workRelated({ queue: "search", connection: db });
      db.exec("COMMIT");`;
    const { stderr } = await run(process.execPath, ["--input-type=module", "-e", source]);
    assert.equal(
      stderr,
      "scrypath: related job 1 of queue search failed: this program declares no schema author with fanOuts\n",
    );
    assert.equal(jobsOf(db)[0].state, "retryable");
  });

  test("on a transaction of Knex, on Drizzle, and on an adapter", async (t) => {
    const { db, file, enqueue } = await library(t);
    const database = knex({
      client: "better-sqlite3",
      connection: { filename: file },
      useNullAsDefault: true,
    });
    t.after(() => database.destroy());
    const ways = {
      knex: (work) => database.transaction(work),
      drizzle: (work) => transaction(db, () => work(drizzleSqlite(db))),
      adapter: (work) => {
        const query = (text, parameters) => {
          const statement = db.prepare(text);
          return statement.reader ? statement.all(...parameters) : statement.run(...parameters);
        };
        return transaction(db, () => work({ dialect: "sqlite", query }));
      },
    };
    const find = {
      knex: (trx, ids) => trx("books").whereIn("author_id", ids),
      drizzle: (tx, ids) =>
        tx.all(
          sql`SELECT * FROM books WHERE author_id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
        ),
      adapter: ({ query }, ids) => query(`SELECT * FROM books WHERE author_id IN (${ids.join()})`, []),
    };
    for (const way of Object.keys(ways)) {
      const Author = authorsOf(async (ids, { connection }) => {
        if (ids.includes(8)) throw new Error(way);
        return (await find[way](connection, ids)).map(bookOf);
      });
      await enqueue(search, Author, authors[0]);
      await enqueue(search, Author, authors[1]);
      const before = jobsOf(db, "UpsertWorker").length;
      const worked = await ways[way]((connection) =>
        search.workRelated({ queue: "search", connection, onFailure() {} }),
      );
      assert.equal(worked, 2, way);
      const [done, failed] = jobsOf(db, "RelatedWorker").slice(-2);
      const upserts = jobsOf(db, "UpsertWorker").slice(before);
      assert.deepEqual([done.state, failed.state, upserts.length], ["completed", "retryable", 1], way);
      assert.deepEqual(JSON.parse(upserts[0].args).document_ids, [1, 2]);
    }
  });
});

suite("workRelated is refused, and nothing executed:", () => {
  const untouched = { dialect: "sqlite", query: () => assert.fail("executed") };
  const refused = (options, Class, kind, word) =>
    assert.rejects(search.workRelated(options), (error) => {
      assert.ok(error instanceof Class, error);
      assert.equal(error.kind, kind);
      assert.ok(error.message.includes(word), error.message);
      return true;
    });

  test("without a queue, or a connection", async () => {
    for (const queue of [undefined, "", 7]) {
      await refused({ queue, connection: untouched }, UsageError, "missing_option", "queue");
    }
    for (const connection of [undefined, null]) {
      await refused({ queue: "search", connection }, QueueError, "queue_unavailable", "connection");
    }
  });

  test("with what is no connection, or no limit, or no option", async () => {
    const options = { queue: "search", connection: untouched };
    await refused({ ...options, connection: {} }, UsageError, "invalid_option", "connection");
    for (const limit of [0, -1, 1.5, "9", Number.NaN]) {
      await refused({ ...options, limit }, UsageError, "invalid_option", "limit");
    }
    await refused({ ...options, queues: "search" }, UsageError, "unknown_options", "queues");
  });

  test("outside of a transaction, where the connection says so", async (t) => {
    const { db } = await library(t);
    const options = { queue: "search", connection: db };
    await refused(options, UsageError, "invalid_option", "transaction");
    await refused({ ...options, connection: drizzleSqlite(db) }, UsageError, "invalid_option", "transaction");
  });
});

const why = SCRYPATH_TEST_POSTGRES ? false : "SCRYPATH_TEST_POSTGRES names no PostgreSQL";

suite("workRelated over PostgreSQL", { skip: why }, () => {
  /** A pool, books in a table of the test's own, and a queue of its own. */
  async function open(t) {
    await install(SCRYPATH_TEST_POSTGRES);
    const pool = new pg.Pool({ connectionString: SCRYPATH_TEST_POSTGRES });
    const queue = `search-${randomUUID()}`;
    const table = `books_${randomUUID().replaceAll("-", "")}`;
    await pool.query(`CREATE TABLE ${table} (id integer PRIMARY KEY, title text, author_id integer)`);
    for (const { id, title, author_id } of books) {
      await pool.query(`INSERT INTO ${table} VALUES ($1, $2, $3)`, [id, title, author_id]);
    }
    t.after(async () => {
      await pool.query("DELETE FROM oban_jobs WHERE queue = $1", [queue]);
      await pool.query(`DROP TABLE ${table}`);
      await pool.end();
    });
    const client = new Scrypath({ ...queued, obanQueue: queue });
    const enqueue = async (of, records) => {
      const connection = await pool.connect();
      await client.syncRelated(of, records, { fanOut: "books", connection });
      connection.release();
    };
    const jobs = async (worker) => {
      const text = "SELECT * FROM oban_jobs WHERE queue = $1 AND worker LIKE $2 ORDER BY id";
      return (await pool.query(text, [queue, `%${worker}`])).rows;
    };
    return { pool, queue, table, client, enqueue, jobs };
  }

  /** Runs `work` in a transaction of a connection of the pool. */
  async function within(pool, work) {
    const connection = await pool.connect();
    try {
      await connection.query("BEGIN");
      const given = await work(connection);
      await connection.query("COMMIT");
      return given;
    } catch (error) {
      await connection.query("ROLLBACK");
      throw error;
    } finally {
      connection.release();
    }
  }

  const selected = (table) => `SELECT * FROM ${table} WHERE author_id = ANY($1) ORDER BY id FOR UPDATE`;

  test("from an author to the index", async (t) => {
    const { pool, queue, table, jobs } = await open(t);
    const backend = await server(t);
    const client = new Scrypath({ ...queued, ...backend, obanQueue: queue });
    const Author = authorsOf(async (ids, { connection }) => {
      return (await connection.query(selected(table), [ids])).rows.map(bookOf);
    });
    await within(pool, (connection) => client.syncRelated(Author, authors, { fanOut: "books", connection }));
    assert.equal(await within(pool, (connection) => client.workRelated({ queue, connection })), 1);
    assert.deepEqual(
      (await jobs("RelatedWorker")).map(({ state, attempt }) => [state, attempt]),
      [["completed", 1]],
    );
    await work(SCRYPATH_TEST_POSTGRES, backend.meilisearchUrl, queue);
    const { hits } = await client.search(Book, "");
    assert.deepEqual(hits.map(({ title, author }) => `${title}, ${author}`).sort(), [
      "The Fell, Bea",
      "The Harbour, Ann",
      "The Quay, Ann",
    ]);
  });

  test("a statement that fails in a resolver fails its job alone", async (t) => {
    const { pool, queue, client, enqueue, jobs } = await open(t);
    const Author = authorsOf(async (ids, { connection }) => {
      if (ids.includes(7)) await connection.query("SELECT 'secret' FROM no_such_table");
      return written(ids);
    });
    await enqueue(Author, authors[0]);
    await enqueue(Author, authors[1]);
    const failures = [];
    const options = { queue, onFailure: ({ reason }) => failures.push(reason) };
    assert.equal(await within(pool, (connection) => client.workRelated({ ...options, connection })), 2);
    const [failed, done] = await jobs("RelatedWorker");
    assert.deepEqual([failed.state, done.state], ["retryable", "completed"]);
    assert.match(failures[0], /^DatabaseError \(42P01\) was thrown at /);
    assert.ok(failed.errors[0].error.includes(failures[0]));
    assert.equal((await jobs("UpsertWorker")).length, 1);
  });

  test("jobs of one fan-out are run one after the other: the later reads what the earlier's end left", async (t) => {
    const { pool, queue, table, client, enqueue, jobs } = await open(t);
    let entered;
    const isIn = new Promise((resolve) => {
      entered = resolve;
    });
    let leave;
    const mayLeave = new Promise((resolve) => {
      leave = resolve;
    });
    const order = [];
    const Author = authorsOf(async (ids, { connection }) => {
      order.push(ids[0]);
      if (order.length === 1) {
        entered();
        await mayLeave;
      }
      return (await connection.query(selected(table), [[7, 8]])).rows.map(bookOf);
    });
    await enqueue(Author, authors[0]);
    await enqueue(Author, authors[1]);
    const one = (connection) => client.workRelated({ queue, connection, limit: 1 });
    const earlier = within(pool, one);
    await isIn;
    let pid;
    const later = within(pool, async (connection) => {
      pid = connection.processID;
      return one(connection);
    });
    const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = $1";
    await eventually(async () => pid !== undefined && (await pool.query(waiting, [pid])).rows.length === 1);
    await pool.query(`UPDATE ${table} SET title = 'Newest' WHERE id = 3`);
    assert.deepEqual(order, [7]);
    leave();
    assert.deepEqual(await Promise.all([earlier, later]), [1, 1]);
    assert.deepEqual(order, [7, 8]);
    const upserts = await jobs("UpsertWorker");
    assert.deepEqual(
      upserts.map(({ args }) => args.documents[2].data.title),
      ["Newest", "Newest"],
    );
  });

  test("on a transaction of Knex and of Drizzle, and on a stand-in for Prisma's", async (t) => {
    const { pool, queue, table, client, enqueue, jobs } = await open(t);
    const database = knex({ client: "pg", connection: SCRYPATH_TEST_POSTGRES });
    t.after(() => database.destroy());
    const ways = {
      knex: (work) => database.transaction(work),
      drizzle: (work) => drizzlePg(pool).transaction(work),
      prisma: (work) =>
        within(pool, (connection) => {
          const $queryRawUnsafe = async (text, ...parameters) =>
            (await connection.query(text, parameters)).rows;
          return work({ _activeProvider: "postgresql", $queryRawUnsafe });
        }),
    };
    const find = {
      knex: (trx, ids) => trx(table).whereIn("author_id", ids).orderBy("id").forUpdate(),
      drizzle: async (tx, [id]) =>
        (await tx.execute(sql`SELECT * FROM ${sql.identifier(table)} WHERE author_id = ${id} ORDER BY id`))
          .rows,
      prisma: (tx, ids) => tx.$queryRawUnsafe(selected(table), ids),
    };
    for (const way of Object.keys(ways)) {
      const Author = authorsOf(async (ids, { connection }) => {
        if (ids.includes(8)) throw new Error(way);
        return (await find[way](connection, ids)).map(bookOf);
      });
      await enqueue(Author, authors[0]);
      await enqueue(Author, authors[1]);
      const before = (await jobs("UpsertWorker")).length;
      const worked = await ways[way]((connection) =>
        client.workRelated({ queue, connection, onFailure() {} }),
      );
      assert.equal(worked, 2, way);
      const [done, failed] = (await jobs("RelatedWorker")).slice(-2);
      const upserts = (await jobs("UpsertWorker")).slice(before);
      assert.deepEqual([done.state, failed.state, upserts.length], ["completed", "retryable", 1], way);
      assert.deepEqual(upserts[0].args.document_ids, [1, 2]);
    }
  });

  test("outside of a transaction, the database refuses it and no job is lost", async (t) => {
    const { pool, queue, client, enqueue, jobs } = await open(t);
    await enqueue(authorsOf(written), authors);
    const connection = await pool.connect();
    await assert.rejects(client.workRelated({ queue, connection }), /transaction block/);
    connection.release();
    assert.deepEqual(
      (await jobs("%")).map(({ state }) => state),
      ["available"],
    );
  });
});
