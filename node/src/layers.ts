/**
 * Options on their way to the core: what it merges and checks, apart from what stays in JavaScript.
 *
 * Options are an object or, where order and repetition matter, an array of pairs.
 */

import { argumentJson } from "./encode.js";
import type { Repo } from "./repo.js";

type Pairs = readonly (readonly [string, unknown])[];

/** The options of a call, taken apart. */
export interface CallLayer {
  /** What the core reads. */
  readonly json: string;
  readonly signal: AbortSignal | undefined;
  /** The repo the call names; `undefined` when it names none. */
  readonly repo: Repo<unknown> | null | undefined;
  readonly preload: unknown;
}

/** Stands for a value that stays in JavaScript, and is not even looked at on the way. */
const opaque = () => {};

export function callLayer(options: unknown): CallLayer {
  const pairs = pairsOf(options);
  const repo = given(pairs, "repo") as CallLayer["repo"];
  const preload = given(pairs, "preload");
  // The other options keep an `undefined`, which the core refuses: dropping a condition widens a search.
  const read = pairs?.filter(([key, value]) => {
    return key !== "signal" && (value !== undefined || (key !== "repo" && key !== "preload"));
  });
  const layer = read?.map(([key, value]) => {
    if (key === "connection") return [key, opaque];
    if (key === "repo") return [key, repoName(value)];
    return [key, key === "preload" && !isNames(value) ? opaque : value];
  });
  const signal = given(pairs, "signal") as CallLayer["signal"];
  return { json: argumentJson(layer ?? options), signal, repo, preload };
}

/** The options of a write. Its connection is taken out; what other calls do with one, the core refuses. */
export function writeLayer(options: unknown): { rest: unknown; connection: unknown } {
  const pairs = pairsOf(options);
  const connection = given(pairs, "connection") ?? undefined;
  return { rest: pairs?.filter(([key]) => key !== "connection") ?? options, connection };
}

/** Options below those of a call. Here leaving one out and giving `undefined` are the same. */
export function defaultsLayer(options: unknown): string {
  const layer = pairsOf(options)
    ?.filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (key === "connection") return [key, opaque];
      return [key, key === "repo" ? repoName(value) : value];
    });
  return argumentJson(layer ?? options);
}

/** The options of a declaration, without those named in `own`, which stay in JavaScript. */
export function declarationLayer<Own extends string>(
  options: unknown,
  own: readonly Own[],
): { json: string; own: { readonly [Name in Own]: unknown } } {
  const pairs = pairsOf(options);
  const taken = own.map((name) => [name, given(pairs, name)]);
  const rest = pairs?.filter(([key]) => !own.includes(key as Own));
  return { json: defaultsLayer(rest ?? options), own: Object.fromEntries(taken) };
}

/** One option, in whichever form they are. */
export function optionOf(options: unknown, name: string): unknown {
  return given(pairsOf(options), name);
}

function given(pairs: Pairs | undefined, name: string): unknown {
  return pairs?.find(([key]) => key === name)?.[1];
}

function pairsOf(options: unknown): Pairs | undefined {
  if (typeof options !== "object" || options === null) return undefined;
  if (!Array.isArray(options)) return Object.entries(options);
  return options.every((pair) => Array.isArray(pair) && pair.length === 2) ? options : undefined;
}

function repoName(repo: unknown): unknown {
  if (typeof repo === "function") return repo.name || "repo";
  if (typeof repo !== "object" || repo === null) return repo;
  return (repo as Repo<unknown>).name ?? repo.constructor?.name;
}

/** Whether a preload is of the form that the core can look at; what others mean, the repo knows. */
function isNames(preload: unknown): boolean {
  const isName = (name: unknown) => typeof name === "string";
  return preload === null || isName(preload) || (Array.isArray(preload) && preload.every(isName));
}
