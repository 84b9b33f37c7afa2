// Enqueues writes through the Node package and node-postgres; README.md says what and where. Run in node/.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { Scrypath, schema } = await import(pathToFileURL(require.resolve("scrypath")));
const pg = require("pg");

const Note = schema({ name: "note", fields: ["id", "title"] });
const { DATABASE_URL, MEILISEARCH_URL, INDEX_PREFIX, QUEUE, FIRST_ID } = process.env;
const search = new Scrypath({
  meilisearchUrl: MEILISEARCH_URL,
  indexPrefix: INDEX_PREFIX,
  syncMode: "oban",
  obanQueue: QUEUE,
});
const first = Number(FIRST_ID);
const title = 'Björn\'s "quay" \\ %s ? $1 :a 🚢';

const connection = new pg.Client({ connectionString: DATABASE_URL });
await connection.connect();
await connection.query("BEGIN");
await search.syncRecord(Note, { id: first, title }, { connection });
await search.syncRecord(Note, { id: first + 1, title }, { connection });
await search.deleteDocument(Note, first + 1, { connection });
await connection.query("COMMIT");
await connection.query("BEGIN");
await search.syncRecord(Note, { id: first + 2, title }, { connection });
await connection.query("ROLLBACK");
await connection.end();
