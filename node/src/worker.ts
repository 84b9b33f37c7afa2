/**
 * `scrypath worker` as a child of this process: started, heard, started again where it dies, stopped.
 */

import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

import { type Child, findCommand, start, stop } from "./command.js";
import { QueueError } from "./errors.js";
import {
  type WorkerClient,
  type WorkerOptions,
  workerArguments,
  workerEnvironment,
} from "./worker-options.js";

/** What a worker did. */
export interface Tally {
  /** Jobs whose documents, or newer ones, are in the index. */
  readonly completed: number;
  /** Jobs that were given up. */
  readonly discarded: number;
  /** Jobs that never could be run. */
  readonly cancelled: number;
  /** How often a job was put back. */
  readonly retried: number;
  /** Requests sent. */
  readonly requests: number;
  /** How often a queue had to wait for the backend. */
  readonly pauses: number;
}

/** What a worker says. Never a key, a password or a document. */
export interface WorkerMessage {
  /** `warn`: why a queue pauses. `error`: why it died. */
  readonly level: "error" | "warn" | "info";
  readonly text: string;
}

/** Between the end of a worker that died and the next one, in ms. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

const NOTHING: Tally = { completed: 0, discarded: 0, cancelled: 0, retried: 0, requests: 0, pauses: 0 };

/**
 * A `scrypath worker` in a process of its own; `search.worker` starts one. One that dies is started again, after
 * a second and then ever longer, at most a minute. Like a server that listens, it keeps this process alive.
 */
export class Worker {
  /**
   * Resolves once it has ended: with `untilIdle` when there is nothing to do, else when it was stopped. The tally
   * is that of the process that ended last. It rejects with a `QueueError` where starting again would not help:
   * with `untilIdle`, when the command knows an option not, or when it failed while it was stopped. If nobody
   * waits for it, that is an unhandled rejection.
   */
  readonly done: Promise<Tally>;
  readonly #command: string;
  readonly #arguments: string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #untilIdle: boolean;
  readonly #tell: (message: WorkerMessage) => void;
  readonly #stopping = new AbortController();
  #child: Child | undefined;

  /** @internal */
  constructor(options: WorkerOptions, client: WorkerClient) {
    // All that can be wrong is said before anything is started.
    this.#arguments = workerArguments(options, client);
    this.#environment = workerEnvironment(options, client);
    this.#command = findCommand();
    this.#untilIdle = options.untilIdle === true;
    this.#tell = options.onMessage ?? toConsole;
    const { signal } = options;
    signal?.throwIfAborted();
    const abort = () => this.#stop();
    signal?.addEventListener("abort", abort, { once: true });
    this.done = this.#supervise().finally(() => signal?.removeEventListener("abort", abort));
  }

  /** The id of its process; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Ends it. What was begun is finished first, so this may take as long as a request does.
   *
   * @returns `done`.
   */
  stop(): Promise<Tally> {
    this.#stop();
    return this.done;
  }

  /** `await using worker = search.worker(…)` stops it at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #stop(): void {
    this.#stopping.abort();
    if (this.#child !== undefined) stop(this.#child);
  }

  async #supervise(): Promise<Tally> {
    let pause = FIRST_PAUSE;
    for (;;) {
      const since = performance.now();
      const end = await this.#run();
      if (end.tally !== undefined) return end.tally;
      if (end.isFinal || this.#untilIdle || this.#stopping.signal.aborted) throw failed(end.why);
      if (performance.now() - since > LONGEST_PAUSE) pause = FIRST_PAUSE;
      this.#tell({
        level: "error",
        text: `the worker died and is started again in ${pause / 1000} s: ${end.why}`,
      });
      if (await over(pause, this.#stopping.signal)) return NOTHING;
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** Runs the command once. */
  async #run(): Promise<End> {
    const child = start(this.#command, this.#arguments, this.#environment);
    this.#child = child;
    let last = "";
    createInterface(child.stderr).on("line", (line) => {
      if (line.trim() === "") return;
      const message = read(line);
      last = message.text;
      this.#tell(message);
    });
    // A pipe that breaks has nothing more to say.
    const printed = text(child.stdout).catch(() => "");
    const { code, signal, failure } = await closed(child);
    this.#child = undefined;
    if (failure !== undefined) return { why: `it could not be started (${failure})`, isFinal: true };
    if (code === 0) {
      const counted = tally(await printed);
      return counted === undefined ? { why: "it printed no tally", isFinal: true } : { tally: counted };
    }
    // 2: the command line was not understood, and will not be.
    return { why: last || `it ended with ${signal ?? `code ${code}`}`, isFinal: code === 2 };
  }
}

/** How a run of the command ended: well, or why not, and whether another would end the same. */
type End =
  | { readonly tally: Tally }
  | { readonly tally?: never; readonly why: string; readonly isFinal: boolean };

function read(line: string): WorkerMessage {
  const [, level, words] = /^\S+Z\s+(ERROR|WARN|INFO)\s+(.*)$/.exec(line) ?? [];
  if (level === undefined || words === undefined) {
    return { level: "info", text: line.trim().replace(/^scrypath: /, "") };
  }
  return { level: level.toLowerCase() as WorkerMessage["level"], text: words };
}

/** On standard error, whatever the level: standard output is the application's. */
function toConsole({ level, text }: WorkerMessage): void {
  console[level === "error" ? "error" : "warn"](`scrypath worker: ${text}`);
}

function tally(printed: string): Tally | undefined {
  try {
    return { ...NOTHING, ...(JSON.parse(printed) as Partial<Tally>) };
  } catch {
    return undefined;
  }
}

interface Closed {
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  /** Why it was not even started. */
  readonly failure?: string;
}

/** Waits until a process has ended and said all it had to say. */
function closed(child: Child): Promise<Closed> {
  return new Promise((resolve) => {
    child.once("error", ({ code: failure = "for a reason unknown" }: NodeJS.ErrnoException) =>
      resolve({ failure }),
    );
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function failed(why: string): QueueError {
  return new QueueError({
    kind: "queue_unavailable",
    class: "queue",
    retryable: false,
    message: `the worker failed: ${why}`,
    details: {},
  });
}

/** Waits; gives whether it was to stop meanwhile. */
function over(pause: number, stopping: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      stopping.removeEventListener("abort", stop);
      resolve(false);
    }, pause);
    stopping.addEventListener("abort", stop, { once: true });
  });
}
