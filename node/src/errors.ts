/**
 * What can go wrong, by what a caller can do about it:
 *
 *   ScrypathError
 *   ├── UsageError       the call is wrong, nothing was sent: change the call
 *   ├── TransportError   the server was not reached, or what answered was not one
 *   ├── BackendError     the server answered, and refused
 *   ├── TimeoutError     a deadline passed; the work may still finish
 *   ├── TaskError        the server accepted the work and then did not do it
 *   ├── QueueError       the durable queue refused
 *   └── InternalError    a defect of Scrypath
 *
 * Programs match on `kind`, which is stable; messages may change. An aborted call rejects with the
 * reason of its `AbortSignal` instead.
 */

import { type ErrorDetails, errorDetails } from "./results.js";

/** Every `kind`, under the class it belongs to. A test holds it against the native library's table. */
export const ERROR_KINDS = {
  usage: [
    "unknown_options",
    "missing_option",
    "invalid_option",
    "invalid_schema",
    "filter_not_declared",
    "filter_invalid",
    "filter_operator_unknown",
    "filter_empty",
    "sort_not_declared",
    "sort_direction_unknown",
    "page_invalid",
    "unknown_facet",
    "invalid_facet_filter",
    "tenant_field_missing",
    "tenant_field_twice",
    "projection_field_missing",
    "projection_hook_invalid",
    "field_not_loaded",
    "record_invalid",
    "document_id_missing",
    "document_id_invalid",
    "hydration_id_missing",
    "value_not_finite",
    "value_integer_out_of_range",
    "value_invalid_utf8",
    "value_too_deep",
    "value_unencodable",
    "invalid_request",
    "embedded_unavailable",
    "empty_schema_list",
    "too_many_schemas",
    "malformed_entry",
    "all_expansion",
    "federation_weight",
    "federation_key_in_entry",
    "runtime_option_in_entry",
    "federation_page",
    "federation_unsupported",
    "page_size",
    "validation_failed",
  ],
  transport: ["transport_error", "request_timeout", "embedded_open"],
  backend: ["http_error", "transport_failed", "all_failed", "federated_decode", "invalid_task_payload"],
  timeout: ["timeout", "call_cancelled"],
  task: ["task_failed", "cancelled"],
  queue: ["queue_unavailable"],
  internal: ["internal"],
} as const;

/** What a caller can do about an error. */
export type ErrorClass = keyof typeof ERROR_KINDS;

/** The stable name of a failure. */
export type ErrorKind = (typeof ERROR_KINDS)[ErrorClass][number];

/** An error as it leaves the native library. */
export interface ErrorReply {
  kind: ErrorKind;
  class: ErrorClass;
  retryable: boolean;
  message: string;
  details: Record<string, unknown>;
}

/**
 * The base of every error that Scrypath raises.
 *
 * @example
 * ```ts
 * try {
 *   await search.search(Note, "harbour", { facets: ["status"] });
 * } catch (error) {
 *   if (!(error instanceof ScrypathError)) throw error;
 *   console.log(error.kind, error.errorClass); // unknown_facet usage
 * }
 * ```
 */
export class ScrypathError extends Error {
  /** The stable name of the failure. */
  readonly kind: ErrorKind;
  /** What a caller can do about it. */
  readonly errorClass: ErrorClass;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** What a program can look at: the field, the HTTP status, the task. Never a key or a document. */
  readonly details: ErrorDetails;

  constructor(reply: ErrorReply) {
    super(reply.message);
    this.name = new.target.name;
    this.kind = reply.kind;
    this.errorClass = reply.class;
    this.retryable = reply.retryable;
    this.details = errorDetails(reply.details);
  }
}

/** The call is wrong; nothing was sent. */
export class UsageError extends ScrypathError {}
/** The server was not reached, or what answered was not one. */
export class TransportError extends ScrypathError {}
/** The server answered, and refused. */
export class BackendError extends ScrypathError {}
/** A deadline passed; the work may still finish. */
export class TimeoutError extends ScrypathError {}
/** The server accepted the work and then did not do it. */
export class TaskError extends ScrypathError {}
/** The durable queue refused. */
export class QueueError extends ScrypathError {}
/** A defect of Scrypath; please report it. */
export class InternalError extends ScrypathError {}

const BY_CLASS: Record<ErrorClass, new (reply: ErrorReply) => ScrypathError> = {
  usage: UsageError,
  transport: TransportError,
  backend: BackendError,
  timeout: TimeoutError,
  task: TaskError,
  queue: QueueError,
  internal: InternalError,
};

export function toError(reply: ErrorReply): ScrypathError {
  // A native library newer than this file may know a class that is not here.
  const Raised = BY_CLASS[reply.class] ?? ScrypathError;
  return new Raised(reply);
}
