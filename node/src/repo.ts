import type { RuntimeOptions } from "./options.js";
import type { AnySchema } from "./schema.js";

/** Where the rows of hits are fetched from. */
export interface Repo<Row> {
  /** Its name in telemetry. Default: the name of its class. */
  readonly name?: string;
  /** The field of a row that holds its primary key. Default: the schema's document-id field. */
  readonly key?: string;
  /** Options for calls that name this repo, below the call's own. */
  readonly defaults?: RuntimeOptions;

  /**
   * Fetches the rows whose `key` is among `ids`, in one query and any order. Rows that are gone are left
   * out.
   *
   * @param schema the schema that was searched.
   * @param key the field to match on.
   * @param ids in hit order; numbers or strings, as the index holds them.
   * @param preload the search's `preload`, as it was given.
   */
  fetch(
    schema: AnySchema,
    key: string,
    ids: readonly (string | number)[],
    preload: unknown,
  ): readonly Row[] | Promise<readonly Row[]>;
}
