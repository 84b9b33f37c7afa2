/**
 * Related sync: one record changed, and documents of others with it. Which others is the application's to say, by
 * the resolver of a fan-out; when it is asked, and what becomes of a job, is decided here and in the core.
 */

import { type QueueConnection, refused, rowsOf, type Target, targetOf } from "./connections.js";
import { callNow } from "./door.js";
import { withoutConnection } from "./enqueue.js";
import { ScrypathError } from "./errors.js";
import { invalidOption, missingOption, refuseUnknown } from "./option-errors.js";
import type { WriteOptions } from "./options.js";
import { type AnySchema, type FanOut, nameOf, schemaFanningOut } from "./schema.js";
import type * as wire from "./wire.js";

/** The options of `syncRelated`. */
export interface RelatedOptions extends WriteOptions {
  /** Which of the `fanOuts` that the schema declares. */
  readonly fanOut: string;
}

/** The options of `workRelated`. */
export interface WorkRelatedOptions {
  /** The queue whose related jobs are run, as `obanQueue` named it. */
  readonly queue: string;
  /** Your connection, in a transaction; you commit it. Resolvers are given it as it is. */
  readonly connection: QueueConnection;
  /** How many jobs at most. Default 100. */
  readonly limit?: number | undefined;
  /** The schemas that jobs may name. Default: each that this program declares with `fanOuts`. */
  readonly schemas?: readonly AnySchema[] | undefined;
  /** Told of each job that failed, and what its resolver threw. Default: a warning on the `console`. */
  readonly onFailure?: ((failure: RelatedFailure) => void) | undefined;
}

/** A related job that is to be run again. */
export interface RelatedFailure {
  readonly jobId: number;
  readonly queue: string;
  /** What was thrown. It may hold what your records do. */
  readonly error: unknown;
  /** What the job's row says of it: which error, and where. Never a key or what a record holds. */
  readonly reason: string;
}

const NAMES = ["queue", "connection", "limit", "schemas", "onFailure"] satisfies (keyof WorkRelatedOptions)[];

/** Writes records of a target in the transaction of a job. */
type Enqueue = (target: AnySchema, records: readonly never[], options: WriteOptions) => Promise<unknown>;

/** A job that was claimed, and what the core read in it. */
interface Claimed {
  readonly job: wire.OwnJob;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly related: wire.RelatedJob;
}

type Ended = Pick<wire.JobVerdict, "outcome" | "reason">;

/** A related job cannot be run here. Its words hold nothing of a record. */
class Unresolved extends Error {}

/** Asks a fan-out for the records of its target. Without ids there are none. */
export async function resolve(
  { target, resolver }: FanOut,
  ids: readonly (string | number)[],
  connection: unknown,
): Promise<{ target: AnySchema; records: readonly never[] }> {
  const records: unknown = ids.length === 0 ? [] : await resolver(ids, { connection });
  if (!Array.isArray(records)) throw invalidOption("fanOuts", "a resolver must give an array of records");
  return { target: typeof target === "function" ? target() : target, records: records as never[] };
}

/** The same in the span of a call of related sync; `pending` is what the core's plan of it gave. */
export async function resolveNow(
  fanOut: FanOut,
  ids: readonly (string | number)[],
  pending: string | undefined,
): Promise<{ target: AnySchema; records: readonly never[] }> {
  if (ids.length === 0 || pending === undefined) return resolve(fanOut, ids, undefined);
  const end = { pending: JSON.stringify(pending), document_count: `${ids.length}` };
  const resolved = await resolve(fanOut, ids, undefined).catch((error: unknown) => {
    callNow("resolved", { ...end, found: undefined });
    throw error;
  });
  callNow("resolved", { ...end, found: `${resolved.records.length}` });
  return resolved;
}

/** Runs the related jobs of a queue that are due, inside the caller's transaction, and gives how many there were. */
export async function workRelated(options: WorkRelatedOptions, enqueue: Enqueue): Promise<number> {
  refuseUnknown(options, NAMES);
  const { queue, connection, limit = 100, schemas, onFailure = toConsole } = options;
  if (typeof queue !== "string" || queue === "") {
    throw missingOption("queue", "the name of the queue whose related jobs are run");
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw invalidOption("limit", "must be a whole number of at least 1");
  }
  if (connection === undefined || connection === null) {
    throw withoutConnection(
      "workRelated needs `connection`: your connection to the database, in a transaction",
    );
  }
  const named = new Map(schemas?.map((schema) => [nameOf(schema), schema]));
  const schemaOf = schemas === undefined ? schemaFanningOut : (name: string) => named.get(name);
  const work = new Work(targetOf(connection), queue);
  if (work.isIdle()) throw refused("is in no transaction: begin one, and commit it when the jobs are done");
  return work.run(limit, onFailure, async ({ schema: name, fan_out, document_ids, options: told }) => {
    // What is not declared here may be elsewhere, or after the next deployment: it is no reason to give it up.
    const schema = schemaOf(name);
    if (schema === undefined) throw new Unresolved(`this program declares no schema ${name} with fanOuts`);
    if (!Object.hasOwn(schema.fanOuts, fan_out)) {
      throw new Unresolved(`${name} declares no fan-out ${fan_out} in this program`);
    }
    const { target, records } = await resolve(schema.fanOuts[fan_out] as FanOut, document_ids, connection);
    await enqueue(target, records, { ...targetOptions(told), connection });
  });
}

