// Authors and their books: an author changes, and the documents of the author's books with it.

import { Scrypath, schema } from "scrypath";
import { sqlite } from "./queue.js";

export const KEY = "a key that no job may hold";
/** Nothing listens there: whatever asks a backend fails. */
export const queued = { meilisearchUrl: "http://127.0.0.1:1", syncMode: "oban", obanQueue: "search" };
export const search = new Scrypath({ ...queued, meilisearchApiKey: KEY });

export const Book = schema({ name: "Book", fields: ["id", "title", "author"] });
export const books = [
  { id: 1, title: "The Harbour", author_id: 7 },
  { id: 2, title: "The Quay", author_id: 7 },
  { id: 3, title: "The Fell", author_id: 8 },
];
export const authors = [
  { id: 7, name: "Ann" },
  { id: 8, name: "Bea" },
];

/** Authors whose books `resolver` finds. Each declaration is the last under its name. */
export const authorsOf = (resolver, more = {}) =>
  schema({ name: "Author", fields: ["id", "name"], fanOuts: { books: { target: Book, resolver } }, ...more });
export const bookOf = ({ id, title, author_id }) => ({
  id,
  title,
  author: authors.find((one) => one.id === author_id).name,
});
export const written = (ids) => books.filter(({ author_id }) => ids.includes(author_id)).map(bookOf);

export const jobsOf = (db, worker = "%") =>
  db.prepare("SELECT * FROM oban_jobs WHERE worker LIKE ? ORDER BY id").all(`%${worker}`);
export const RELATED = "Scrypath.Sync.RelatedWorker";

/** Runs `work` between BEGIN and COMMIT; gives what it gives. */
export async function transaction(db, work) {
  db.exec("BEGIN IMMEDIATE");
  try {
    const given = await work();
    db.exec("COMMIT");
    return given;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** A database with authors and books, and jobs for authors. */
export async function library(t) {
  const { db, file, url } = await sqlite(t);
  db.exec("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER)");
  const insert = db.prepare("INSERT INTO books VALUES (?, ?, ?)");
  for (const { id, title, author_id } of books) insert.run(id, title, author_id);
  const find = (ids) =>
    db
      .prepare("SELECT * FROM books WHERE author_id IN (SELECT value FROM json_each(?))")
      .all(JSON.stringify(ids));
  const enqueue = (client, of, records) =>
    client.syncRelated(of, records, { fanOut: "books", connection: db });
  return { db, file, url, find, enqueue };
}
