/**
 * What can go wrong, by what a caller can do about it:
 *
 *   ScrypathError
 *   ├── UsageError       the call is wrong, nothing was sent: change the call
 *   │   └── ParamsError  a web request's parameters are no search
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
import type * as wire from "./wire.js";

/** What a caller can do about an error. */
export type ErrorClass = wire.ErrorClass;

/** The stable name of a failure. */
export type ErrorKind = wire.ErrorKind;

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

  constructor(reply: wire.ErrorReply) {
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

/** One thing that is wrong with the parameters of a request. */
export interface ParamIssue {
  /** The namespace it is in; `null` for the parameters as a whole. */
  readonly field: string | null;
  readonly code:
    | "invalid_shape"
    | "invalid_value"
    | "missing_key"
    | "unknown_key"
    | "unknown_field"
    | "unsupported_param";
  /** For a person; may change. */
  readonly message: string;
  /** Where: the namespace, then the member. */
  readonly path: readonly string[];
  /** What was expected, by code. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/**
 * The parameters of a web request are no search.
 *
 * @example
 * ```ts
 * try {
 *   scrypath.normalizeParams("page[number]=0");
 * } catch (error) {
 *   if (!(error instanceof scrypath.ParamsError)) throw error;
 *   console.log(error.issues[0]?.path, error.issues[0]?.code); // [ 'page', 'number' ] invalid_value
 * }
 * ```
 */
export class ParamsError extends UsageError {
  /** Everything that is wrong, in a fixed order. */
  readonly issues: readonly ParamIssue[];

  constructor(reply: wire.ErrorReply) {
    super(reply);
    this.issues = (reply.details.issues ?? []) as ParamIssue[];
  }

  /** The issues with the parameters as a whole. */
  get formErrors(): readonly ParamIssue[] {
    return this.issues.filter(({ field }) => field === null);
  }

  /** The other issues, by namespace. */
  get fieldErrors(): Readonly<Record<string, readonly ParamIssue[]>> {
    const fields = new Set(this.issues.flatMap(({ field }) => field ?? []));
    return Object.fromEntries(
      [...fields].map((name) => [name, this.issues.filter(({ field }) => field === name)]),
    );
  }
}

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

const BY_CLASS: Record<ErrorClass, new (reply: wire.ErrorReply) => ScrypathError> = {
  usage: UsageError,
  transport: TransportError,
  backend: BackendError,
  timeout: TimeoutError,
  task: TaskError,
  queue: QueueError,
  internal: InternalError,
};

export function toError(reply: wire.ErrorReply): ScrypathError {
  // A native library newer than this file may know a class that is not here.
  const Raised = reply.kind === "params_invalid" ? ParamsError : (BY_CLASS[reply.class] ?? ScrypathError);
  return new Raised(reply);
}
