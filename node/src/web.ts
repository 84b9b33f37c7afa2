/**
 * A search's arguments from a request, for Express and Fastify.
 *
 * The handler reads the query string itself, so that it does not matter how the framework parses one.
 */

import type { SearchParams } from "./criteria.js";
import { ParamsError } from "./errors.js";
import { normalizeParams } from "./request-params.js";
import type { AnySchema } from "./schema.js";

interface Request {
  readonly url?: string | undefined;
  searchParams?: SearchParams;
}

/** What Express and Fastify each call a reply. */
type Reply =
  | { status(code: number): { json(body: unknown): unknown } }
  | { code(code: number): { send(body: unknown): unknown } };

/**
 * Makes a handler that reads a request's search parameters into `request.searchParams`, or answers 400 with
 * the issues: middleware in Express, a `preHandler` in Fastify.
 *
 * @param of the schema, or schemas, whose names the request may speak of.
 * @example
 * ```ts
 * import { schema, searchArgs } from "scrypath";
 * import { searchParams, searchParamsOf } from "scrypath/web";
 *
 * const Note = schema({ name: "Note", fields: ["title"], filterable: ["status"] });
 * const read = searchParams(Note); // Express: app.get("/notes", read, …); Fastify: { preHandler: read }
 * const request = { url: "/notes?q=tide&page[number]=2" };
 * read(request, {}, () => {
 *   const [text, options] = searchArgs(searchParamsOf(request));
 *   console.log(text, options.page); // tide { number: 2 }
 * });
 * ```
 */
export function searchParams(
  of: AnySchema | readonly AnySchema[],
): (request: object, reply: object, next: () => void) => void {
  return (request, reply, next) => {
    try {
      (request as Request).searchParams = normalizeParams(queryOf(request), of);
    } catch (error) {
      if (!(error instanceof ParamsError)) throw error;
      refuse(reply as Reply, { issues: error.issues });
      return;
    }
    next();
  };
}

/** What `searchParams` read of a request. */
export function searchParamsOf(request: object): SearchParams {
  const { searchParams } = request as Request;
  if (searchParams !== undefined) return searchParams;
  throw new TypeError("the request was not read; put `searchParams(schema)` in front of this handler");
}

function queryOf({ url = "" }: Request): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
}

function refuse(reply: Reply, body: object): void {
  if ("code" in reply) reply.code(400).send(body);
  else reply.status(400).json(body);
}
