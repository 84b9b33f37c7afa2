import { callNow } from "./door.js";
import { argumentJson } from "./encode.js";

type Distributions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Puts each override's counts in the place of those of its facet. For counts that were searched for apart, as
 * the server sends them; `searchDisjunctive` does both. Counts become whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { mergeDistributions } from "scrypath";
 *
 * mergeDistributions({ kind: { tug: 1 } }, { kind: { tug: 4, ferry: 6 } }); // { kind: { tug: 4, ferry: 6 } }
 * ```
 */
export function mergeDistributions(
  main: Distributions,
  overrides: Distributions,
): Record<string, Record<string, number>> {
  return callNow("merge_distributions", { main: argumentJson(main), overrides: argumentJson(overrides) });
}
