import { callNow } from "./door.js";
import { encodeArgument } from "./encode.js";
import type { DocumentId, Hydration } from "./wire.js";

/** The rows of hits in hit order, and the ids of hits whose row is gone. */
export async function hydrate<Row>(
  { ids, pending }: Hydration,
  key: string,
  fetch: (ids: readonly DocumentId[]) => readonly Row[] | Promise<readonly Row[]>,
  signal: AbortSignal | undefined,
): Promise<{ records: Row[]; missingIds: readonly DocumentId[] }> {
  const carried = JSON.stringify(pending);
  let rows: readonly Row[];
  try {
    rows = await fetch(ids);
    signal?.throwIfAborted();
    if (!Array.isArray(rows)) throw new TypeError("a repo's fetch must return an array of rows");
  } catch (error) {
    callNow("hydration_failed", { pending: carried });
    throw error;
  }
  const found = JSON.stringify(rows.map((row) => encodeArgument((row as Record<string, unknown>)[key])));
  const { order, missing_ids } = callNow("hydrate", { pending: carried, found });
  return { records: order.map((at) => rows[at] as Row), missingIds: missing_ids };
}
