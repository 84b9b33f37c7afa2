import type { Repo } from "./repo.js";

/** What is needed of a better-sqlite3 `Database`. */
export interface SqliteDatabase {
  prepare(sql: string): { all(...parameters: unknown[]): unknown[] };
}

/** The options of `betterSqlite3Repo`. */
export interface SqliteRepoOptions {
  /** The table that holds the rows. */
  readonly table: string;
  /** Its primary key. Default `id`. */
  readonly key?: string;
}

/**
 * A repo over one table of a better-sqlite3 database. It loads no relations.
 *
 * @example
 * ```ts
 * const db = new Database(":memory:");
 * db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)");
 * db.exec("INSERT INTO notes VALUES (1, 'Harbour')");
 * const repo = betterSqlite3Repo<NoteRow>(db, { table: "notes" });
 * const { records } = await search.search(Note, "harbour", { repo });
 * console.log(records); // [ { id: 1, title: 'Harbour' } ]
 * ```
 */
export function betterSqlite3Repo<Row = Record<string, unknown>>(
  database: SqliteDatabase,
  { table, key = "id" }: SqliteRepoOptions,
): Repo<Row> {
  return {
    name: table,
    key,
    fetch(_schema, column, ids, preload) {
      if (preload !== undefined && preload !== null && !(Array.isArray(preload) && preload.length === 0)) {
        throw new TypeError(`the repo of table ${table} loads no relations: leave \`preload\` out`);
      }
      // One parameter however many ids, so SQLite's limit on parameters does not matter. The column's
      // affinity applies, so "7" from the index matches an INTEGER key.
      const rows = database
        .prepare(`SELECT * FROM ${quoted(table)} WHERE ${quoted(column)} IN (SELECT value FROM json_each(?))`)
        .all(JSON.stringify(ids));
      return rows as Row[];
    },
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
