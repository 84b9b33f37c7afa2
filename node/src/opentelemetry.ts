/**
 * Spans of OpenTelemetry, from what is published about calls. Needs `@opentelemetry/api`.
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";

import {
  type Attributes,
  context,
  type HrTime,
  type Span,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";

import { EVENT_NAMES, type TelemetryEvent } from "./telemetry.js";

/** The options of `traceWithOpenTelemetry`. */
export interface OpenTelemetryOptions {
  /** Where spans are made. Default: the provider that is registered. */
  readonly tracerProvider?: TracerProvider | undefined;
}

interface OpenSpan {
  readonly name: string;
  readonly span: Span;
  readonly started: HrTime;
}

/**
 * Makes a span of each start and stop that is published from now on: `scrypath.search`, around
 * `scrypath.meilisearch.request` and `scrypath.hydration`, and so on. The outermost is a child of the span
 * that was active where the call was made. Metadata become attributes, `scrypath.schema` and others; with an
 * `error_kind` the span's status is an error.
 *
 * @returns a function that ends it.
 * @example
 * ```ts
 * import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
 * import { Scrypath, schema } from "scrypath";
 * import { traceWithOpenTelemetry } from "scrypath/opentelemetry";
 *
 * const exporter = new InMemorySpanExporter();
 * const spanProcessors = [new SimpleSpanProcessor(exporter)];
 * traceWithOpenTelemetry({ tracerProvider: new BasicTracerProvider({ spanProcessors }) });
 *
 * const Note = schema({ name: "Note", fields: ["id", "title"] });
 * const search = new Scrypath({ meilisearchUrl: "memory:" });
 * await search.syncRecord(Note, { id: 1, title: "Harbour" });
 * await search.search(Note, "harbour");
 * const span = exporter.getFinishedSpans().at(-1);
 * console.log(span?.name, span?.attributes["scrypath.hit_count"]); // scrypath.search 1
 * ```
 */
export function traceWithOpenTelemetry({ tracerProvider }: OpenTelemetryOptions = {}): () => void {
  const tracer = (tracerProvider ?? trace).getTracer("scrypath");
  /** The spans of each operation that have not ended, outermost first. */
  const unended = new WeakMap<object, OpenSpan[]>();

  const listen = (message: unknown) => {
    const { name: event, measurements, metadata, operation } = message as TelemetryEvent;
    const at = event.lastIndexOf(".");
    const [name, phase] = [event.slice(0, at), event.slice(at + 1)];
    const open = unended.get(operation) ?? [];
    unended.set(operation, open);
    const inner = open.at(-1);
    if (phase === "start") {
      const parent = inner ? trace.setSpan(context.active(), inner.span) : context.active();
      const startTime = later([0, 0], measurements.system_time ?? 0);
      const span = tracer.startSpan(name, { startTime, attributes: attributes(metadata) }, parent);
      open.push({ name, span, started: startTime });
      return;
    }
    // What began before anybody listened.
    if (inner?.name !== name) return;
    const { span, started } = inner;
    if (phase === "partial") {
      span.addEvent(event, attributes(metadata));
      return;
    }
    open.pop();
    span.setAttributes(attributes(metadata));
    const { error_kind: failed } = metadata;
    if (failed !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: String(failed) });
    span.end(later(started, measurements.duration ?? 0));
  };

  for (const name of EVENT_NAMES) subscribe(name, listen);
  return () => {
    for (const name of EVENT_NAMES) unsubscribe(name, listen);
  };
}

/** So many nanoseconds later. Seconds stay apart: one number does not have the digits for both. */
function later([seconds, nanos]: HrTime, duration: number): HrTime {
  const total = nanos + duration;
  const rest = total % 1e9;
  return [seconds + (total - rest) / 1e9, rest];
}

function attributes(metadata: TelemetryEvent["metadata"]): Attributes {
  const given = Object.entries(metadata).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [`scrypath.${key}`, attribute(value)]));
}

function attribute(value: unknown): string | number | boolean {
  return typeof value === "number" || typeof value === "boolean" ? value : String(value);
}
