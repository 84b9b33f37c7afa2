// Mode `oban`: a write becomes a row, on the caller's own connection and in the caller's own transaction.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { suite, test } from "node:test";
import { sql } from "drizzle-orm";
import { drizzle as drizzleSqlite } from "drizzle-orm/better-sqlite3";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import knex from "knex";
import pg from "pg";
import { QueueError, Scrypath, ScrypathError, schema, UsageError } from "scrypath";
import { Note, notes } from "./support/notes.js";
import { install, sqlite, work } from "./support/queue.js";
import { server } from "./support/server.js";

const { SCRYPATH_TEST_POSTGRES } = process.env;
const KEY = "a key that no job may hold";
/** Nothing listens there: whatever asks a backend fails. */
const queued = { meilisearchUrl: "http://127.0.0.1:1", syncMode: "oban", obanQueue: "search" };
const search = new Scrypath({ ...queued, meilisearchApiKey: KEY, indexPrefix: "t7" });

const jobsOf = (db) => db.prepare("SELECT * FROM oban_jobs ORDER BY id").all();
const rowsOf = (db) => db.prepare("SELECT id, title FROM notes ORDER BY id").all();
const insert = (db, { id, title }) => db.prepare("INSERT INTO notes VALUES (?, ?)").run(id, title);

function transaction(db, work) {
  db.exec("BEGIN");
  return work().then(
    () => db.exec("COMMIT"),
    (error) => {
      db.exec("ROLLBACK");
      throw error;
    },
  );
}

suite("over better-sqlite3", () => {
  test("the job is committed with the row, and the result says which", async (t) => {
    const { db } = await sqlite(t);
    let result;
    await transaction(db, async () => {
      insert(db, notes[0]);
      result = await search.syncRecord(Note, notes[0], { connection: db });
      assert.ok(db.inTransaction);
    });
    assert.deepEqual(result, {
      mode: "oban",
      status: "accepted",
      documentIds: [1],
      documentCount: 1,
      index: await search.indexName(Note),
      oban: { queue: "search", maxAttempts: 8 },
      job: {
        id: 1,
        worker: "Scrypath.Oban.UpsertWorker",
        queue: "search",
        state: "available",
        attempt: 0,
        maxAttempts: 8,
      },
    });
    assert.deepEqual(rowsOf(db), [{ id: 1, title: "Harbour lights" }]);
    const [job, ...others] = jobsOf(db);
    assert.deepEqual(others, []);
    const { id, worker, queue, state, attempt, max_attempts: maxAttempts } = job;
    assert.deepEqual({ id, worker, queue, state, attempt, maxAttempts }, result.job);
    assert.ok(db.open);
  });

  test("the row is as the core says: readable JSON, with the document and without the key", async (t) => {
    const { db } = await sqlite(t);
    const options = { connection: db, obanMaxAttempts: 3, obanQueue: "slow" };
    const result = await search.syncRecords(Note, notes, options);
    assert.deepEqual(result.oban, { queue: "slow", maxAttempts: 3 });
    const [{ queue, max_attempts, args }] = jobsOf(db);
    assert.deepEqual([queue, max_attempts], ["slow", 3]);
    const { declaration, documents, ...told } = JSON.parse(args);
    assert.deepEqual(told, {
      version: 1,
      operation: "upsert",
      schema: "note",
      backend: "Scrypath.Meilisearch",
      index: result.index,
      sync_mode: "oban",
      index_prefix: "t7",
      meilisearch_url: "http://127.0.0.1:1",
      document_count: 4,
      document_ids: [1, 2, 3, 4],
    });
    assert.equal(declaration.name, "note");
    assert.deepEqual(
      documents.map(({ data }) => data),
      notes,
    );
    assert.ok(!args.includes(KEY));
  });

  test("every delete verb is a job too", async (t) => {
    const { db } = await sqlite(t);
    const results = [
      await search.deleteRecord(Note, notes[0], { connection: db }),
      await search.deleteDocument(Note, 2, { connection: db }),
      await search.deleteDocuments(Note, [3, "x-4"], { connection: db }),
    ];
    const jobs = jobsOf(db);
    assert.deepEqual(
      results.map(({ job }) => job.id),
      jobs.map(({ id }) => id),
    );
    assert.deepEqual(
      jobs.map(({ worker, args }) => [worker, JSON.parse(args).document_ids]),
      [[1], [2], [3, "x-4"]].map((ids) => ["Scrypath.Oban.DeleteWorker", ids]),
    );
  });

  test("rolled back, neither is there; so after an exception", async (t) => {
    const { db } = await sqlite(t);
    db.exec("BEGIN");
    insert(db, notes[0]);
    await search.syncRecord(Note, notes[0], { connection: db });
    db.exec("ROLLBACK");
    const thrown = transaction(db, async () => {
      insert(db, notes[1]);
      await search.syncRecord(Note, notes[1], { connection: db });
      throw new Error("the application's own");
    });
    await assert.rejects(thrown, { message: "the application's own" });
    assert.deepEqual([rowsOf(db), jobsOf(db)], [[], []]);
  });

  test("a driver that does not wait has inserted the job when the promise is returned", async (t) => {
    const { db } = await sqlite(t);
    const returned = search.syncRecord(Note, notes[0], { connection: db });
    assert.equal(jobsOf(db).length, 1);
    await returned;
  });

  test("nothing to do executes nothing", async () => {
    const connection = { dialect: "sqlite", query: () => assert.fail("executed") };
    const noop = { mode: "oban", status: "noop", documentIds: [], documentCount: 0 };
    for (const options of [{ connection }, {}]) {
      assert.deepEqual(await search.syncRecords(Note, [], options), noop);
      assert.deepEqual(await search.deleteDocuments(Note, [], options), noop);
    }
  });

  test("quotes, placeholders and every script survive", async (t) => {
    const { db } = await sqlite(t);
    const title = `O'Neil "says" \\? ?? $1 %s :name ;-- \n\t 灯台 🗼 ḍ̇ \u2028 </script>`;
    await search.syncRecord(Note, { ...notes[0], title }, { connection: db });
    assert.equal(JSON.parse(jobsOf(db)[0].args).documents[0].data.title, title);
    assert.equal(
      db.prepare("SELECT args ->> '$.documents[0].data.title' AS it FROM oban_jobs").get().it,
      title,
    );
  });

  test("an error of the database reaches the caller as it is", async (t) => {
    const { db } = await sqlite(t);
    db.exec("DROP TABLE oban_jobs");
    await assert.rejects(search.syncRecord(Note, notes[0], { connection: db }), (error) => {
      assert.ok(!(error instanceof ScrypathError));
      assert.equal(error.message, "no such table: oban_jobs");
      return true;
    });
  });
});

