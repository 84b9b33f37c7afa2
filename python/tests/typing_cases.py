"""What a type checker is to know. Checked by mypy, run by nobody."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_type

import pydantic

from scrypath import (
    AsyncScrypath,
    AsyncWorker,
    Capabilities,
    Composition,
    Explanation,
    Hit,
    Job,
    MultiSearchResult,
    QueueOptions,
    Ranking,
    Scrypath,
    SearchParams,
    SearchResult,
    Suggestion,
    Tally,
    Worker,
    WriteOptions,
    WriteResult,
    capabilities,
    compose,
    normalize_params,
    queue_tables,
    schema,
    search_args,
    to_form_data,
)


@schema(fields=["title"], faceting={"attributes": ["kind"]})
class Note:
    title: str


@dataclass
class Data:
    title: str


class Model(pydantic.BaseModel):
    title: str


class NoteHit(Hit):
    title: str


def blocking(search: Scrypath) -> None:
    found = search.search(Note, "x", filter={"kind": "a"}, sort=[("desc", "title")], page={"size": 5})
    assert_type(found, SearchResult[Note])
    search.search(Note, "x", sort=["title:asc"])
    assert_type(found.records, list[Note])
    assert_type(found.hits, list[dict[str, Any]])
    assert_type(search.sync_record(Note, found.records[0], sync_mode="manual"), WriteResult)


async def awaited(search: AsyncScrypath) -> None:
    assert_type(await search.search(Note, "x"), SearchResult[Note])
    assert_type(await search.suggest(Note, "x", limit=3), list[Suggestion])
    # These send nothing.
    assert_type(search.tenant_token(Note, 7, api_key_uid="x"), str)
    assert_type(search.explain(Note, "x"), Explanation)


def typed_hits(found: SearchResult[Note], read: Callable[[dict[str, Any]], int]) -> None:
    assert_type(found.hits_as(Data), list[Data])
    assert_type(found.hits_as(Model), list[Model])
    assert_type(found.hits_as(NoteHit), list[NoteHit])
    assert_type(found.hits_as(NoteHit)[0]["_rankingScore"], float)
    assert_type(found.hits_as(Hit)[0]["_matchesPosition"]["title"][0]["start"], int)
    assert_type(found.hits_as(dict[str, Any]), list[dict[str, Any]])
    assert_type(found.hits_as(read), list[int])
    assert_type(found.hits_as(lambda hit: str(hit["title"])), list[str])


def results(search: Scrypath, found: SearchResult[Note]) -> None:
    assert_type(found[0], dict[str, Any])
    assert_type(found[1:], list[dict[str, Any]])
    assert_type(found.page.next, int | None)
    assert_type(found.explanation, Explanation | None)
    if found.explanation is not None:
        assert_type(found.explanation.ranking, list[Ranking])
        assert_type(found.explanation.ranking[0].rules[0].words, str)
    assert_type(search.suggest(Note, "x", field="title", filter={"kind": "a"})[0].parts[0].matched, bool)
    many = search.search_many(
        [(Note, "x", {"federation_weight": 2.0, "filter": {"kind": "a"}}), ("all", "y")]
    )
    assert_type(many, MultiSearchResult)


def tokens(search: Scrypath, later: datetime) -> None:
    assert_type(search.tenant_token(Note, 7, api_key_uid="x", expires_in=60), str)
    search.tenant_token([Note, Note], [7, 8], api_key_uid="x", expires_at=later, filter={"kind": "a"})


def edge(search: Scrypath) -> None:
    params = normalize_params("q=x", Note)
    assert_type(params, SearchParams)
    composed = compose([{"defaults": {"page": {"size": 5}}}], {"text": "x"})
    assert_type(composed, Composition)
    text, options = search_args(composed)
    assert_type(search.search(Note, text, **options), SearchResult[Note])
    to_form_data(params)
    assert_type(capabilities(Note), Capabilities)
    assert_type(capabilities(Note)["sorts"]["fields"], list[str])


def queued(search: Scrypath, connection: sqlite3.Connection) -> None:
    written = search.sync_record(Note, {}, sync_mode="oban", oban_queue="search", connection=connection)
    assert_type(written.job, Job | None)
    assert_type(written.oban, QueueOptions | None)
    if written.job is not None:
        assert_type(written.job.id, int)
    options: WriteOptions = {"connection": connection, "sync_mode": "oban"}
    search.delete_documents(Note, [1], **options)


def worked(search: Scrypath, connection: sqlite3.Connection) -> None:
    with search.worker(database_url="sqlite:x", queues=["a"], until_idle=True, lease=60_000) as worker:
        assert_type(worker, Worker)
        assert_type(worker.pid, int | None)
    assert_type(worker.wait(), Tally)
    assert_type(search.work_related("a", connection, limit=5), int)
    assert_type(search.sync_related(Note, Note(), fan_out="a", connection=connection), WriteResult)
    assert_type(queue_tables("sqlite")["install"], list[str])


async def worked_awaited(search: AsyncScrypath, connection: sqlite3.Connection) -> None:
    async with search.worker(queues="a") as worker:
        assert_type(worker, AsyncWorker)
        assert_type(await worker.stop(), Tally)
    assert_type(await search.work_related("a", connection), int)


def mistakes(search: Scrypath) -> None:
    search.worker(queue="a")  # type: ignore[call-arg]
    search.sync_related(Note, Note())  # type: ignore[call-arg]
    search.sync_record(Note, {}, fan_out="a")  # type: ignore[call-arg]
    queue_tables("mysql")  # type: ignore[arg-type]
    search.search(Note, "x", fliter={})  # type: ignore[call-arg]
    search.search(Note, 7)  # type: ignore[arg-type]
    search.search(Note, "x", connection=object())  # type: ignore[call-arg]
    search.sync_record(Note, {}, sync_mode="later")  # type: ignore[arg-type]
    search.sync_record(Note, {}, inline_timeout="5")  # type: ignore[arg-type]
    search.search(Note(), "x")  # type: ignore[arg-type]
    schema(field=["title"])  # type: ignore[call-arg]
    compose(7)  # type: ignore[arg-type]
    normalize_params("q=x", Note())  # type: ignore[arg-type]
    search_args("x")  # type: ignore[arg-type]
    search.suggest(Note, "x", page={"size": 5})  # type: ignore[call-arg]
    search.suggest(Note, "x", limit="5")  # type: ignore[arg-type]
    search.tenant_token(Note, 7)  # type: ignore[call-arg]
    search.tenant_token(Note, 7, api_key_uid="x", expires="soon")  # type: ignore[call-arg]
    search.search(Note, "x").hits_as(7)  # type: ignore[call-overload]
