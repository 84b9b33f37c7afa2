"""Related sync: one record changed, and documents of others with it, in every mode."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

import connections as forms
import scrypath
from conftest import BINARY, Server, Waiting
from connections import NEEDS_POSTGRES, Database

QUEUE: dict[str, Any] = {"sync_mode": "oban", "oban_queue": "search"}


@scrypath.schema(fields=["id", "title", "author"])
class Post:
    pass


class Rows:
    """What the application has, how often it was asked, and what it says instead."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.posts: list[dict[str, Any]] = [
            {"id": 1, "title": "Harbour tug", "author": "Ann", "author_id": 7},
            {"id": 2, "title": "Harbour ferry", "author": "Ann", "author_id": 7},
            {"id": 3, "title": "Harbour crane", "author": "Bob", "author_id": 8},
        ]
        self.asked: list[tuple[list[Any], Any]] = []
        self.raises: dict[int, Exception] = {}

    def posts_of(self, ids: list[Any], connection: Any) -> list[dict[str, Any]]:
        self.asked.append((ids, connection))
        for id in ids:
            if id in self.raises:
                raise self.raises[id]
        return [post for post in self.posts if post["author_id"] in ids]


rows = Rows()


def posts_of(ids: list[Any], connection: Any) -> list[dict[str, Any]]:
    return rows.posts_of(ids, connection)


async def posts_awaited(ids: list[Any], connection: Any) -> list[dict[str, Any]]:
    await asyncio.sleep(0)
    return rows.posts_of(ids, connection)


@scrypath.schema(
    fields=["id", "name"],
    fan_outs={
        "posts": {"target": Post, "resolver": posts_of},
        "awaited": {"target": "Post", "resolver": posts_awaited},
        "nowhere": {"target": "Nobody", "resolver": posts_of},
        "broken": {"target": Post, "resolver": lambda ids, connection: [{"id": 9}]},
    },
)
@dataclass
class Author:
    id: int
    name: str


ANN, BOB, EVE = Author(7, "Ann"), Author(8, "Bob"), Author(9, "Eve")


@pytest.fixture(autouse=True)
def fresh() -> None:
    rows.reset()


@pytest.fixture
def lite(tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path)


def kinds(of: list[tuple[str, str, Any]]) -> Any:
    return pytest.mark.parametrize(
        ("kind", "opened"),
        [
            pytest.param(
                kind, opened, id=f"{kind}: {name}", marks=[NEEDS_POSTGRES] if kind == "postgres" else []
            )
            for kind, name, opened in of
        ],
    )


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path) if kind == "sqlite" else Database.postgres()


def test_a_class_of_the_same_name_does_not_stand_in_the_way(lite: Database) -> None:
    def declare() -> type:
        return scrypath.schema(fields=["id"], name="Author")(type("Another", (), {}))

    kept, _ = declare(), declare()
    search = scrypath.Scrypath(**QUEUE)
    with forms.sqlalchemy_connection(lite) as (connection, _):
        search.sync_related(Author, ANN, fan_out="posts", connection=connection)
        search.work_related("search", connection)
    assert rows.asked == [([7], connection)]
    assert scrypath.schema_config(kept)["fan_outs"] == {}


@pytest.mark.parametrize("mode", ["inline", "manual"])
def test_the_target_is_written(search: Any, mode: str) -> None:
    written = search.sync_related(Author, [ANN], fan_out="posts", sync_mode=mode)
    assert (written.mode, written.document_ids, written.job) == (mode, [1, 2], None)
    assert written.index.endswith("post")
    assert rows.asked == [([7], None)]
    if mode == "inline":
        assert {hit["id"] for hit in search.search(Post, "harbour").hits} == {1, 2}


@pytest.mark.parametrize("records", [ANN, [ANN], (ANN,), iter([ANN]), {"id": 7}, [{"id": 7}]])
def test_one_record_is_a_list_of_it(memory: str, records: Any) -> None:
    written = scrypath.Scrypath(memory).sync_related(Author, records, fan_out="posts")
    assert written.document_ids == [1, 2]


def test_no_records_call_nothing(search: Any, lite: Database) -> None:
    assert search.sync_related(Author, [], fan_out="posts").status == "noop"
    assert lite.path is not None
    with closing(sqlite3.connect(lite.path)) as connection, connection:
        written = search.sync_related(Author, [], fan_out="posts", connection=connection, **QUEUE)
    assert (written.mode, written.status) == ("oban", "noop")
    assert rows.asked == []
    assert lite.jobs() == []


