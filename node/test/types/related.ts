// Related sync and the queue's tables, as types. `npm run types` checks it; nothing here runs.

import type { Knex } from "knex";
import {
  type FanOut,
  type QueueTables,
  queueMigration,
  queueTables,
  type RelatedFailure,
  type Resolver,
  type Schema,
  Scrypath,
  schema,
  schemaFromJson,
  type WriteResult,
} from "scrypath";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["the types differ"]): void {}

interface BookRow {
  id: number;
  title: string;
}
interface AuthorRow {
  id: number;
  name: string;
}
declare const books: readonly BookRow[];
declare const author: AuthorRow;
declare const book: BookRow;
const search = new Scrypath({ meilisearchUrl: "memory:" });
const Book = schema<BookRow>({ name: "Book", fields: ["title"] });

// ── Declarations ─────────────────────────────────────────────────────────────────────────────────────

const Author = schema<AuthorRow>({
  name: "Author",
  fields: ["name"],
  fanOuts: {
    loose: { target: Book, resolver: (ids, { connection }) => connection?.booksOf(ids) },
    books: {
      target: () => Book,
      resolver: async (ids, { connection }) => {
        same<typeof ids, readonly (string | number)[]>();
        same<typeof connection, Knex.Transaction | undefined>();
        return connection === undefined ? books : await connection<BookRow>("books").whereIn("id", ids);
      },
    } satisfies FanOut<BookRow, Knex.Transaction>,
  },
});
same<typeof Author, Schema<AuthorRow, AuthorRow>>();

const booksOf: Resolver<BookRow> = () => books;
schemaFromJson<AuthorRow>("{}", { fanOuts: { books: { target: Book, resolver: booksOf } } });

// Two schemas that refer to each other need the type of one.
const Left: Schema<AuthorRow> = schema<AuthorRow>({
  name: "Left",
  fields: ["name"],
  fanOuts: { right: { target: () => Right, resolver: () => books } },
});
const Right = schema<BookRow>({
  name: "Right",
  fields: ["title"],
  fanOuts: { left: { target: Left, resolver: () => [author] } },
});

// @ts-expect-error records of another type than the target's
({ target: Book, resolver: () => [author] }) satisfies FanOut<BookRow>;
// @ts-expect-error a target of another type
({ target: Author, resolver: () => books }) satisfies FanOut<BookRow>;
// @ts-expect-error one record where a list belongs
({ target: Book, resolver: () => book }) satisfies FanOut<BookRow>;
// @ts-expect-error no target
schema<AuthorRow>({ name: "Author", fields: ["name"], fanOuts: { books: { resolver: booksOf } } });
// @ts-expect-error no resolver
schema<AuthorRow>({ name: "Author", fields: ["name"], fanOuts: { books: { target: Book } } });
// @ts-expect-error a resolver that gives no list
schema<AuthorRow>({ name: "A", fields: ["name"], fanOuts: { books: { target: Book, resolver: () => 7 } } });

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────────

declare const trx: Knex.Transaction;
const result = await search.syncRelated(Author, author, { fanOut: "books" });
same<typeof result, WriteResult>();
await search.syncRelated(Right, books, { fanOut: "left", syncMode: "oban", connection: trx });
const jobs = await search.workRelated({
  queue: "search",
  connection: trx,
  limit: 10,
  schemas: [Author, Right],
});
same<typeof jobs, number>();
await search.workRelated({
  queue: "search",
  connection: trx,
  onFailure: (failure) => {
    same<typeof failure, RelatedFailure>();
    same<typeof failure.error, unknown>();
  },
});

// @ts-expect-error no fan-out
await search.syncRelated(Author, author, {});
// @ts-expect-error records of another type
await search.syncRelated(Author, book, { fanOut: "books" });
// @ts-expect-error no queue
await search.workRelated({ connection: trx });
// @ts-expect-error no connection
await search.workRelated({ queue: "search" });

// ── Tables ───────────────────────────────────────────────────────────────────────────────────────────

declare const database: Knex;
same<ReturnType<typeof queueTables>, QueueTables>();
const migration: Knex.Migration = queueMigration;
await queueMigration.up(trx);
await migration.down?.(database);
// @ts-expect-error a database that no job can be in
queueTables("mysql");
