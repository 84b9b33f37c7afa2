/**
 * Hits, and what the server adds to one where a query asks for it.
 */

/** A hit as the index holds it: the declared fields, and whatever the query added. */
export type Hit<Document> = Partial<Document> & HitAdditions<Document> & Record<string, unknown>;

/** What the server adds to a hit. Each is there only where the query asked for it. */
export interface HitAdditions<Document> {
  /** The fields as they are shown, marked by `attributesToHighlight` and cut by `attributesToCrop`. */
  readonly _formatted?: Formatted<Document>;
  /** Where fields matched, by their path; with `showMatchesPosition`. */
  readonly _matchesPosition?: Readonly<Record<string, readonly MatchPosition[]>>;
  /** From 0 to 1; with `perQuery.showRankingScore`. */
  readonly _rankingScore?: number;
  /** By ranking rule, as the server words it; with `perQuery.showRankingScoreDetails`. */
  readonly _rankingScoreDetails?: Readonly<Record<string, unknown>>;
}

/** Where a field matched. */
export interface MatchPosition {
  /** In bytes of the text in UTF-8, not in characters. */
  readonly start: number;
  /** In bytes. */
  readonly length: number;
  /** In a list: which of its texts. */
  readonly indices?: readonly number[];
}

/** A document as the server shows it: numbers are texts there, too. */
export type Formatted<Document> = { readonly [Name in keyof Document]?: Shown<Document[Name]> };

type Shown<Value> = Value extends string | number | bigint | Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Shown<Item>[]
    : Value extends object
      ? Formatted<Value>
      : Value;