def test_nothing_related_is_nothing_to_do(memory: str) -> None:
    assert scrypath.Scrypath(memory).sync_related(Author, EVE, fan_out="posts").status == "noop"


def test_a_coroutine_function_is_awaited(memory: str) -> None:
    written = asyncio.run(scrypath.AsyncScrypath(memory).sync_related(Author, ANN, fan_out="awaited"))
    assert written.document_ids == [1, 2]
    with pytest.raises(scrypath.UsageError, match="sync with AsyncScrypath"):
        scrypath.Scrypath(memory).sync_related(Author, ANN, fan_out="awaited")


@pytest.mark.parametrize(
    ("cls", "options", "kind", "words"),
    [
        (Author, {}, "missing_option", "fan_out is required.*author declares posts, awaited"),
        (Author, {"fan_out": "comments"}, "invalid_option", "comments is no fan-out; author declares posts"),
        (Post, {"fan_out": "posts"}, "invalid_option", "post declares no fan-outs"),
        (Author, {"fan_out": "nowhere"}, "invalid_option", "its target Nobody is declared nowhere"),
        (Author, {"fan_out": "posts", "connection": 7}, "invalid_option", "connection is only taken with"),
        (Author, {"fan_out": "posts", "fann": 7}, "unknown_options", "fann"),
        (Author, {"fan_out": "broken"}, "projection_field_missing", "title"),
    ],
)
@pytest.mark.parametrize("mode", ["inline", "manual"])
def test_what_is_wrong_is_named(
    waiting: Waiting, memory: str, cls: type, options: dict[str, Any], kind: str, words: str, mode: str
) -> None:
    with pytest.raises(scrypath.UsageError, match=words) as raised:
        waiting.client(memory, sync_mode=mode).sync_related(cls, [{"id": 7, "name": "Ann"}], **options)
    assert raised.value.kind == kind
    assert rows.asked == []


def test_what_is_wrong_is_named_before_a_job_is_inserted(lite: Database) -> None:
    search = scrypath.Scrypath(**QUEUE)
    assert lite.path is not None
    with closing(sqlite3.connect(lite.path)) as connection, connection:
        with pytest.raises(scrypath.UsageError, match="author declares posts") as raised:
            search.sync_related(Author, ANN, connection=connection)  # type: ignore[call-arg]
        assert raised.value.details["schema"] == "author"
        with pytest.raises(scrypath.UsageError, match="comments is no fan-out"):
            search.sync_related(Author, ANN, fan_out="comments", connection=connection)
    with pytest.raises(scrypath.QueueError, match="pass connection"):
        search.sync_related(Author, ANN, fan_out="posts")
    assert lite.jobs() == []


def test_what_the_resolver_raises_passes_through(waiting: Waiting, memory: str) -> None:
    rows.raises[7] = KeyError("Ann")
    with pytest.raises(KeyError, match="Ann"):
        waiting.client(memory).sync_related(Author, ANN, fan_out="posts")


@kinds(forms.BLOCKING)
def test_a_job_is_enqueued_and_run_in_the_callers_transactions(database: Database, opened: Any) -> None:
    search = scrypath.Scrypath(**QUEUE, index_prefix="t42")
    with opened(database) as (connection, _):
        written = search.sync_related(Author, [ANN, BOB], fan_out="posts", connection=connection)
    assert (written.mode, written.status, written.document_ids) == ("oban", "accepted", [7, 8])
    assert (written.document_count, written.index, rows.asked) == (2, None, [])
    assert [job[1:] for job in database.jobs()] == [
        ("search", "Scrypath.Sync.RelatedWorker", "available", 0, 8)
    ]

    with suppress(Changed), opened(database) as (connection, _):
        assert search.work_related("search", connection) == 1
        raise Changed
    assert [job[2:4] for job in database.jobs()] == [("Scrypath.Sync.RelatedWorker", "available")]

    with opened(database) as (connection, _):
        assert search.work_related("search", connection) == 1
        assert search.work_related("search", connection) == 0
    check_run(database)
    assert rows.asked[-1] == ([7, 8], connection)


@kinds(forms.AWAITED)
def test_a_job_is_enqueued_and_run_awaited(database: Database, opened: Any) -> None:
    search = scrypath.AsyncScrypath(**QUEUE, index_prefix="t42")

    async def main() -> Any:
        async with opened(database) as (connection, _):
            await search.sync_related(Author, [ANN, BOB], fan_out="awaited", connection=connection)
        with suppress(Changed):
            async with opened(database) as (connection, _):
                assert await search.work_related("search", connection) == 1
                raise Changed
        assert [job[3] for job in database.jobs()] == ["available"]
        async with opened(database) as (connection, _):
            assert await search.work_related("search", connection) == 1
        return connection

    connection = asyncio.run(main())
    check_run(database)
    assert rows.asked[-1] == ([7, 8], connection)


