/**
 * What happened during a call, published on `node:diagnostics_channel`.
 *
 * One channel per event, named as in every language: `scrypath.<noun>[.<verb>].<start|stop|exception>`.
 * A message is `{ name, measurements, metadata }`; times are nanoseconds. Nothing is published on a
 * channel that nobody subscribes to, and no message holds a key or a document.
 *
 * @example
 * ```ts
 * import diagnosticsChannel from "node:diagnostics_channel";
 * import { Scrypath, schema, type TelemetryEvent } from "scrypath";
 *
 * const Note = schema({ name: "Note", fields: ["title"] });
 * const search = new Scrypath({ meilisearchUrl: "memory:" });
 * await search.syncRecord(Note, { id: 1, title: "Harbour" });
 * diagnosticsChannel.subscribe("scrypath.search.stop", (message) => {
 *   const { metadata } = message as TelemetryEvent;
 *   console.log(metadata.schema, metadata.hit_count); // note 1
 * });
 * await search.search(Note, "harbour");
 * ```
 */

import { type Channel, channel } from "node:diagnostics_channel";

import { native } from "./native.cjs";
import type { Event } from "./wire.js";

/** A message on one of the `scrypath.*` channels. */
export interface TelemetryEvent {
  readonly name: string;
  /** Nanoseconds: `monotonic_time` always, `system_time` on start, `duration` on stop and exception. */
  readonly measurements: Readonly<Record<string, number>>;
  /** Keys are the same words in every language, in snake_case. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Channels are looked up once: a channel without a reference to it may be collected and lose its subscribers. */
const channels = new Map<string, Channel>();
for (const span of native.spans()) {
  for (const phase of ["start", "stop"]) {
    const name = `${span}.${phase}`;
    channels.set(name, channel(name));
  }
}

/** Whether anybody listens; where nobody does, the events are not even made. */
export function wanted(): boolean {
  for (const target of channels.values()) if (target.hasSubscribers) return true;
  return false;
}

export function publish(events: readonly Event[] | undefined): void {
  if (events === undefined) return;
  for (const event of events) {
    let target = channels.get(event.name);
    if (target === undefined) {
      target = channel(event.name);
      channels.set(event.name, target);
    }
    if (target.hasSubscribers) target.publish(event);
  }
}
