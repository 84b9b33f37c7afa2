// Microseconds of a transaction that enqueues one write, beside one with a bare INSERT: enqueue.mjs DATABASE_URL ROUNDS.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import pg from "pg";
import { Scrypath, queueTables, schema } from "scrypath";

const [url, rounds] = [process.argv[2], Number(process.argv[3])];
const Note = schema({ name: "note", fields: ["title", "body"] });
const body = "Two strangers meet under the lights of a small harbour. ".repeat(4);
const note = () => ({ id: 1, title: "The note number 1", body });
const search = new Scrypath({ meilisearchUrl: "http://nowhere", syncMode: "oban", obanQueue: "bench" });

// Rounds in turn, so that what slows the machine slows both.
async function compare(name, ours, bare) {
  const times = new Map([[ours, []], [bare, []]]);
  for (let round = 0; round < rounds + 100; round++) {
    for (const call of round % 2 ? [ours, bare] : [bare, ours]) {
      const started = process.hrtime.bigint();
      await call();
      times.get(call).push(Number(process.hrtime.bigint() - started) / 1000);
    }
  }
  const median = (call) => times.get(call).slice(100).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  const [enqueue, insert] = [median(ours), median(bare)];
  const column = (us) => us.toFixed(1).padStart(7);
  console.log(
    `${name.padEnd(24)} bare INSERT ${column(insert)} µs  enqueue ${column(enqueue)} µs  x ${(enqueue / insert).toFixed(2)}`,
  );
}

const COLUMNS = "INSERT INTO oban_jobs (queue, worker, args, max_attempts)";
const connection = new pg.Client({ connectionString: url });
await connection.connect();
await connection.query("TRUNCATE oban_jobs");
const within = async (work) => {
  await connection.query("BEGIN");
  await work();
  await connection.query("COMMIT");
};
const enqueue = () => within(() => search.syncRecord(Note, note(), { connection }));
await enqueue();
const { rows } = await connection.query("SELECT queue, worker, args::text FROM oban_jobs");
const insert = `${COLUMNS} VALUES ($1, $2, $3::text::jsonb, $4) RETURNING id`;
await compare("Node, pg", enqueue, () => within(() => connection.query(insert, [...Object.values(rows[0]), 8])));
await connection.end();

const folder = mkdtempSync(join(tmpdir(), "scrypath-bench-"));
const file = new Sqlite(join(folder, "bench.sqlite"));
file.pragma("journal_mode = WAL");
for (const statement of queueTables("sqlite").install) file.exec(statement);
const inside = async (work) => {
  file.exec("BEGIN");
  await work();
  file.exec("COMMIT");
};
const enqueueHere = () => inside(() => search.syncRecord(Note, note(), { connection: file }));
await enqueueHere();
const row = file.prepare("SELECT queue, worker, args FROM oban_jobs").raw().get();
const insertHere = file.prepare(`${COLUMNS} VALUES (?, ?, ?, ?) RETURNING id`);
await compare("Node, better-sqlite3", enqueueHere, () => inside(() => insertHere.get(...row, 8)));
file.close();
rmSync(folder, { recursive: true });
