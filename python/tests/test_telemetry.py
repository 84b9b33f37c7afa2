"""Events in the caller's own logging, and spans where OpenTelemetry is in use."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import scrypath
from conftest import Waiting


@scrypath.schema(fields=["id", "title"])
class Note:
    pass


def fetch(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
    return [{"id": id} for id in ids]


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "scrypath"]


def test_events_are_log_records(waiting: Waiting, memory: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "scrypath")
    search = waiting.client(memory, meilisearch_api_key="hidden-key")
    search.sync_record(Note, {"id": 1, "title": "hidden-title"})
    assert events(caplog)[0] == "scrypath.sync.upsert.start"
    assert events(caplog)[-1] == "scrypath.sync.upsert.stop"
    stop = caplog.records[-1]
    assert stop.scrypath_metadata["status"] == "completed"
    assert stop.scrypath_measurements["duration"] > 0
    everything = repr([vars(record) for record in caplog.records])
    assert "hidden" not in everything


def test_a_hydrated_search_is_one_story(
    waiting: Waiting, memory: str, caplog: pytest.LogCaptureFixture
) -> None:
    search = waiting.client(memory)
    search.sync_record(Note, {"id": 1, "title": "Harbour"})
    caplog.set_level(logging.DEBUG, "scrypath")
    search.search(Note, "harbour", repo=fetch)
    assert events(caplog) == [
        "scrypath.search.start",
        "scrypath.meilisearch.request.start",
        "scrypath.meilisearch.request.stop",
        "scrypath.hydration.start",
        "scrypath.hydration.stop",
        "scrypath.search.stop",
    ]
    stop = caplog.records[-1].scrypath_metadata
    assert (stop["hit_count"], stop["record_count"], stop["missing_count"]) == (1, 1, 0)
    assert stop["repo"] == "function"


def test_nobody_listens_and_nothing_is_made(memory: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scrypath")
    scrypath.Scrypath(memory).sync_record(Note, {"id": 1, "title": "x"})
    assert events(caplog) == []


def test_spans_nest_and_fail(waiting: Waiting, memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", provider.get_tracer)

    search = waiting.client(memory)
    search.sync_record(Note, {"id": 1, "title": "Harbour"})
    exporter.clear()
    search.search(Note, "harbour", repo=fetch)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"scrypath.search", "scrypath.meilisearch.request", "scrypath.hydration"}
    outer = spans["scrypath.search"]
    assert outer.attributes["scrypath.hit_count"] == 1
    assert outer.start_time <= outer.end_time
    for name in ("scrypath.meilisearch.request", "scrypath.hydration"):
        assert spans[name].parent.span_id == outer.context.span_id

    exporter.clear()
    with pytest.raises(scrypath.BackendError):
        search.search(Note, "x", index_prefix="absent")
    failed = exporter.get_finished_spans()[-1]
    assert (failed.name, failed.status.is_ok) == ("scrypath.search", False)
    assert failed.status.description == "http"
