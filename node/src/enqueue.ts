/**
 * Writes in mode `oban`: the core makes the row of the job and its statement, and the caller's connection
 * carries it out. Nothing is begun, committed or rolled back here.
 */

import { jobId, type Target, targetOf } from "./connections.js";
import { callNow, type Request } from "./door.js";
import { QueueError } from "./errors.js";
import type { Lines } from "./records.js";
import { enqueueResult, type WriteResult } from "./results.js";
import type * as wire from "./wire.js";

/** The write that each kind of job stands for. */
const JOBS = {
  sync_records: "enqueue_records",
  delete_records: "enqueue_deletes",
  delete_documents: "enqueue_delete_documents",
  sync_related: "enqueue_related",
} as const;

type Enqueued = keyof typeof JOBS;

/** What is either sent or enqueued. */
export type Write = Exclude<Enqueued, "sync_related">;

/** What writes take; `ids` where they come without records. */
type EnqueueRequest = Request<"index_name"> & { readonly ids?: string | undefined };

/** For a call without a connection: what else is wrong with it is heard first. */
const NOWHERE = { dialect: "sqlite", placeholders: "question" } as const;

/**
 * Enqueues a write. There is no pause before the statement begins: with a driver that does not wait, the job
 * is inserted when this returns its promise.
 */
export async function enqueue(
  write: Enqueued,
  request: EnqueueRequest,
  connection: unknown,
  records: Lines | undefined,
): Promise<WriteResult> {
  const target = connection === undefined ? undefined : targetOf(connection);
  const made = make(write, request, target ?? NOWHERE, records);
  if (made.insert === undefined) return enqueueResult(made, undefined);
  if (target === undefined) throw unavailable();
  const { sql, queue, worker, args, max_attempts } = made.insert;
  const rows = await target.query(sql, [queue, worker, args, max_attempts]);
  return enqueueResult(made, jobId(rows));
}

function make(
  write: Enqueued,
  request: EnqueueRequest,
  { dialect, placeholders }: Pick<Target, "dialect" | "placeholders">,
  records: Lines | undefined,
): wire.Enqueue {
  const asked = {
    ...request,
    dialect: JSON.stringify(dialect),
    placeholders: JSON.stringify(placeholders),
  };
  return callNow(JOBS[write], asked as Request<(typeof JOBS)[Enqueued]>, { records });
}

function unavailable(): QueueError {
  return withoutConnection(
    'syncMode "oban" needs `connection`: the connection to your database whose transaction the job is to be part of',
  );
}

export function withoutConnection(message: string): QueueError {
  return new QueueError({
    kind: "queue_unavailable",
    class: "queue",
    retryable: false,
    message,
    details: { name: "connection" },
  });
}
