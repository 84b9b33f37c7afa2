/**
 * Connections that jobs are inserted on: the caller's own, told apart by their shape, since none of their
 * libraries is imported here.
 */

import { UsageError } from "./errors.js";

/** The database that the jobs are in. */
export type QueueDialect = "postgres" | "sqlite";

/** How a driver writes the places of values: `$1`, `%s` or `?`. */
export type QueuePlaceholders = "numbered" | "format" | "question";

/** Any connection at all, in the form that the others are brought into. */
export interface QueueAdapter {
  readonly dialect: QueueDialect;
  /** Default: `numbered` for `postgres`, `question` for `sqlite`. */
  readonly placeholders?: QueuePlaceholders;
  /**
   * Carries out one statement, inside the transaction that the caller is in.
   *
   * @returns the rows, whose values are in the order of the statement's columns; none where it gives none.
   */
  query(sql: string, parameters: readonly (string | number)[]): QueueRows | PromiseLike<QueueRows>;
}

/** Rows as drivers give them: objects, or arrays of values. */
export type QueueRows = readonly object[];

/** What is needed of a better-sqlite3 `Database`. */
export interface SqliteConnection {
  prepare(sql: string): {
    all(...parameters: unknown[]): unknown[];
    run(...parameters: unknown[]): unknown;
    /** Whether the statement gives rows. */
    readonly reader?: boolean;
  };
  exec(sql: string): unknown;
}

/** What is needed of a `Client` or `PoolClient` of pg. */
export interface PgConnection {
  query(sql: string, parameters: unknown[]): PromiseLike<{ readonly rows: unknown[] }>;
  escapeIdentifier(name: string): string;
  /** Tells it from an adapter, whose `query` is another. */
  readonly dialect?: never;
}

/** What is needed of the client that Prisma's `$transaction` gives. */
export interface PrismaTransaction {
  $queryRawUnsafe(sql: string, ...parameters: unknown[]): PromiseLike<unknown>;
}

/** What is needed of a Knex transaction. */
export interface KnexTransaction {
  raw(sql: string, bindings: readonly (string | number)[]): PromiseLike<unknown>;
  readonly isTransaction?: boolean;
}

/** What a Drizzle transaction over pg or better-sqlite3 shows of itself. */
export interface DrizzleTransaction {
  readonly _: object;
  transaction(...parameters: never[]): unknown;
}

/**
 * The connection whose transaction a job becomes part of: a better-sqlite3 `Database`, a pg `Client` or
 * `PoolClient`, the transaction of Prisma, Knex or Drizzle, or an adapter for anything else.
 */
export type QueueConnection =
  | SqliteConnection
  | PgConnection
  | PrismaTransaction
  | KnexTransaction
  | DrizzleTransaction
  | QueueAdapter;

/** A connection that was recognized. */
export interface Target {
  readonly dialect: QueueDialect;
  readonly placeholders: QueuePlaceholders;
  /** Begins at once; gives the rows as the driver has them, or a promise of them. */
  query(sql: string, parameters: readonly (string | number)[]): unknown;
  /** Whether it is known to be in no transaction. */
  isIdle?(): boolean;
}

/** Recognizes a connection. What it is not never shows in the refusal: it may hold a password. */
export function targetOf(connection: unknown): Target {
  if ((typeof connection === "object" && connection !== null) || typeof connection === "function") {
    for (const form of FORMS) {
      const target = form(connection as Shape);
      if (target !== undefined) return target;
    }
  }
  throw refused(
    "is none that is known here: pass a better-sqlite3 Database, a pg Client, a transaction of Prisma, Knex " +
      "or Drizzle, or { dialect, query(sql, params) }",
  );
}

/** The values of the rows that a statement gave, in whichever form the driver has them. */
export function rowsOf(given: unknown): unknown[][] {
  const list = Array.isArray(given) ? given : (given as { rows?: unknown } | null | undefined)?.rows;
  if (!Array.isArray(list)) return [];
  return list.map((row) => (typeof row === "object" && row !== null ? Object.values(row) : []));
}

/** The id of a job, from the rows that its statement gave. */
export function jobId(given: unknown): number {
  const [row = []] = rowsOf(given);
  // pg gives a bigint as text, Prisma as a BigInt.
  const id = Number(row[0]);
  if (Number.isSafeInteger(id)) return id;
  throw refused("gave no row with the id of the job: its `query` must return the rows of the statement");
}

export function refused(why: string): UsageError {
  return new UsageError({
    kind: "invalid_option",
    class: "usage",
    retryable: false,
    message: `connection ${why}`,
    details: { name: "connection" },
  });
}

// ── The forms, by what only they have ────────────────────────────────────────────────────────────────