class Changed(Exception):
    """The application changed its mind."""


def check_run(database: Database) -> None:
    """The related job is done, and the target's is there, to be delivered."""
    related, upsert = database.jobs()
    assert related[2:5] == ("Scrypath.Sync.RelatedWorker", "completed", 1)
    assert upsert[1:] == ("search", "Scrypath.Oban.UpsertWorker", "available", 0, 8)
    args = json.loads(database.args()[1])
    assert (args["document_ids"], args["index"]) == ([1, 2, 3], "t42_post")


EACH_DATABASE = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])


@EACH_DATABASE
def test_one_that_fails_is_tried_again_and_the_others_go_on(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    search = scrypath.Scrypath(**QUEUE)
    rows.raises[7] = RuntimeError("hidden text of a record")
    with forms.sqlalchemy_connection(database) as (connection, _):
        for author in (ANN, BOB):
            search.sync_related(Author, author, fan_out="posts", connection=connection)
        search.sync_related(Author, BOB, fan_out="broken", connection=connection)
    with forms.sqlalchemy_connection(database) as (connection, _):
        assert search.work_related("search", connection) == 3
        # Not before its time.
        assert search.work_related("search", connection) == 0
    found = {job[0]: job[3:5] for job in database.jobs()}
    assert sorted(found.values()) == [("available", 0), ("completed", 1), ("retryable", 1), ("retryable", 1)]
    column = "errors" if database.path is not None else "to_json(errors)::text"
    first, second, third, _ = [
        json.loads(errors) for (errors,) in database.ask(f"SELECT {column} FROM oban_jobs ORDER BY id")
    ]
    assert [error["attempt"] for error in first + third] == [1, 1]
    assert first[0]["error"].startswith("RuntimeError was raised at test_related.py, line ")
    assert third[0]["error"].startswith("projection_field_missing: ")
    assert second == []
    assert "hidden" not in repr((first, caplog.records))
    # Those of one fan-out together.
    _, heard = [record for record in caplog.records if record.name == "scrypath.related"]
    assert heard.levelno == logging.WARNING
    assert "RuntimeError was raised" in heard.getMessage()


@EACH_DATABASE
def test_what_a_resolver_did_before_it_failed_is_rolled_back(database: Database) -> None:
    def breaks(ids: list[Any], connection: Any) -> Any:
        connection.exec_driver_sql("INSERT INTO notes (id, title) VALUES (1, 'left behind')")
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    @scrypath.schema(fields=["id"], fan_outs={"posts": {"target": Post, "resolver": breaks}})
    class Editor:
        pass

    search = scrypath.Scrypath(**QUEUE)
    with forms.sqlalchemy_connection(database) as (connection, _):
        search.sync_related(Editor, {"id": 1}, fan_out="posts", connection=connection)
        search.sync_related(Author, ANN, fan_out="posts", connection=connection)
        assert search.work_related("search", connection) == 2
    assert database.ask("SELECT * FROM notes") == []
    assert [job[3] for job in database.jobs()] == ["retryable", "completed", "available"]


@EACH_DATABASE
def test_a_job_that_cannot_be_run_ends(database: Database) -> None:
    search = scrypath.Scrypath(**QUEUE, oban_max_attempts=1)
    with forms.sqlalchemy_connection(database) as (connection, execute):
        for _ in range(2):
            search.sync_related(Author, ANN, fan_out="posts", connection=connection)
        search.sync_related(Author, ANN, fan_out="nowhere", connection=connection)
        execute(
            'UPDATE oban_jobs SET args = \'{"schema": "author"}\' WHERE id = (SELECT min(id) FROM oban_jobs)'
        )
    schema = "jsonb_set(args, '{schema}', '\"gone\"')"
    if database.path is not None:
        schema = "json_set(args, '$.schema', 'gone')"
    ids = [job[0] for job in database.jobs()]
    database.ask(f"UPDATE oban_jobs SET args = {schema} WHERE id = {ids[1]}")
    with forms.sqlalchemy_connection(database) as (connection, _):
        assert search.work_related("search", connection) == 3
    assert [job[3] for job in database.jobs()] == ["cancelled", "discarded", "discarded"]
    column = "errors" if database.path is not None else "to_json(errors)::text"
    said = [
        json.loads(each)[0]["error"]
        for (each,) in database.ask(f"SELECT {column} FROM oban_jobs ORDER BY id")
    ]
    assert said[0] == "invalid_fan_out"
    assert said[1] == "this process declares no schema gone"
    assert "its target Nobody is declared nowhere" in said[2]


def test_only_so_many_and_only_of_the_queue(lite: Database) -> None:
    search = scrypath.Scrypath(**QUEUE)
    with forms.sqlalchemy_connection(lite) as (connection, _):
        for _ in range(3):
            search.sync_related(Author, EVE, fan_out="posts", connection=connection)
        search.sync_record(Post, rows.posts[0], connection=connection)
        assert search.work_related("other", connection) == 0
        assert search.work_related("search", connection, limit=2) == 2
        assert search.work_related("search", connection) == 1


def test_a_session_resolves_with_its_own_records(lite: Database) -> None:
    engine = sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), poolclass=NullPool)
    search = scrypath.Scrypath(**QUEUE)
    with Session(engine) as session, session.begin():
        search.sync_related(Author, ANN, fan_out="posts", connection=session)
    with Session(engine) as session, session.begin():
        assert search.work_related("search", session) == 1
    assert rows.asked == [([7], session)]
    assert [job[3] for job in lite.jobs()] == ["completed", "available"]