suite("refused, and nothing executed:", () => {
  const untouched = { dialect: "sqlite", query: () => assert.fail("executed") };
  const refusal = async (call, Class, kind, words) => {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof Class, error);
      assert.equal(error.kind, kind);
      assert.ok(error.message.includes(words), error.message);
      assert.ok(!`${error.message}${JSON.stringify(error)}`.includes("secret"));
      return true;
    });
  };

  test("without a connection", async () => {
    for (const options of [{}, { connection: undefined }, { connection: null }]) {
      await refusal(
        search.syncRecord(Note, notes[0], options),
        QueueError,
        "queue_unavailable",
        "`connection`",
      );
      await refusal(search.deleteDocument(Note, 1, options), QueueError, "queue_unavailable", "`connection`");
    }
  });

  test("without a queue", async () => {
    const call = search.syncRecord(Note, notes[0], { connection: untouched, obanQueue: null });
    await refusal(call, UsageError, "missing_option", "obanQueue");
  });

  test("with a key of the call's own", async () => {
    const options = { connection: untouched, meilisearchApiKey: "secret" };
    const call = search.syncRecord(Note, notes[0], options);
    await refusal(call, UsageError, "key_not_durable", "meilisearchApiKey");
  });

  test("with a record that is none", async () => {
    const records = [notes[0], { title: "no id" }];
    const call = search.syncRecords(Note, records, { connection: untouched });
    await refusal(call, UsageError, "projection_field_missing", "id");
  });

  test("a connection in another mode, or in another verb", async () => {
    for (const syncMode of ["inline", "manual"]) {
      const call = search.syncRecord(Note, notes[0], { connection: untouched, syncMode });
      await refusal(call, UsageError, "invalid_option", syncMode);
    }
    await refusal(
      search.search(Note, "", { connection: untouched }),
      UsageError,
      "unknown_options",
      "connection",
    );
    assert.throws(() => new Scrypath({ ...queued, connection: untouched }), { kind: "unknown_options" });
  });

  test("a call that was aborted", async () => {
    const signal = AbortSignal.abort("no longer wanted");
    const call = search.syncRecord(Note, notes[0], { connection: untouched, signal });
    await assert.rejects(call, (reason) => reason === "no longer wanted");
  });

  test("what is in no transaction: a Pool of pg, Knex itself, Prisma itself", async () => {
    const pool = new pg.Pool({ password: "secret" });
    const database = knex({ client: "better-sqlite3", connection: ":memory:", useNullAsDefault: true });
    const prisma = { $queryRawUnsafe: untouched.query, $connect() {}, $transaction() {} };
    for (const connection of [pool, drizzlePg(pool), database, prisma]) {
      const call = search.syncRecord(Note, notes[0], { connection });
      await refusal(call, UsageError, "invalid_option", "transaction");
    }
    await database.destroy();
    await pool.end();
  });

  test("what is no connection, or one to another database", async () => {
    const { query } = untouched;
    const others = ["sqlite:secret.db", 7, {}, { password: "secret" }, { query }, []];
    for (const connection of [...others, { dialect: "mysql", query }, { dialect: "sqlite" }]) {
      const call = search.syncRecord(Note, notes[0], { connection });
      await refusal(call, UsageError, "invalid_option", "connection");
    }
    const odd = { dialect: "sqlite", placeholders: "named", query };
    await refusal(
      search.deleteDocument(Note, 1, { connection: odd }),
      UsageError,
      "invalid_option",
      "numbered",
    );
  });
});

