// Related sync, as jobs are run over PostgreSQL.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { suite, test } from "node:test";
import { sql } from "drizzle-orm";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import knex from "knex";
import pg from "pg";
import { Scrypath } from "scrypath";
import { authors, authorsOf, Book, bookOf, books, queued, written } from "./support/authors.js";
import { eventually } from "./support/eventually.js";
import { install, work } from "./support/queue.js";
import { server } from "./support/server.js";

const { SCRYPATH_TEST_POSTGRES } = process.env;

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
