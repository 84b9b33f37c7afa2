/**
 * The parameters of a web request: read, written as a query string, shown in a form.
 */

import type { Criteria, SearchParams } from "./criteria.js";
import { callNow } from "./door.js";
import { argumentJson } from "./encode.js";
import type { ParamsError } from "./errors.js";
import { type AnySchema, quoted } from "./schema.js";
import { spelled } from "./spelling.js";

/** An issue as plain data. */
export interface FormIssue {
  readonly field?: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly meta: Readonly<Record<string, unknown>>;
}

/** What a form shows: its values, and the issues with them. */
export interface FormData {
  readonly values: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly formErrors: readonly FormIssue[];
  readonly fieldErrors: Readonly<Record<string, readonly FormIssue[]>>;
  readonly errors: readonly FormIssue[];
}

/** A request's parameters: `URLSearchParams`, pairs, an object such as Express's `req.query`, or a query string. */
export type RequestParams = URLSearchParams | string | object;

/**
 * Reads a web request's parameters. Unknown ones are ignored, so that a browser cannot set a backend or a
 * tenant.
 *
 * @param of the schema, or schemas, whose names the request may speak of; default: every name that any
 *   schema of the program declares.
 * @throws {ParamsError} with everything that is wrong. So is a request of more than 1,000 values or a query
 *   string of more than 64 KiB; a text of more than 8 KiB is an issue by itself.
 * @example
 * ```ts
 * const { text, filter, page } = scrypath.normalizeParams("q=tide&filter[status]=open&page[number]=2", Note);
 * console.log(text, filter, page); // tide [ [ 'status', 'open' ] ] { number: 2 }
 * ```
 */
export function normalizeParams(params: RequestParams, of?: AnySchema | readonly AnySchema[]): SearchParams {
  const schemas = of === undefined ? undefined : Array.isArray(of) ? of : [of];
  const request = { ...browserShaped(params), schemas: schemas && `[${schemas.map(quoted).join()}]` };
  return spelled(callNow("normalize_params", request));
}

/** Takes values that are of the application's own making. Only their shape is checked. */
export function castParams(params: Criteria & { readonly q?: string }): SearchParams {
  return spelled(callNow("cast_params", { params: argumentJson(params) }));
}

/**
 * Normalized parameters as an object of texts; only what is not empty is there.
 *
 * @throws {UsageError} for what a URL cannot hold: tuning, more than one sort entry, operators.
 */
export function toQueryParams(params: Partial<SearchParams>): Record<string, unknown> {
  return callNow("to_query_params", { params: argumentJson(params) });
}

/**
 * The same as a query string.
 *
 * @example
 * ```ts
 * console.log(scrypath.toQueryString({ text: "tide", page: { number: 2 } })); // q=tide&page%5Bnumber%5D=2
 * ```
 */
export function toQueryString(params: Partial<SearchParams>): string {
  return callNow("to_query_string", { params: argumentJson(params) });
}

/** What a form shows: of normalized parameters, or of a request that was refused and why. */
export function toFormData(params: Partial<SearchParams>): FormData;
export function toFormData(params: RequestParams, error: ParamsError): FormData;
export function toFormData(params: RequestParams, error?: ParamsError): FormData {
  const request = error
    ? { ...browserShaped(params), errors: argumentJson(error.issues) }
    : { params: argumentJson(params) };
  const { form_errors: formErrors, field_errors: fieldErrors, ...form } = callNow("to_form_data", request);
  return { ...form, formErrors, fieldErrors };
}

/** As JSON text within the request: what cannot be read of it is for the browser to hear. */
function browserShaped(params: RequestParams): { params_json: string } {
  const shape = params instanceof URLSearchParams ? [...params] : params;
  return { params_json: JSON.stringify(argumentJson(shape)) };
}
