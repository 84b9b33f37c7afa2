"""Events in the caller's own logging, and spans where OpenTelemetry is in use."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
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


@scrypath.schema(
    fields=["id", "title", "kind", "team"],
    filterable=["kind"],
    faceting={"attributes": ["kind"]},
    tenant_field="team",
)
class Plan:
    pass


PLAN = {"id": 1, "title": "Harbour", "kind": "tug", "team": 7}


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


@scrypath.schema(fields=["id"], fan_outs={"notes": {"target": Note, "resolver": lambda ids, connection: []}})
class Team:
    pass


def broken(ids: list[Any], connection: Any) -> list[Any]:
    raise RuntimeError("hidden")


NOTES = {"target": Note, "resolver": lambda ids, connection: [{"id": 1, "title": "Harbour"}]}


@scrypath.schema(fields=["id"], fan_outs={"notes": NOTES, "broken": {"target": Note, "resolver": broken}})
class Crew:
    pass


ENQUEUES = [
    ("upsert", lambda search, **to: search.sync_record(Note, {"id": 1, "title": "hidden-title"}, **to)),
    ("delete", lambda search, **to: search.delete_document(Note, 1, **to)),
    ("delete", lambda search, **to: search.delete_record(Note, {"id": 1}, **to)),
    ("related", lambda search, **to: search.sync_related(Team, {"id": 1}, fan_out="notes", **to)),
]


def test_a_resolver_that_is_called_now_is_told(
    waiting: Waiting, memory: str, caplog: pytest.LogCaptureFixture
) -> None:
    search = waiting.client(memory)
    caplog.set_level(logging.DEBUG, "scrypath")
    search.sync_related(Crew, [{"id": 1}, {"id": 2}], fan_out="notes")
    resolve = "scrypath.sync.related.resolve"
    assert events(caplog)[:3] == [f"{resolve}.start", f"{resolve}.stop", "scrypath.sync.upsert.start"]
    start, stop = caplog.records[:2]
    about = {"schema": "crew", "fan_out": "notes", "sync_mode": "inline", "index": "scrypath_crew"}
    assert start.scrypath_metadata == {"backend": "meilisearch", "document_count": 2, **about}
    assert stop.scrypath_metadata == {**start.scrypath_metadata, "document_count": 1}

    caplog.clear()
    with pytest.raises(RuntimeError, match="hidden"):
        search.sync_related(Crew, {"id": 1}, fan_out="broken")
    assert events(caplog) == [f"{resolve}.start", f"{resolve}.exception"]
    assert caplog.records[-1].scrypath_metadata["error_kind"] == "resolver"
    assert "hidden" not in repr([vars(record) for record in caplog.records])


@pytest.mark.parametrize(("what", "enqueue"), ENQUEUES)
def test_enqueueing_is_told(
    waiting: Waiting, caplog: pytest.LogCaptureFixture, what: str, enqueue: Callable[..., Any]
) -> None:
    search = waiting.client(
        "http://127.0.0.1:1", meilisearch_api_key="hidden-key", sync_mode="oban", oban_queue="search"
    )
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in scrypath.queue_tables("sqlite")["install"]:
            connection.execute(statement)
        caplog.set_level(logging.DEBUG, "scrypath")
        enqueue(search, connection=connection)
    assert events(caplog) == [f"scrypath.sync.{what}.start", f"scrypath.sync.{what}.stop"]
    start, stop = caplog.records[-2:]
    assert start.scrypath_metadata["sync_mode"] == "oban"
    assert start.scrypath_metadata["document_count"] == 1
    # The row is made; whether it stays is for the caller's transaction to say.
    assert stop.scrypath_metadata["status"] == "requested"
    assert stop.scrypath_measurements["duration"] > 0
    assert "hidden" not in repr([vars(record) for record in caplog.records])


COMMON = {"schema": "plan", "backend": "meilisearch", "index": "scrypath_plan", "sync_mode": "inline"}
DETAILS = {"show_ranking_score_details": True}
NO_ROWS = {"record_count": 0, "missing_count": 0}


@pytest.mark.parametrize(
    ("call", "name", "start", "stop"),
    [
        (lambda s: s.search(Plan, "harbour"), "search", COMMON, {"hit_count": 1, **NO_ROWS}),
        (
            lambda s: s.search(Plan, "harbour", per_query=DETAILS),
            "search",
            {**COMMON, "ranking_score_details": True},
            {"hit_count": 1, **NO_ROWS},
        ),
        (
            lambda s: s.search_within_facet(Plan, "", ("kind", "tug")),
            "search",
            {**COMMON, "search_scope": "within_facet", "scoped_facet": "kind"},
            {"hit_count": 1, **NO_ROWS},
        ),
        (
            lambda s: s.search_disjunctive(Plan, "", facets=["kind"], facet_filter={"kind": ["tug"]}),
            "search",
            COMMON,
            {"hit_count": 1, **NO_ROWS},
        ),
        (
            lambda s: s.suggest(Plan, "harb", tenant_scope=7),
            "search",
            {**COMMON, "search_scope": "suggest"},
            {"hit_count": 1, **NO_ROWS},
        ),
        (lambda s: s.search_facet_values(Plan, "kind"), "search_facet_values", COMMON, {"hit_count": 1}),
        (
            lambda s: s.search_many([(Plan, "x"), ("all", "y")], global_schemas=[Plan, Note]),
            "search_many",
            {"schema_count": 2, "raw_entry_count": 2},
            {"schema_count": 3},
        ),
    ],
)
def test_each_way_to_search_tells_the_same(
    waiting: Waiting,
    memory: str,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[Any], Any],
    name: str,
    start: dict[str, Any],
    stop: dict[str, Any],
) -> None:
    search = waiting.client(memory)
    search.sync_record(Plan, PLAN)
    search.sync_record(Note, {"id": 1, "title": "x"})
    caplog.set_level(logging.DEBUG, "scrypath")
    call(search)
    assert events(caplog) == [
        f"scrypath.{name}.start",
        "scrypath.meilisearch.request.start",
        "scrypath.meilisearch.request.stop",
        f"scrypath.{name}.stop",
    ]
    first, *_, last = caplog.records
    assert first.scrypath_metadata == start
    assert last.scrypath_metadata == {**start, **stop}
    assert set(first.scrypath_measurements) == {"system_time", "monotonic_time"}
    assert set(last.scrypath_measurements) == {"duration", "monotonic_time"}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda s: s.suggest(Plan, "x"), "search"),
        (lambda s: s.search_facet_values(Plan, "kind"), "search_facet_values"),
        (lambda s: s.search_many([(Plan, "x")]), "search_many"),
    ],
)
def test_each_way_to_search_tells_of_its_failure(
    waiting: Waiting,
    memory: str,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[Any], Any],
    name: str,
) -> None:
    caplog.set_level(logging.DEBUG, "scrypath")
    with pytest.raises(scrypath.BackendError):
        call(waiting.client(memory))
    assert events(caplog)[-1] == f"scrypath.{name}.stop"
    assert caplog.records[-1].scrypath_metadata["error_kind"] in ("http", "other")


def test_what_is_refused_or_never_sent_tells_nothing(
    waiting: Waiting, memory: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "scrypath")
    search = waiting.client(memory)
    assert search.suggest(Plan, " ") == []
    with pytest.raises(scrypath.UsageError):
        search.suggest(Plan, "x", limit=0)
    search.tenant_token(Plan, 7, api_key="x", api_key_uid="ac5cd97d-5a4b-4226-a868-2d0eb6d197ab")
    assert events(caplog) == []


def test_a_search_of_many_tells_of_parts_that_failed(
    waiting: Waiting, memory: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        if model is Note:
            raise ConnectionError("the database is away")
        return fetch(model, key, ids, preload)

    search = waiting.client(memory)
    search.sync_record(Plan, PLAN)
    search.sync_record(Note, {"id": 1, "title": "Harbour"})
    caplog.set_level(logging.DEBUG, "scrypath")
    search.search_many([(Plan, "harbour"), (Note, "harbour")], repo=broken)
    assert events(caplog)[-2:] == ["scrypath.search_many.partial", "scrypath.search_many.stop"]
    partial = caplog.records[-2]
    assert partial.scrypath_measurements["count"] == 1
    assert partial.scrypath_metadata == {"failure_count": 1}


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
        assert outer.start_time <= spans[name].start_time
        assert spans[name].end_time <= outer.end_time

    exporter.clear()
    search.suggest(Note, "harb")
    suggested = exporter.get_finished_spans()[-1]
    assert (suggested.name, suggested.attributes["scrypath.search_scope"]) == ("scrypath.search", "suggest")

    exporter.clear()
    with pytest.raises(RuntimeError, match="hidden"):
        search.sync_related(Crew, {"id": 1}, fan_out="broken")
    (resolver,) = exporter.get_finished_spans()
    assert (resolver.name, resolver.status.description) == ("scrypath.sync.related.resolve", "resolver")

    exporter.clear()
    with pytest.raises(scrypath.BackendError):
        search.search(Note, "x", index_prefix="absent")
    failed = exporter.get_finished_spans()[-1]
    assert (failed.name, failed.status.is_ok) == ("scrypath.search", False)
    assert failed.status.description == "http"

    search.sync_record(Plan, PLAN)

    def of_notes(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        if model is Plan:
            raise RuntimeError("no rows")
        return fetch(model, key, ids, preload)

    exporter.clear()
    found = search.search_many([(Note, "harbour"), (Plan, "harbour")], repo=of_notes)
    assert len(found.failures) == 1
    many = exporter.get_finished_spans()[-1]
    assert many.name == "scrypath.search_many"
    assert [event.name for event in many.events] == ["scrypath.search_many.partial"]
