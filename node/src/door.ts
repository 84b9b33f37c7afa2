/**
 * The one door to the native library: a request and a reply, both as text.
 *
 * Nothing but encoding and decoding happens on the event loop. Calls that wait run on the library's own
 * threads; when some have ended, the loop is woken once and `settle` takes them all.
 */

import { toError } from "./errors.js";
import { type NativeBulk, native } from "./native.cjs";
import type { Lines } from "./records.js";
import { Emitter, wanted } from "./telemetry.js";
import type { Operations, Reply, WriteResult } from "./wire.js";

type Operation = keyof Operations;

/** The arguments of an operation, each as JSON text. */
export type Request<Name extends Operation> = {
  readonly [Argument in keyof Operations[Name]["takes"]]: string | undefined;
};

type Gives<Name extends Operation> = Operations[Name]["gives"];

const waiting = new Map<number, (reply: string) => void>();
const door = new native.Door(settle);

function settle(): void {
  const ended = door.drain();
  for (let at = 0; at < ended.length; at += 2) {
    const id = ended[at] as number;
    waiting.get(id)?.(ended[at + 1] as string);
    waiting.delete(id);
  }
}

/** What comes with a call beside its request. */
interface Beside {
  readonly records?: Lines | undefined;
  /** That of the operation, where this is not its only call. */
  readonly emitter?: Emitter | undefined;
}

/** Carries out a pure operation at once. */
export function callNow<Name extends Operation>(
  operation: Name,
  request: Request<NoInfer<Name>>,
  { records, emitter }: Beside = {},
): Gives<Name> {
  const reply = native.callNow(write(operation, request), records?.ndjson, records?.hooked);
  return open(reply, emitter) as Gives<Name>;
}

interface Waiting extends Beside {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Carries out an operation that waits. Once `signal` aborts, its work is cancelled and the promise
 * rejects with the signal's reason.
 */
export async function call<Name extends Operation>(
  operation: Name,
  request: Request<NoInfer<Name>>,
  { records, emitter, signal }: Waiting,
): Promise<Gives<Name>> {
  signal?.throwIfAborted();
  const id = door.call(write(operation, request), records?.ndjson, records?.hooked);
  // Awaited here, so that an error's stack shows who called.
  return open(await ended(id, signal), emitter) as Gives<Name>;
}

/** A bulk write: batches are sent as they come, and awaited together at the end. */
export class Stream {
  readonly #native: NativeBulk;

  constructor(request: Request<"sync_records">) {
    const opened = native.Bulk.open(write("stream", request));
    if (typeof opened === "string") open(opened);
    this.#native = opened as NativeBulk;
  }

  /** Sends one batch; resolves once the backend has accepted it. */
  async push(records: Lines, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    open(await ended(door.push(this.#native, records.ndjson, records.hooked), signal));
  }

  /** Waits as the mode promises; the result is that of all batches. */
  async finish(signal?: AbortSignal): Promise<WriteResult> {
    signal?.throwIfAborted();
    return open(await ended(door.finish(this.#native), signal)) as WriteResult;
  }

  /** Refuses every later push. What was accepted stays accepted. */
  abort(): void {
    this.#native.abort();
  }
}

function ended(id: number, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      waiting.set(id, resolve);
      return;
    }
    const abort = () => {
      door.cancel(id);
      waiting.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    waiting.set(id, (reply) => {
      signal.removeEventListener("abort", abort);
      resolve(reply);
    });
  });
}

function write(operation: string, request: Readonly<Record<string, string | undefined>>): string {
  let text = `{"op":"${operation}","host":"node"`;
  if (!wanted()) text += `,"events":false`;
  for (const name in request) {
    const json = request[name];
    if (json !== undefined) text += `,"${name}":${json}`;
  }
  return `${text}}`;
}

function open(text: string, emitter = new Emitter()): unknown {
  const { ok, error, events } = JSON.parse(text) as Reply;
  if (events !== undefined) emitter.publish(events);
  if (error !== undefined) throw toError(error);
  return ok;
}
