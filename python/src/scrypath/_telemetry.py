"""Telling the application what happened: events to ``logging``, spans to OpenTelemetry.

The core returns the events of a call with its reply; they are emitted here, in the caller's thread. Names,
measurements and metadata are the same in every language. No key and no document is ever part of them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from ._wire import Event

logger = logging.getLogger("scrypath")


class Emitter:
    """Emits the events of one operation, which may take several calls into the core."""

    __slots__ = ("_spans", "wanted")

    def __init__(self) -> None:
        # Who imported neither has nobody listening; the events are not even made then.
        traced = "opentelemetry.trace" in sys.modules
        self.wanted = traced or logger.isEnabledFor(logging.DEBUG)
        self._spans: list[tuple[str, Any]] | None = [] if traced else None

    def emit(self, events: list[Event]) -> None:
        """Emit events in order."""
        for event in events:
            logger.debug(
                "%s",
                event["name"],
                extra={
                    "scrypath_event": event["name"],
                    "scrypath_measurements": event["measurements"],
                    "scrypath_metadata": event["metadata"],
                },
            )
            if self._spans is not None:
                self._trace(self._spans, event)

    def _trace(self, open_spans: list[tuple[str, Any]], event: Event) -> None:
        from opentelemetry import trace

        name, _, phase = event["name"].rpartition(".")
        if phase == "start":
            parent = trace.set_span_in_context(open_spans[-1][1]) if open_spans else None
            started = event["measurements"]["system_time"]
            span = trace.get_tracer("scrypath").start_span(name, parent, start_time=started)
            open_spans.append((name, span))
            span.set_attributes(_attributes(event["metadata"]))
            return
        if not open_spans or open_spans[-1][0] != name:
            return
        if phase == "partial":
            open_spans[-1][1].add_event(event["name"], _attributes(event["metadata"]))
            return
        _, span = open_spans.pop()
        span.set_attributes(_attributes(event["metadata"]))
        if (failed := event["metadata"].get("error_kind")) is not None:
            span.set_status(trace.Status(trace.StatusCode.ERROR, str(failed)))
        began = getattr(span, "start_time", None)
        span.end(None if began is None else began + event["measurements"]["duration"])


def _attributes(metadata: dict[str, Any]) -> dict[str, str | bool | int | float]:
    return {
        f"scrypath.{key}": value if isinstance(value, str | bool | int | float) else str(value)
        for key, value in metadata.items()
        if value is not None
    }