function targetOptions(told: wire.RelatedOptions): WriteOptions {
  return {
    syncMode: "oban",
    obanQueue: told.oban_queue,
    ...(told.index_prefix !== undefined && { indexPrefix: told.index_prefix }),
    ...(told.meilisearch_url !== undefined && { meilisearchUrl: told.meilisearch_url }),
  };
}

/** The related jobs of one queue, on one connection. */
class Work {
  readonly #target: Target;
  readonly #queue: string;
  readonly #place: { readonly dialect: string; readonly placeholders: string };

  constructor(target: Target, queue: string) {
    this.#target = target;
    this.#queue = queue;
    this.#place = {
      dialect: JSON.stringify(target.dialect),
      placeholders: JSON.stringify(target.placeholders),
    };
  }

  isIdle(): boolean {
    return this.#target.isIdle?.() === true;
  }

  async run(
    limit: number,
    onFailure: (failure: RelatedFailure) => void,
    perform: (related: wire.RelatedJob) => Promise<void>,
  ): Promise<number> {
    const claimed = await this.#claim(limit);
    for (const { job, attempt, maxAttempts, related } of claimed) {
      const ended = related.verdict ?? (await this.#apart(job, related, onFailure, perform));
      await this.#settle(job, ended, attempt, maxAttempts);
    }
    return claimed.length;
  }

  async #claim(limit: number): Promise<Claimed[]> {
    const request = { ...this.#place, queue: JSON.stringify(this.#queue), limit: `${limit}` };
    const rows = await this.#carryOut(callNow("claim_related", request).statements);
    // In the order that they came in: it is that of the locks they take.
    return rows.map(([id, worker, args, attempt, maxAttempts]): Claimed => {
      const job = { id: Number(id), worker: String(worker), queue: this.#queue, args: String(args) };
      const related = callNow("read_related", { ...this.#place, job: JSON.stringify(job) });
      return { job, attempt: Number(attempt), maxAttempts: Number(maxAttempts), related };
    });
  }

  /** What one did is undone where it fails, and what the others did is not. */
  async #apart(
    job: wire.OwnJob,
    related: wire.RelatedJob,
    onFailure: (failure: RelatedFailure) => void,
    perform: (related: wire.RelatedJob) => Promise<void>,
  ): Promise<Ended> {
    await this.#target.query("SAVEPOINT scrypath_related", []);
    try {
      await this.#carryOut(related.statements);
      await perform(related);
    } catch (error) {
      await this.#target.query("ROLLBACK TO SAVEPOINT scrypath_related", []);
      await this.#target.query("RELEASE SAVEPOINT scrypath_related", []);
      const reason = reasonOf(error);
      onFailure({ jobId: job.id, queue: this.#queue, error, reason });
      return { outcome: "retry", reason };
    }
    await this.#target.query("RELEASE SAVEPOINT scrypath_related", []);
    return { outcome: "completed" };
  }

  async #settle(job: wire.OwnJob, ended: Ended, attempt: number, maxAttempts: number): Promise<void> {
    const request = {
      ...this.#place,
      id: `${job.id}`,
      outcome: JSON.stringify(ended.outcome),
      reason: ended.reason && JSON.stringify(ended.reason),
      attempt: `${attempt}`,
      max_attempts: `${maxAttempts}`,
    };
    await this.#carryOut(callNow("settle_related", request).statements);
  }

  /** Gives the rows of the last. */
  async #carryOut(statements: readonly wire.Statement[]): Promise<unknown[][]> {
    let rows: unknown[][] = [];
    for (const { sql, params } of statements) rows = rowsOf(await this.#target.query(sql, params));
    return rows;
  }
}

/** For a table and a log: which error was thrown and where, and no value. */
function reasonOf(error: unknown): string {
  if (error instanceof Unresolved) return error.message;
  if (error instanceof ScrypathError) return `${error.kind}: ${error.message}`;
  if (!(error instanceof Error)) return `a ${typeof error} was thrown`;
  const { code } = error as { code?: unknown };
  const [, where] = /([^/\\(]+:\d+):\d+\)?$/m.exec(error.stack?.replace(error.message, "") ?? "") ?? [];
  return [
    error.constructor.name,
    ...(typeof code === "string" && /^\w+$/.test(code) ? [`(${code})`] : []),
    "was thrown",
    ...(where === undefined ? [] : [`at ${where}`]),
  ].join(" ");
}

function toConsole({ jobId, queue, reason }: RelatedFailure): void {
  console.warn(`scrypath: related job ${jobId} of queue ${queue} failed: ${reason}`);
}
