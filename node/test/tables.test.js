// The tables of the queue, made by the application's own migrations: real Knex, real databases.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import knex from "knex";
import pg from "pg";
import { queueMigration, queueTables, Scrypath, UsageError } from "scrypath";
import { Note, notes } from "./support/notes.js";

const { SCRYPATH_TEST_POSTGRES } = process.env;
/** What Knex says of a migration that fails is not this test's. */
const log = { warn() {}, error() {} };
const OWN = ["scrypath_dead_letters", "scrypath_fences", "scrypath_lanes"];
const search = new Scrypath({ meilisearchUrl: "http://127.0.0.1:1", syncMode: "oban", obanQueue: "search" });

/** As an application names it in its `migrationSource`. */
const migrationSource = {
  getMigrations: async () => ["20260101_queue"],
  getMigrationName: (name) => name,
  getMigration: async () => queueMigration,
};

function folderOf(t) {
  const folder = mkdtempSync(join(tmpdir(), "scrypath-tables-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What each database has of its own: how it is opened, and what is in it. */
const databases = {
  "better-sqlite3": {
    dialect: "sqlite",
    open(t) {
      const filename = join(folderOf(t), "app.db");
      const database = knex({
        client: "better-sqlite3",
        connection: { filename },
        useNullAsDefault: true,
        log,
      });
      t.after(() => database.destroy());
      return database;
    },
    async tables(database) {
      const rows = await database("sqlite_master").where({ type: "table" }).select("name");
      return rows.map(({ name }) => name).filter((name) => /^(oban|scrypath)_/.test(name));
    },
  },
  ...(SCRYPATH_TEST_POSTGRES && {
    pg: {
      dialect: "postgres",
      /** In a schema of the test's own. */
      async open(t) {
        const name = `tables_${randomUUID().replaceAll("-", "")}`;
        const pool = new pg.Pool({ connectionString: SCRYPATH_TEST_POSTGRES });
        await pool.query(`CREATE SCHEMA ${name}`);
        const database = knex({
          client: "pg",
          connection: { connectionString: SCRYPATH_TEST_POSTGRES },
          searchPath: [name],
          log,
        });
        t.after(async () => {
          await database.destroy();
          await pool.query(`DROP SCHEMA ${name} CASCADE`);
          await pool.end();
        });
        return database;
      },
      async tables(database) {
        const { rows } = await database.raw(
          "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
        );
        return rows.map(({ tablename }) => tablename).filter((name) => /^(oban_jobs|scrypath_)/.test(name));
      },
    },
  }),
};

for (const [name, { dialect, open, tables }] of Object.entries(databases)) {
  suite(`queueMigration over ${name}`, () => {
    const there = async (database) => (await tables(database)).sort();

    test("through a migrationSource: up, what is enqueued then, and down, which leaves the jobs", async (t) => {
      const database = await open(t);
      await database.migrate.latest({ migrationSource });
      assert.deepEqual(await there(database), ["oban_jobs", ...OWN]);
      await database.transaction((connection) => search.syncRecord(Note, notes[0], { connection }));
      await database.migrate.rollback({ migrationSource });
      assert.deepEqual(await there(database), ["oban_jobs"]);
      const [{ worker, state }, ...others] = await database("oban_jobs").select();
      assert.deepEqual([worker, state, others], ["Scrypath.Oban.UpsertWorker", "available", []]);
      await database.migrate.latest({ migrationSource });
      assert.deepEqual(await there(database), ["oban_jobs", ...OWN]);
      assert.equal((await database("oban_jobs").select()).length, 1);
    });

    test("as the file of a migration, an ES module or CommonJS", async (t) => {
      for (const [file, source] of [
        ["1_queue.mjs", "import { queueMigration } from URL;\nexport const { up, down } = queueMigration;"],
        ["1_queue.cjs", "module.exports = require(PATH).queueMigration;"],
      ]) {
        const directory = folderOf(t);
        const path = join(import.meta.dirname, "../dist/cjs/index.js");
        const url = pathToFileURL(join(import.meta.dirname, "../dist/esm/index.js"));
        writeFileSync(
          join(directory, file),
          source.replace("URL", JSON.stringify(`${url}`)).replace("PATH", JSON.stringify(path)),
        );
        const database = await open(t);
        const migrations = { directory, loadExtensions: [".mjs", ".cjs"] };
        await database.migrate.latest(migrations);
        assert.deepEqual(await there(database), ["oban_jobs", ...OWN]);
        await database.migrate.rollback(migrations);
        assert.deepEqual(await there(database), ["oban_jobs"]);
      }
    });

    test("twice, and twice back: nothing changes, and nothing fails", async (t) => {
      const database = await open(t);
      await queueMigration.up(database);
      await database.transaction((connection) => search.syncRecord(Note, notes[0], { connection }));
      await queueMigration.up(database);
      assert.equal((await database("oban_jobs").select()).length, 1);
      await queueMigration.down(database);
      await queueMigration.down(database);
      assert.deepEqual(await there(database), ["oban_jobs"]);
    });

    test("leaves a table of jobs that is there as it is", async (t) => {
      const database = await open(t);
      await database.schema.createTable("oban_jobs", (table) => {
        table.increments("id");
        for (const text of ["state", "queue", "scheduled_at", "an_own_column"]) table.text(text);
        table.integer("priority");
      });
      await database("oban_jobs").insert({ an_own_column: "kept" });
      const before = Object.keys(await database("oban_jobs").columnInfo());
      await database.migrate.latest({ migrationSource });
      assert.deepEqual(Object.keys(await database("oban_jobs").columnInfo()), before);
      const [{ an_own_column: own }] = await database("oban_jobs").select();
      assert.equal(own, "kept");
      assert.deepEqual(await there(database), ["oban_jobs", ...OWN]);
    });

    test("is undone with the rest of a migration that fails", async (t) => {
      const database = await open(t);
      const failing = {
        ...migrationSource,
        getMigration: async () => ({
          async up(trx) {
            await queueMigration.up(trx);
            throw new Error("the application's own");
          },
          async down() {},
        }),
      };
      await assert.rejects(database.migrate.latest({ migrationSource: failing }), /the application's own/);
      assert.deepEqual(await there(database), []);
    });

    test("carries out the statements of queueTables", async (t) => {
      const database = await open(t);
      const { install, uninstall } = queueTables(dialect);
      for (const statement of install) await database.raw(statement);
      assert.deepEqual(await there(database), ["oban_jobs", ...OWN]);
      for (const statement of uninstall) await database.raw(statement);
      assert.deepEqual(await there(database), ["oban_jobs"]);
    });
  });
}

test("the statements of queueTables need no parameters, and no library", async () => {
  const db = new Database(":memory:");
  for (const _ of [1, 2]) for (const statement of queueTables("sqlite").install) db.exec(statement);
  const { job } = await search.syncRecord(Note, notes[0], { connection: db });
  assert.equal(job.id, 1);
  for (const statement of queueTables("sqlite").uninstall) db.exec(statement);
  assert.equal(db.prepare("SELECT count(*) AS jobs FROM oban_jobs").get().jobs, 1);
  db.close();
});

test("another database is refused, and nothing executed", async () => {
  for (const dialect of ["mysql", "", undefined, null, {}]) {
    assert.throws(() => queueTables(dialect), {
      name: "UsageError",
      kind: "invalid_option",
      message: /"postgres" or "sqlite"/,
    });
  }
  const other = { client: { dialect: "mysql" }, raw: () => assert.fail("executed") };
  for (const database of [other, { raw: other.raw }]) {
    await assert.rejects(
      queueMigration.up(database),
      (error) => error instanceof UsageError && error.kind === "invalid_option",
    );
    await assert.rejects(queueMigration.down(database), { kind: "invalid_option" });
  }
});
