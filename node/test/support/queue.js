// The queue's table and its worker, by the `scrypath` command.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { binary } from "./server.js";

const run = promisify(execFile);

/** Makes the table of jobs where there is none. */
export function install(databaseUrl) {
  return run(binary, ["queue", "install", "--database-url", databaseUrl]);
}

/** Works a queue until there is nothing to do. */
export function work(databaseUrl, meilisearchUrl, queue) {
  const database = ["--database-url", databaseUrl, "--meilisearch-url", meilisearchUrl];
  return run(binary, ["worker", ...database, "--queue", queue, "--until-idle"]);
}

/** A SQLite database of one test, with the table of jobs and one of notes. */
export async function sqlite(test) {
  const folder = mkdtempSync(join(tmpdir(), "scrypath-queue-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "app.db");
  await install(`sqlite:${file}`);
  const db = new Database(file);
  test.after(() => db.close());
  db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)");
  return { db, file, url: `sqlite:${file}` };
}
