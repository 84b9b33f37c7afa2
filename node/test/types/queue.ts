// Connections that a write is enqueued on, as types. `npm run types` checks it; nothing here runs.

import type { Knex } from "knex";
import {
  type Job,
  type QueueConnection,
  Scrypath,
  schema,
  type Tally,
  type Worker,
  type WriteOptions,
} from "scrypath";

interface NoteRow {
  id: number;
  title: string;
}
const Note = schema<NoteRow>({ name: "Note", fields: ["title"] });
const search = new Scrypath({ meilisearchUrl: "memory:", syncMode: "oban", obanQueue: "search" });
const note: NoteRow = { id: 1, title: "x" };

declare const trx: Knex.Transaction;
declare const rows: object[];

const options: WriteOptions = { connection: trx };
const { job, oban } = await search.syncRecord(Note, note, options);
const told: Job | undefined = job;
const attempts: number | undefined = oban?.maxAttempts ?? told?.maxAttempts;
await search.deleteDocument(Note, attempts ?? 1, { connection: null });
await search.syncRecords(Note, [note], {
  connection: {
    dialect: "postgres",
    placeholders: "numbered",
    query: async (sql, parameters) => (parameters.length > 4 ? [] : [{ sql: sql.length }]),
  },
});
await search.deleteRecord(Note, note, { connection: { dialect: "sqlite", query: () => rows } });

// @ts-expect-error a database that no job can be in
const mysql: QueueConnection = { dialect: "mysql", query: () => rows };
// @ts-expect-error a URL is no connection
await search.syncRecord(Note, note, { connection: "sqlite:app.db" });
// @ts-expect-error a search enqueues nothing
await search.search(Note, "", { connection: trx });
// @ts-expect-error a connection is a call's
new Scrypath({ connection: mysql });

const worker: Worker = search.worker({
  databaseUrl: "sqlite:app.db",
  queues: ["search", "slow"],
  lease: 9000,
});
search.worker({ signal: AbortSignal.timeout(1000), onMessage: ({ level, text }) => console[level](text) });
const tally: Tally = await worker.done;
const done: number = tally.completed + (await worker.stop()).retried;
await worker[Symbol.asyncDispose]();
// @ts-expect-error a duration is in ms
search.worker({ lease: "60s" });
// @ts-expect-error an option that does not exist
search.worker({ key: done });
