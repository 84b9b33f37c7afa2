import type { Hit } from "./hits.js";
import type { Explanation, Facets, Page, Query } from "./results.js";

/** What reads a hit: a function, or a schema with a `parse`, as zod makes them. */
export type HitReader<Document, T> = ((hit: Hit<Document>) => T) | { parse(hit: unknown): T };

/** The members of a result. */
type Found<Row, Document> = Pick<
  SearchResult<Row, Document>,
  "query" | "hits" | "records" | "missingIds" | "page" | "facets" | "raw"
> & { readonly explanation: Explanation | undefined };

/**
 * What a search found: the sequence of its hits, and all that belongs to them.
 *
 * @example
 * ```ts
 * const found = await search.search(Note, "harbour", { page: { size: 1 } });
 * for (const hit of found) console.log(hit.title); // Harbour
 * console.log(found.length, found.at(0)?.id, found.page.next); // 1 1 undefined
 * ```
 */
export class SearchResult<Row, Document = Row> implements Iterable<Hit<Document>> {
  readonly query: Query;
  /** In the order of the server. */
  readonly hits: readonly Hit<Document>[];
  /** The rows of the hits, in hit order; empty without a `repo`. */
  readonly records: readonly Row[];
  /** Ids of hits whose row is gone, in hit order; empty without a `repo`. */
  readonly missingIds: readonly (string | number)[];
  readonly page: Page;
  readonly facets: Facets;
  /** Why the hits are in their order; there with `perQuery.showRankingScoreDetails`. */
  declare readonly explanation?: Explanation;
  /** The whole reply of the server. */
  readonly raw: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(found: Found<Row, Document>) {
    this.query = found.query;
    this.hits = found.hits;
    this.records = found.records;
    this.missingIds = found.missingIds;
    this.page = found.page;
    this.facets = found.facets;
    if (found.explanation !== undefined) this.explanation = found.explanation;
    this.raw = found.raw;
  }

  /** How many hits this page has. */
  get length(): number {
    return this.hits.length;
  }

  /** The hits. */
  [Symbol.iterator](): IterableIterator<Hit<Document>> {
    return this.hits[Symbol.iterator]();
  }

  /** The hit at a position; a negative one counts from the end. */
  at(index: number): Hit<Document> | undefined {
    return this.hits.at(index);
  }

  /** Some of the hits, as `Array.prototype.slice` picks them. */
  slice(start?: number, end?: number): Hit<Document>[] {
    return this.hits.slice(start, end);
  }

  /**
   * The hits as something of the application's own.
   *
   * @param read makes one from a hit, or throws; what it throws is passed on.
   * @example
   * ```ts
   * const found = await search.search(Note, "harbour");
   * const titles = found.hitsAs((hit) => String(hit.title));
   * console.log(titles); // [ 'Harbour' ]
   * ```
   */
  hitsAs<T>(read: HitReader<Document, T>): T[] {
    return this.hits.map((hit) => (typeof read === "function" ? read(hit) : read.parse(hit)));
  }
}
