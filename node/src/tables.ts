/**
 * The tables of the queue, for the migrations of the application.
 */

import { known, type QueueDialect } from "./connections.js";
import { callNow } from "./door.js";
import { invalidOption } from "./option-errors.js";

/** Statements without parameters, to be carried out in their order. */
export interface QueueTables {
  /** Carried out again, they change nothing. A table of jobs that an Oban made is left as it is. */
  readonly install: readonly string[];
  /** They drop what workers keep beside the jobs. Jobs are data: their table stays. */
  readonly uninstall: readonly string[];
}

/**
 * The statements that make and drop the tables of the queue, for a migration tool of your own.
 * `scrypath queue install` carries out the same ones; `queueMigration` is for Knex.
 *
 * @param dialect `postgres` (12 and newer) or `sqlite`.
 * @throws {UsageError} when there is no such dialect.
 * @example
 * ```ts
 * const db = new Database(":memory:");
 * for (const statement of scrypath.queueTables("sqlite").install) db.exec(statement);
 * console.log(db.prepare("SELECT count(*) AS jobs FROM oban_jobs").get()); // { jobs: 0 }
 * ```
 */
export function queueTables(dialect: QueueDialect): QueueTables {
  if (dialect !== "postgres" && dialect !== "sqlite") {
    throw invalidOption("dialect", 'must be "postgres" or "sqlite"');
  }
  return callNow("queue_tables", { dialect: JSON.stringify(dialect) });
}

/** What is needed of Knex, or of the transaction that it gives to a migration. */
export interface KnexMigrating {
  raw(sql: string): PromiseLike<unknown>;
  readonly client?: unknown;
}

/**
 * A migration of Knex that makes the tables of the queue; `down` leaves the jobs. As the file of a migration:
 * `export const { up, down } = queueMigration`, or `module.exports = queueMigration`. Or what the `getMigration` of a
 * `migrationSource` gives.
 *
 * @throws {UsageError} when the database is neither PostgreSQL nor SQLite.
 * @example
 * ```ts
 * import knex from "knex";
 * import { queueMigration } from "scrypath";
 *
 * const db = knex({ client: "better-sqlite3", connection: ":memory:", useNullAsDefault: true });
 * await db.migrate.latest({
 *   migrationSource: {
 *     getMigrations: async () => ["20260101_queue"],
 *     getMigrationName: (name: string) => name,
 *     getMigration: async () => queueMigration,
 *   },
 * });
 * console.log(await db.schema.hasTable("oban_jobs")); // true
 * await db.destroy();
 * ```
 */
export const queueMigration = {
  /** Makes what is missing. */
  async up(knex: KnexMigrating): Promise<void> {
    await carryOut(knex, "install");
  },

  /** Drops what workers keep beside the jobs. */
  async down(knex: KnexMigrating): Promise<void> {
    await carryOut(knex, "uninstall");
  },
};

async function carryOut(knex: KnexMigrating, which: keyof QueueTables): Promise<void> {
  const { dialect } = (knex.client ?? {}) as { dialect?: unknown };
  for (const statement of queueTables(known(dialect))[which]) await knex.raw(statement);
}