suite("over an adapter", () => {
  test("is asked for one statement, in the placeholders that it wants", async () => {
    const seen = [];
    const query = async (sql, parameters) => {
      seen.push([sql, parameters.map((value) => typeof value)]);
      return [{ id: "412", other: 1 }];
    };
    const place = async (adapter) => {
      seen.length = 0;
      const { job } = await search.deleteDocument(Note, 1, { connection: { ...adapter, query } });
      assert.equal(job.id, 412);
      assert.equal(seen.length, 1);
      assert.deepEqual(seen[0][1], ["string", "string", "string", "number"]);
      return seen[0][0].match(/VALUES \((\S+),/)[1];
    };
    assert.equal(await place({ dialect: "postgres" }), "$1");
    assert.equal(await place({ dialect: "postgres", placeholders: "format" }), "%s");
    assert.equal(await place({ dialect: "sqlite" }), "?");
  });

  test("may give rows as arrays, at once", async () => {
    const connection = { dialect: "sqlite", query: () => [[7n]] };
    const { job } = await search.deleteDocument(Note, 1, { connection });
    assert.equal(job.id, 7);
  });

  test("that gives no row is refused", async () => {
    for (const rows of [[], undefined, [{}], { changes: 1 }]) {
      const connection = { dialect: "sqlite", query: () => rows };
      await assert.rejects(search.deleteDocument(Note, 1, { connection }), { kind: "invalid_option" });
    }
  });
});

test("over a stand-in for a Prisma transaction client, which has its one method", async (t) => {
  const { db } = await sqlite(t);
  const tx = (provider) => ({
    _activeProvider: provider,
    $queryRawUnsafe: async (sql, ...parameters) => {
      if (provider === "sqlite") return db.prepare(sql).all(...parameters);
      assert.match(sql, /VALUES \(\$1, \$2, \$3::text::jsonb, \$4\)/);
      return [{ id: BigInt(parameters.length) }];
    },
  });
  const written = async (connection) => (await search.syncRecord(Note, notes[0], { connection })).job.id;
  assert.equal(await written(tx("postgresql")), 4);
  assert.equal(await written(tx(undefined)), 4);
  assert.equal(await written(tx("sqlite")), 1);
  assert.equal(jobsOf(db).length, 1);
  await assert.rejects(written(tx("mysql")), { kind: "invalid_option" });
});

test("over a Knex transaction of better-sqlite3", async (t) => {
  const { db, file } = await sqlite(t);
  const database = knex({ client: "better-sqlite3", connection: file, useNullAsDefault: true });
  t.after(() => database.destroy());
  const title = "what? \\? ?? :title";
  const save = (fails) =>
    database.transaction(async (trx) => {
      await trx("notes").insert({ id: 1, title });
      const { job } = await search.syncRecord(Note, { ...notes[0], title }, { connection: trx });
      if (fails) throw new Error("the application's own");
      return job;
    });
  await assert.rejects(save(true), { message: "the application's own" });
  assert.deepEqual([rowsOf(db), jobsOf(db)], [[], []]);
  const job = await save(false);
  assert.deepEqual(
    jobsOf(db).map(({ id, args }) => [id, JSON.parse(args).documents[0].data.title]),
    [[job.id, title]],
  );
  assert.equal(rowsOf(db).length, 1);
});

test("over Drizzle on better-sqlite3", async (t) => {
  const { db } = await sqlite(t);
  const connection = drizzleSqlite(db);
  const save = (fails) =>
    transaction(db, async () => {
      connection.run(sql`INSERT INTO notes VALUES (1, 'Harbour')`);
      await search.syncRecord(Note, notes[0], { connection });
      if (fails) throw new Error("the application's own");
    });
  await assert.rejects(save(true), { message: "the application's own" });
  assert.deepEqual([rowsOf(db), jobsOf(db)], [[], []]);
  await save(false);
  assert.deepEqual([rowsOf(db).length, jobsOf(db).length], [1, 1]);
});

test("a worker brings the newest state into the index", async (t) => {
  const backend = await server(t);
  const { db, url } = await sqlite(t);
  const client = new Scrypath({ ...queued, ...backend });
  const write = (verb, given) => client[verb](Note, given, { connection: db });
  for (const title of ["Oldest", "Older", "Newest"]) {
    await transaction(db, async () => {
      db.prepare("INSERT OR REPLACE INTO notes VALUES (1, ?)").run(title);
      await write("syncRecord", { ...notes[0], title });
    });
  }
  await write("syncRecords", notes.slice(1));
  await write("deleteRecord", notes[1]);
  await write("deleteDocuments", [3]);
  await write("syncRecord", { ...notes[2], title: "Back again" });
  await work(url, backend.meilisearchUrl, "search");
  const { hits } = await client.search(Note, "", { sort: [["asc", "title"]] });
  assert.deepEqual(
    hits.map(({ id, title }) => [id, title]),
    [
      [3, "Back again"],
      [4, "Lighthouse"],
      [1, "Newest"],
    ],
  );
  assert.deepEqual([...new Set(jobsOf(db).map(({ state }) => state))], ["completed"]);
});

test("what hooks make of a record is what a worker writes, under the id that they give", async (t) => {
  const backend = await server(t);
  const { db, url } = await sqlite(t);
  const Loud = schema({
    name: "Loud",
    fields: ["title"],
    searchDocument: ({ id, title }) => ({ id: `c-${id}`, title: title.toUpperCase() }),
    searchDocumentId: ({ id }) => `c-${id}`,
  });
  const client = new Scrypath({ ...queued, ...backend });
  const title = `O'Neil "says" \\? ?? $1 %s 灯台 🗼`;
  await client.syncRecords(Loud, [notes[0], { ...notes[1], title }], { connection: db });
  await client.deleteRecord(Loud, notes[0], { connection: db });
  await work(url, backend.meilisearchUrl, "search");
  const { hits } = await client.search(Loud, "");
  assert.deepEqual(hits, [{ id: "c-2", title: title.toUpperCase() }]);
});

const why = SCRYPATH_TEST_POSTGRES ? false : "SCRYPATH_TEST_POSTGRES names no PostgreSQL";

suite("over PostgreSQL", { skip: why }, () => {
  const table = `notes_${randomUUID().replaceAll("-", "")}`;

  /** A pool, whose other connections see only what is committed; and a queue of the test's own. */
  async function open(t) {
    await install(SCRYPATH_TEST_POSTGRES);
    const pool = new pg.Pool({ connectionString: SCRYPATH_TEST_POSTGRES });
    const queue = `search-${randomUUID()}`;
    await pool.query(`CREATE TABLE IF NOT EXISTS ${table} (id bigint PRIMARY KEY, title text)`);
    t.after(async () => {
      await pool.query("DELETE FROM oban_jobs WHERE queue = $1", [queue]);
      await pool.query(`DROP TABLE IF EXISTS ${table}`);
      await pool.end();
    });
    const committed = async () => {
      const { rows: jobs } = await pool.query("SELECT * FROM oban_jobs WHERE queue = $1 ORDER BY id", [
        queue,
      ]);
      const { rows } = await pool.query(`SELECT title FROM ${table}`);
      return { jobs, titles: rows.map(({ title }) => title) };
    };
    return { pool, committed, client: new Scrypath({ ...queued, obanQueue: queue }), queue };
  }

  const title = `O'Neil "says" \\? ?? $1 %s 灯台 🗼`;
  const note = { ...notes[0], title };

  /** What holds for every connection: `save` writes the row, calls back with the connection, then commits. */
  async function together({ committed, client }, save) {
    const thrown = save(async (connection) => {
      await client.syncRecord(Note, note, { connection });
      throw new Error("the application's own");
    });
    await assert.rejects(thrown, { message: "the application's own" });
    assert.deepEqual(await committed(), { jobs: [], titles: [] });
    let result;
    await save(async (connection) => {
      result = await client.syncRecord(Note, note, { connection });
      assert.deepEqual(await committed(), { jobs: [], titles: [] });
    });
    const { jobs, titles } = await committed();
    assert.deepEqual(titles, [title]);
    assert.equal(jobs.length, 1);
    const [{ id, worker, queue, state, attempt, max_attempts: maxAttempts, args }] = jobs;
    assert.deepEqual({ id: Number(id), worker, queue, state, attempt, maxAttempts }, result.job);
    assert.equal(args.documents[0].data.title, title);
  }

  test("on a client of a pool of pg", async (t) => {
    const there = await open(t);
    await together(there, async (enqueue) => {
      const client = await there.pool.connect();
      try {
        await client.query("BEGIN");
        await client.query(`INSERT INTO ${table} VALUES (1, $1)`, [title]);
        await enqueue(client);
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    });
  });

  test("on a transaction of Knex", async (t) => {
    const there = await open(t);
    const database = knex({ client: "pg", connection: SCRYPATH_TEST_POSTGRES });
    t.after(() => database.destroy());
    await together(there, (enqueue) =>
      database.transaction(async (trx) => {
        await trx(table).insert({ id: 1, title });
        await enqueue(trx);
      }),
    );
  });

  test("on a transaction of Drizzle", async (t) => {
    const there = await open(t);
    await together(there, (enqueue) =>
      drizzlePg(there.pool).transaction(async (tx) => {
        await tx.execute(sql`INSERT INTO ${sql.identifier(table)} VALUES (1, ${title})`);
        await enqueue(tx);
      }),
    );
  });

  test("workers are told at commit", async (t) => {
    const { pool, client, queue } = await open(t);
    const listener = await pool.connect();
    const told = new Promise((resolve) => listener.on("notification", ({ payload }) => resolve(payload)));
    await listener.query('LISTEN "public.oban_insert"');
    const connection = new pg.Client({ connectionString: SCRYPATH_TEST_POSTGRES });
    await connection.connect();
    await client.deleteDocument(Note, 1, { connection });
    assert.deepEqual(JSON.parse(await told), { queue });
    listener.release(true);
    await connection.end();
  });

  test("a worker brings the newest state into the index", async (t) => {
    const { pool, queue } = await open(t);
    const backend = await server(t);
    const client = new Scrypath({ ...queued, ...backend, obanQueue: queue });
    const connection = await pool.connect();
    for (const title of ["Older", "Newest"]) {
      await client.syncRecord(Note, { ...notes[0], title }, { connection });
    }
    connection.release();
    await work(SCRYPATH_TEST_POSTGRES, backend.meilisearchUrl, queue);
    const { hits } = await client.search(Note, "");
    assert.deepEqual(
      hits.map(({ title }) => title),
      ["Newest"],
    );
  });
});
