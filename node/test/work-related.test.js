// Related sync, as jobs are run over SQLite.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import { drizzle as drizzleSqlite } from "drizzle-orm/better-sqlite3";
import knex from "knex";
import { QueueError, Scrypath, schema, UsageError } from "scrypath";
import {
  authors,
  authorsOf,
  Book,
  bookOf,
  books,
  jobsOf,
  library,
  queued,
  RELATED,
  search,
  transaction,
  written,
} from "./support/authors.js";
import { work } from "./support/queue.js";
import { server } from "./support/server.js";

const run = promisify(execFile);

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
    assert.match(reason, /^RangeError was thrown at work-related\.test\.js:\d+$/);
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