type Method = (...parameters: unknown[]) => unknown;
type Shape = Readonly<Record<string, unknown>>;
type Form = (connection: Shape) => Target | undefined;

// Prisma comes before Drizzle: a model may be named `session`.
const FORMS: readonly Form[] = [adapter, prisma, knex, drizzle, pg, sqlite];

function adapter(connection: Shape): Target | undefined {
  const { dialect, placeholders = dialect === "postgres" ? "numbered" : "question" } = connection;
  if (typeof dialect !== "string" || !has(connection, "query")) return undefined;
  if (!isPlaceholders(placeholders)) {
    throw refused('has placeholders that are none: they are "numbered", "format" or "question"');
  }
  return {
    dialect: known(dialect),
    placeholders,
    query: (sql, parameters) => connection.query(sql, parameters),
  };
}

function prisma(connection: Shape): Target | undefined {
  if (!has(connection, "$queryRawUnsafe")) return undefined;
  if (has(connection, "$connect")) {
    throw refused(
      "is a Prisma client, whose statements are in no transaction: pass what `$transaction` gives",
    );
  }
  const { _activeProvider: provider = "postgresql" } = connection;
  const dialect = known(provider);
  return {
    dialect,
    placeholders: dialect === "postgres" ? "numbered" : "question",
    query: (sql, parameters) => connection.$queryRawUnsafe(sql, ...parameters),
  };
}

function knex(connection: Shape): Target | undefined {
  if (!has(connection, "raw") || !("isTransaction" in connection || has(connection, "transaction"))) {
    return undefined;
  }
  if (connection.isTransaction !== true) {
    throw refused("is Knex itself, whose statements are in no transaction: pass what `transaction` gives");
  }
  return {
    dialect: known((connection.client as Shape | undefined)?.dialect),
    placeholders: "question",
    query: (sql, parameters) => connection.raw(sql, parameters),
  };
}

/** The driver's connection within: for a transaction, Drizzle takes one of a pool and keeps to it. */
function drizzle(connection: Shape): Target | undefined {
  const session = connection.session as Shape | null | undefined;
  if (typeof session !== "object" || session === null || !has(connection, "transaction")) return undefined;
  return session.client === undefined ? undefined : targetOf(session.client);
}

function pg(connection: Shape): Target | undefined {
  if (!has(connection, "query")) return undefined;
  if (typeof connection.totalCount === "number") {
    throw refused(
      "is a Pool, whose statements are in no transaction: pass the client that `BEGIN` was sent to",
    );
  }
  if (!has(connection, "escapeIdentifier")) return undefined;
  return {
    dialect: "postgres",
    placeholders: "numbered",
    query: (sql, parameters) => connection.query(sql, parameters),
  };
}

function sqlite(connection: Shape): Target | undefined {
  if (!has(connection, "prepare") || !has(connection, "exec")) return undefined;
  return {
    dialect: "sqlite",
    placeholders: "question",
    query: (sql, parameters) => {
      const statement = prepared(connection, sql);
      // better-sqlite3 has rows only of statements that give some.
      return statement.reader === false ? statement.run(...parameters) : statement.all(...parameters);
    },
    isIdle: () => connection.inTransaction === false,
  };
}

type SqliteStatement = ReturnType<SqliteConnection["prepare"]>;

/** Statements of better-sqlite3, which keeps none: making one takes as long as carrying it out. */
const PREPARED = new WeakMap<object, Map<string, SqliteStatement>>();

/** Enough for those that a program repeats. */
const MOST_PREPARED = 32;

function prepared(connection: Record<"prepare", Method>, sql: string): SqliteStatement {
  const known = PREPARED.get(connection) ?? new Map<string, SqliteStatement>();
  PREPARED.set(connection, known);
  let statement = known.get(sql);
  if (statement === undefined) {
    statement = connection.prepare(sql) as SqliteStatement;
    if (known.size < MOST_PREPARED) known.set(sql, statement);
  }
  return statement;
}

function has<Name extends string>(connection: Shape, name: Name): connection is Shape & Record<Name, Method> {
  return typeof connection[name] === "function";
}

function isPlaceholders(name: unknown): name is QueuePlaceholders {
  return name === "numbered" || name === "format" || name === "question";
}

/** The databases that jobs can be in, as the libraries name them. */
const DIALECTS: Readonly<Record<string, QueueDialect>> = {
  postgres: "postgres",
  postgresql: "postgres",
  sqlite: "sqlite",
  sqlite3: "sqlite",
};

/** The dialect of a database, by any name that a library has for it. */
export function known(name: unknown): QueueDialect {
  if (typeof name === "string" && Object.hasOwn(DIALECTS, name)) return DIALECTS[name] as QueueDialect;
  throw refused("is to a database of another kind: jobs are kept in PostgreSQL or SQLite");
}
