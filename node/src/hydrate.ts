import { callNow } from "./door.js";
import { encodeArgument } from "./encode.js";
import type { Emitter } from "./telemetry.js";
import type { DocumentId, Hydration } from "./wire.js";

/** The rows of hits in hit order, and the ids of hits whose row is gone. */
export async function hydrate<Row>(
  { ids, pending }: Hydration,
  key: string,
  fetch: (ids: readonly DocumentId[]) => readonly Row[] | Promise<readonly Row[]>,
  { signal, emitter }: { readonly signal: AbortSignal | undefined; readonly emitter: Emitter },
): Promise<{ records: Row[]; missingIds: readonly DocumentId[] }> {
  const carried = JSON.stringify(pending);
  let rows: readonly Row[];
  let found: string;
  try {
    rows = await fetch(ids);
    signal?.throwIfAborted();
    if (!Array.isArray(rows)) throw new TypeError("a repo's fetch must return an array of rows");
    found = JSON.stringify(rows.map((row) => encodeArgument((row as Record<string, unknown>)[key])));
  } catch (error) {
    callNow("hydration_failed", { pending: carried }, { emitter });
    throw error;
  }
  const { order, missing_ids } = callNow("hydrate", { pending: carried, found }, { emitter });
  return { records: order.map((at) => rows[at] as Row), missingIds: missing_ids };
}
