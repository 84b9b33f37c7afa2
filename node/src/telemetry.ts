/**
 * What happened during a call, published on `node:diagnostics_channel`.
 *
 * One channel per event, named as in every language: `scrypath.<noun>[.<verb>].<start|stop>`,
 * `scrypath.sync.related.resolve.exception` and `scrypath.search_many.partial`. A message is
 * `{ name, measurements, metadata, operation }`; times are nanoseconds. Nothing is published on a channel that nobody
 * subscribes to, and no message holds a key or a document.
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
  /**
   * Nanoseconds: `monotonic_time` and `system_time` on start, `monotonic_time` and `duration` on stop and
   * exception. On partial: `count`, how many entries failed.
   */
  readonly measurements: Readonly<Record<string, number>>;
  /** Keys are the same words in every language, in snake_case. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** One object in all events of one operation, and in no others: it tells operations apart that run at once. */
  readonly operation: object;
}

/** The name of every event. */
export const EVENT_NAMES: readonly string[] = native.eventNames();

/** Channels are looked up once: a channel without a reference to it may be collected and lose its subscribers. */
const channels = new Map<string, Channel>(EVENT_NAMES.map((name) => [name, channel(name)]));

/** Whether anybody listens; where nobody does, the events are not even made. */
export function wanted(): boolean {
  for (const target of channels.values()) if (target.hasSubscribers) return true;
  return false;
}

/** Publishes the events of one operation, which may take several calls into the core. */
export class Emitter {
  readonly #operation = Object.freeze({});

  publish(events: readonly Event[]): void {
    for (const event of events) {
      const target = channels.get(event.name);
      if (target?.hasSubscribers) target.publish({ ...event, operation: this.#operation });
    }
  }
}