def test_a_connection_without_a_transaction_is_refused(lite: Database) -> None:
    assert lite.path is not None
    search = scrypath.Scrypath(**QUEUE)
    with (
        closing(sqlite3.connect(lite.path, isolation_level=None)) as connection,
        pytest.raises(scrypath.UsageError, match="it is in no transaction"),
    ):
        search.work_related("search", connection)
    if sys.version_info >= (3, 12):
        with (
            closing(sqlite3.connect(lite.path, autocommit=True)) as connection,
            pytest.raises(scrypath.UsageError, match="it is in no transaction"),
        ):
            search.work_related("search", connection)
    engine = sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(scrypath.UsageError, match="it is in no transaction"):
        search.work_related("search", connection)
    engine.dispose()


@NEEDS_POSTGRES
def test_a_connection_of_postgres_without_a_transaction_is_refused() -> None:
    database = Database.postgres()
    search = scrypath.Scrypath(**QUEUE)
    with psycopg.connect(database.url, autocommit=True) as connection:
        with pytest.raises(scrypath.UsageError, match="it is in no transaction"):
            search.work_related("search", connection)
        with connection.transaction():
            assert search.work_related("search", connection) == 0

    async def awaited() -> None:
        import asyncpg

        connection = await asyncpg.connect(database.url)
        try:
            with pytest.raises(scrypath.UsageError, match="it is in no transaction"):
                await scrypath.AsyncScrypath(**QUEUE).work_related("search", connection)
        finally:
            await connection.close()

    asyncio.run(awaited())


@NEEDS_POSTGRES
def test_jobs_of_one_fan_out_are_run_one_after_the_other() -> None:
    """The second waits for the first one's transaction, so it cannot enqueue what it read before it."""
    database = Database.postgres()
    search = scrypath.Scrypath(**QUEUE)
    with forms.psycopg_connection(database) as (connection, _):
        search.sync_related(Author, ANN, fan_out="posts", connection=connection)
        search.sync_related(Author, BOB, fan_out="posts", connection=connection)
    with psycopg.connect(database.url) as first:
        assert search.work_related("search", first, limit=1) == 1
        with psycopg.connect(database.url) as second:
            second.execute("SET lock_timeout = '100ms'")
            search.work_related("search", second)
            second.commit()
    related = [job for job in database.jobs() if job[2] == "Scrypath.Sync.RelatedWorker"]
    assert [job[3] for job in related] == ["completed", "retryable"]


@EACH_DATABASE
def test_what_is_related_reaches_the_index(kind: str, database: Database, server: Server) -> None:
    options = server.options(f"related-{kind}")
    search = scrypath.Scrypath(server.url, **options, **QUEUE)
    with forms.sqlalchemy_connection(database) as (connection, _):
        search.sync_related(Author, ANN, fan_out="posts", connection=connection)
    with forms.sqlalchemy_connection(database) as (connection, _):
        search.work_related("search", connection)
    command = [BINARY, "worker", "--database-url", database.url, "--meilisearch-url", server.url]
    environment = {**os.environ, "MEILISEARCH_API_KEY": server.key}
    subprocess.run(
        [*command, "--queue", "search", "--until-idle"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert {job[3] for job in database.jobs()} == {"completed"}
    assert {hit["id"] for hit in search.search(Post, "").hits} == {1, 2}
