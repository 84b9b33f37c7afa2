// For what another process does without telling anybody.

import { setTimeout as pause } from "node:timers/promises";

/** Looks again and again until `look` gives something, and gives it; fails after `patience` ms. */
export async function eventually(look, patience = 20_000) {
  const end = performance.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`it did not happen within ${patience} ms: ${look}`);
    await pause(10);
  }
}
