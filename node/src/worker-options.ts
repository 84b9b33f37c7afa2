/**
 * What a worker is started with, as the arguments and the environment of its command.
 */

import { invalidOption, missingOption, refuseUnknown } from "./option-errors.js";
import type { WorkerMessage } from "./worker.js";

/** The options of `worker`. */
export interface WorkerOptions {
  /**
   * The database that the jobs are in: `postgres://USER@HOST/DATABASE` (12 and newer) or `sqlite:PATH`.
   * Default: the environment's `DATABASE_URL`.
   */
  readonly databaseUrl?: string | undefined;
  /** The queue that is worked, or several, each on its own. Default: the client's `obanQueue`, else `scrypath`. */
  readonly queues?: string | readonly string[] | undefined;
  /** Whether it ends once there is nothing to do. Default false. */
  readonly untilIdle?: boolean | undefined;
  /** How long a queue stays with a worker that no longer says anything, in ms. Default 60000. */
  readonly lease?: number | undefined;
  /** How long a request may take, in ms. Default 15000. */
  readonly requestTimeout?: number | undefined;
  /** How long after that it may still land, in ms. Default 15000. */
  readonly settleTime?: number | undefined;
  /**
   * How long completed jobs stay in the table, in ms. Those that were given up or called off stay.
   * Default 86400000, a day.
   */
  readonly keepCompleted?: number | undefined;
  /** Aborting it stops the worker, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
  /** Told what the worker says: why a queue pauses, why it died. Default: `console.error`, `console.warn`. */
  readonly onMessage?: ((message: WorkerMessage) => void) | undefined;
}

/** What of a client a worker works with. */
export interface WorkerClient {
  readonly meilisearchUrl: string | null;
  readonly meilisearchApiKey: string | null | undefined;
  readonly obanQueue: string | null;
}

const NAMES = [
  "databaseUrl",
  "queues",
  "untilIdle",
  "lease",
  "requestTimeout",
  "settleTime",
  "keepCompleted",
  "signal",
  "onMessage",
] satisfies (keyof WorkerOptions)[];

/** What is given in ms: the option, its flag, and the least that it may be. */
const DURATIONS = [
  ["lease", "--lease", 1],
  ["requestTimeout", "--request-timeout", 1],
  ["settleTime", "--settle-time", 0],
  ["keepCompleted", "--keep-completed", 0],
] as const;

export function workerArguments(options: WorkerOptions, client: WorkerClient): string[] {
  refuseUnknown(options, NAMES);
  const parameters = ["worker", "--json"];
  for (const queue of queuesOf(options.queues ?? client.obanQueue ?? "scrypath")) {
    parameters.push(`--queue=${queue}`);
  }
  if (options.untilIdle) parameters.push("--until-idle");
  for (const [name, flag, least] of DURATIONS) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw invalidOption(name, `must be milliseconds, a whole number of at least ${least}`);
    }
    parameters.push(`${flag}=${value}`);
  }
  return parameters;
}

/** The URLs and the key: on the command line everybody on the machine could read them. */
export function workerEnvironment(options: WorkerOptions, client: WorkerClient): NodeJS.ProcessEnv {
  const databaseUrl: unknown = options.databaseUrl ?? process.env.DATABASE_URL;
  if (databaseUrl === undefined || databaseUrl === "") {
    throw missingOption("databaseUrl", "postgres://USER@HOST/DATABASE or sqlite:PATH, where the jobs are");
  }
  if (typeof databaseUrl !== "string") throw invalidOption("databaseUrl", "must be a string");
  // Node refuses these as well, in a message that holds the value.
  for (const [name, value] of Object.entries({ databaseUrl, ...client })) {
    if (typeof value === "string" && value.includes("\0")) throw invalidOption(name, "holds a NUL");
  }
  const { meilisearchUrl, meilisearchApiKey } = client;
  if (!meilisearchUrl) throw missingOption("meilisearchUrl", "the backend that the client writes to");
  if (meilisearchUrl.startsWith("memory:")) {
    throw invalidOption(
      "meilisearchUrl",
      "memory: is an index of this process alone, and a worker is another",
    );
  }
  // No other key than the client's: one that is merely in the environment is not for its server.
  const { MEILISEARCH_API_KEY: _, ...inherited } = process.env;
  return {
    ...inherited,
    NO_COLOR: "1",
    DATABASE_URL: databaseUrl,
    MEILISEARCH_URL: meilisearchUrl,
    ...(meilisearchApiKey && { MEILISEARCH_API_KEY: meilisearchApiKey }),
  };
}

function queuesOf(queues: unknown): readonly string[] {
  const names: unknown = typeof queues === "string" ? [queues] : queues;
  const isName = (name: unknown) => typeof name === "string" && name !== "" && !name.includes("\0");
  if (Array.isArray(names) && names.length > 0 && names.every(isName)) return names;
  throw invalidOption("queues", "must be the name of a queue, or several");
}
