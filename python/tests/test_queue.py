"""Mode ``oban``: a write is a row of the caller's own transaction, and a worker brings it into the index."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from django.db import connection as django_default
from django.db import transaction
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

import connections as forms
import scrypath
from conftest import BINARY, Server
from connections import NEEDS_POSTGRES, Database
from scrypath import Job, QueueOptions, WriteResult

QUEUE: dict[str, Any] = {"sync_mode": "oban", "oban_queue": "search"}
AWKWARD = 'Bj\u00f6rn\'s "quay" \\ %s ? $1 :a \U0001f6a2\u2028'


class Base(DeclarativeBase):
    pass


@scrypath.schema(fields=["id", "title"])
class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Changed(Exception):
    """The application changed its mind."""


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


EACH_DATABASE = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path) if kind == "sqlite" else Database.postgres()


@pytest.fixture
def lite(tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path)


def note(id: int = 1, title: str = "Harbour") -> dict[str, Any]:
    return {"id": id, "title": title}


def check_committed(database: Database, written: WriteResult) -> None:
    (job,) = database.jobs()
    assert job[1:] == ("search", "Scrypath.Oban.UpsertWorker", "available", 0, 8)
    assert written == WriteResult(
        "oban",
        "accepted",
        [1],
        1,
        "scrypath_note",
        job=Job(job[0], "Scrypath.Oban.UpsertWorker", "search", "available", 0, 8),
        oban=QueueOptions("search", 8),
    )
    assert database.ask("SELECT id, title FROM notes") == [(1, "Harbour")]
    (document,) = json.loads(database.args()[0])["documents"]
    assert document["data"] == note(1, AWKWARD)


INSERTED = "INSERT INTO notes (id, title) VALUES (1, 'Harbour')"


@kinds(forms.BLOCKING)
def test_a_job_is_committed_with_its_row_or_neither_is(database: Database, opened: Any) -> None:
    search = scrypath.Scrypath(**QUEUE)
    with suppress(Changed), opened(database) as (connection, execute):
        execute(INSERTED)
        assert search.sync_record(Note, note(1, AWKWARD), connection=connection).status == "accepted"
        raise Changed
    assert (database.jobs(), database.ask("SELECT * FROM notes")) == ([], [])
    with opened(database) as (connection, execute):
        execute(INSERTED)
        written = search.sync_record(Note, note(1, AWKWARD), connection=connection)
        assert database.jobs() == [] or database.path is None
    check_committed(database, written)


@kinds(forms.AWAITED)
def test_a_job_is_committed_with_its_row_or_neither_is_awaited(database: Database, opened: Any) -> None:
    search = scrypath.AsyncScrypath(**QUEUE)

    async def write(fail: bool) -> WriteResult:
        async with opened(database) as (connection, execute):
            await execute(INSERTED)
            written = await search.sync_record(Note, note(1, AWKWARD), connection=connection)
            if fail:
                raise Changed
        return written

    with pytest.raises(Changed):
        asyncio.run(write(fail=True))
    assert (database.jobs(), database.ask("SELECT * FROM notes")) == ([], [])
    check_committed(database, asyncio.run(write(fail=False)))


@kinds(forms.BLOCKING)
def test_nothing_to_do_executes_nothing(database: Database, opened: Any) -> None:
    database.ask("DROP TABLE oban_jobs")
    search = scrypath.Scrypath(**QUEUE)
    with opened(database) as (connection, _):
        assert search.sync_records(Note, [], connection=connection) == WriteResult("oban", "noop", [], 0)
        assert search.delete_documents(Note, [], connection=connection).status == "noop"
    if database.path is None:
        # The other tests find it again.
        Database.postgres()


def test_django_default_connection_is_taken_by_its_usual_name(lite: Database) -> None:
    (table,) = lite.ask("SELECT sql FROM sqlite_master WHERE name = 'oban_jobs'")
    search = scrypath.Scrypath(**QUEUE)
    try:
        with django_default.cursor() as cursor:
            cursor.execute(table[0])
        with suppress(Changed), transaction.atomic():
            search.sync_record(Note, note(), connection=django_default)
            raise Changed
        with transaction.atomic():
            search.sync_record(Note, note(2), connection=django_default)
        with django_default.cursor() as cursor:
            ((args,),) = cursor.execute("SELECT args FROM oban_jobs").fetchall()
        assert json.loads(args)["document_ids"] == [2]
    finally:
        with django_default.cursor() as cursor:
            cursor.execute("DROP TABLE oban_jobs")
        django_default.close()


class Statements(list[str]):
    """What a connection of sqlite3 was asked to do."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        connection.set_trace_callback(self.append)


def test_a_rollback_is_the_callers(lite: Database) -> None:
    assert lite.path is not None
    search = scrypath.Scrypath(**QUEUE)
    with closing(sqlite3.connect(lite.path)) as connection:
        statements = Statements(connection)
        search.sync_record(Note, note(), connection=connection)
        assert [statement.split()[0] for statement in statements] == ["BEGIN", "INSERT"]
        assert connection.in_transaction
        connection.rollback()
    assert lite.jobs() == []


def test_every_write_verb_enqueues(lite: Database) -> None:
    assert lite.path is not None
    search = scrypath.Scrypath(**QUEUE, oban_max_attempts=3)
    with closing(sqlite3.connect(lite.path)) as connection, connection:
        search.sync_records(Note, [note(1), note(2)], connection=connection)
        search.delete_record(Note, note(3), connection=connection)
        search.delete_document(Note, 4, connection=connection)
        written = search.delete_documents(Note, ("a", 5), connection=connection)
    assert written.document_ids == ["a", 5]
    assert written.job is not None
    assert (written.job.worker, written.job.max_attempts) == ("Scrypath.Oban.DeleteWorker", 3)
    assert [(args["operation"], args["document_ids"]) for args in map(json.loads, lite.args())] == [
        ("upsert", [1, 2]),
        ("delete", [3]),
        ("delete", [4]),
        ("delete", ["a", 5]),
    ]


def test_hooks_make_the_document_and_the_id(lite: Database) -> None:
    assert lite.path is not None

    @scrypath.schema(fields=["title"])
    class Buoy:
        id = "b-1"

        def search_document(self) -> dict[str, Any]:
            return {"title": "by the hook"}

        def search_document_id(self) -> str:
            return "b-2"

    search = scrypath.Scrypath(**QUEUE)
    with closing(sqlite3.connect(lite.path)) as connection, connection:
        search.sync_record(Buoy, Buoy(), connection=connection)
        search.delete_record(Buoy, Buoy(), connection=connection)
    upsert, delete = map(json.loads, lite.args())
    assert upsert["documents"] == [{"id": "b-1", "data": {"title": "by the hook"}, "source": "custom"}]
    assert delete["document_ids"] == ["b-2"]


def test_a_key_is_in_no_job(lite: Database) -> None:
    assert lite.path is not None
    search = scrypath.Scrypath("http://search.example", meilisearch_api_key="a secret key", **QUEUE)
    with closing(sqlite3.connect(lite.path)) as connection, connection:
        search.sync_record(Note, note(), connection=connection, meilisearch_api_key="a secret key")
        search.delete_document(Note, 1, connection=connection)
    assert "search.example" in lite.args()[0]
    assert "secret" not in "".join(lite.args())


Call = Callable[[scrypath.Scrypath, Any], Any]


@pytest.mark.parametrize(
    ("call", "error", "kind"),
    [
        (
            lambda search, c: search.sync_record(Note, {"id": 1}, connection=c),
            "UsageError",
            "projection_field_missing",
        ),
        (
            lambda search, c: search.sync_records(Note, [note(), note("a b")], connection=c),
            "UsageError",
            "document_id_invalid",
        ),
        (
            lambda search, c: search.delete_documents(Note, [None], connection=c),
            "UsageError",
            "document_id_missing",
        ),
        (
            lambda search, c: search.sync_record(Note, note(), connection=c, oban_queue=None),
            "UsageError",
            "missing_option",
        ),
        (
            lambda search, c: search.sync_record(
                Note, note(), connection=c, meilisearch_api_key="of this call"
            ),
            "UsageError",
            "key_not_durable",
        ),
        (
            lambda search, c: search.sync_record(Note, note(), connection=c, sync_mode="inline"),
            "UsageError",
            "invalid_option",
        ),
        (
            lambda search, c: search.delete_document(Note, 1, connection=c, sync_mode="manual"),
            "UsageError",
            "invalid_option",
        ),
        (lambda search, c: search.search(Note, "", connection=c), "UsageError", "unknown_options"),
        (lambda search, c: scrypath.Scrypath(**QUEUE, connection=c), "UsageError", "unknown_options"),
        (lambda search, c: search.sync_record(Note, note()), "QueueError", "queue_unavailable"),
        (
            lambda search, c: search.sync_record(Note, note(), connection=None),
            "QueueError",
            "queue_unavailable",
        ),
        (
            lambda search, c: search.delete_document(Note, 1, connection=scrypath.UNSET),
            "QueueError",
            "queue_unavailable",
        ),
    ],
)
def test_what_is_refused_executes_nothing(lite: Database, call: Call, error: str, kind: str) -> None:
    assert lite.path is not None
    search = scrypath.Scrypath(**QUEUE)
    with closing(sqlite3.connect(lite.path)) as connection:
        statements = Statements(connection)
        with pytest.raises(scrypath.ScrypathError) as raised:
            call(search, connection)
        assert statements == []
    assert (type(raised.value).__name__, raised.value.kind) == (error, kind)
    assert "of this call" not in repr(raised.value)
    assert "sqlite3.Connection object" not in repr((raised.value, raised.value.details))


def test_no_connection_needs_none_beside_another_mode(memory: str) -> None:
    search = scrypath.Scrypath(memory)
    assert search.sync_record(Note, note(), connection=None).status == "completed"
    assert search.delete_document(Note, 1, connection=scrypath.UNSET).status == "completed"


def test_without_a_connection_is_said_what_to_pass() -> None:
    with pytest.raises(
        scrypath.QueueError, match=r"pass connection, .*SQLAlchemy.*Django.*psycopg"
    ) as raised:
        scrypath.Scrypath(**QUEUE).sync_record(Note, note())
    assert raised.value.class_ == "queue"
    assert raised.value.details["name"] == "connection"


@pytest.mark.parametrize("connection", [7, "sqlite:queue.db", object(), {"password": "hidden"}])
def test_an_unknown_connection_is_refused_and_not_shown(connection: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="connection must be a SQLAlchemy Session") as raised:
        scrypath.Scrypath(**QUEUE).sync_record(Note, note(), connection=connection)
    assert raised.value.kind == "invalid_option"
    assert "hidden" not in str(raised.value)
    assert f"not a {type(connection).__name__}" in str(raised.value)


def test_a_database_that_keeps_no_queue_is_refused() -> None:
    class Elsewhere(Session):
        def get_bind(self, *args: Any, **more: Any) -> Any:
            return type("Engine", (), {"dialect": type("Dialect", (), {"name": "mysql"})})

    with Elsewhere() as session, pytest.raises(scrypath.UsageError, match="not in mysql"):
        scrypath.Scrypath(**QUEUE).sync_record(Note, note(), connection=session)


def test_a_connection_that_waits_the_other_way_is_refused(lite: Database) -> None:
    async def awaited() -> None:
        engine = create_async_engine(lite.sqlalchemy("aiosqlite"), poolclass=NullPool)
        async with engine.connect() as connection, AsyncSession(engine) as session:
            for each in (connection, session):
                with pytest.raises(scrypath.UsageError, match="write with AsyncScrypath"):
                    scrypath.Scrypath(**QUEUE).sync_record(Note, note(), connection=each)
        search = scrypath.AsyncScrypath(**QUEUE)
        with Session(sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), poolclass=NullPool)) as blocking:
            for each in (blocking, django_default):
                with pytest.raises(scrypath.UsageError, match="would hold up the event loop"):
                    await search.sync_record(Note, note(), connection=each)

    asyncio.run(awaited())
    assert lite.jobs() == []


def test_what_the_driver_raises_passes_through(lite: Database) -> None:
    assert lite.path is not None
    lite.ask("DROP TABLE oban_jobs")
    search = scrypath.Scrypath(**QUEUE)
    with (
        closing(sqlite3.connect(lite.path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
    ):
        search.sync_record(Note, note(), connection=connection)


def test_a_session_writes_its_row_before_the_job(lite: Database) -> None:
    engine = sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), poolclass=NullPool)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *of: statements.append(of[2].split(" (")[0]))
    search = scrypath.Scrypath(**QUEUE)
    with Session(engine, autoflush=False) as session, session.begin():
        created = Note(title="Harbour")
        session.add(created)
        assert search.sync_record(Note, created, connection=session).document_ids == [created.id]
        created.title = "Harbour tug"
        search.sync_record(Note, created, connection=session)
        session.delete(created)
        search.delete_record(Note, created, connection=session)
    assert [statement.partition(" SET")[0].partition(" WHERE")[0] for statement in statements] == [
        "INSERT INTO notes",
        "INSERT INTO oban_jobs",
        "UPDATE notes",
        "INSERT INTO oban_jobs",
        "DELETE FROM notes",
        "INSERT INTO oban_jobs",
    ]


def test_the_job_goes_where_the_rows_of_its_class_are(lite: Database) -> None:
    engine = sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), poolclass=NullPool)
    with Session(binds={Note: engine}) as session, session.begin():
        scrypath.Scrypath(**QUEUE).sync_record(Note, note(), connection=session)
    assert len(lite.jobs()) == 1


def test_an_event_of_a_flush_gives_its_connection(lite: Database) -> None:
    engine = sqlalchemy.create_engine(lite.sqlalchemy("pysqlite"), poolclass=NullPool)
    search = scrypath.Scrypath(**QUEUE)

    def enqueue(session: Session, context: Any) -> None:
        search.sync_records(Note, list(session.new), connection=session.connection())

    with Session(engine) as session:
        event.listen(session, "after_flush", enqueue)
        session.add(Note(id=3, title="Harbour"))
        session.commit()
    assert [json.loads(args)["document_ids"] for args in lite.args()] == [[3]]


def work(database: Database, server: Server) -> None:
    command = [BINARY, "worker", "--database-url", database.url, "--meilisearch-url", server.url]
    environment = {**os.environ, "MEILISEARCH_API_KEY": server.key}
    command += ["--queue", "search", "--until-idle"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)


def test_a_worker_says_why_its_queue_pauses(lite: Database, server: Server) -> None:
    with forms.sqlite3_connection(lite) as (connection, _):
        scrypath.Scrypath(server.url, **QUEUE).sync_record(Note, note(1, AWKWARD), connection=connection)
    command = [BINARY, "worker", "--database-url", lite.url, "--meilisearch-url", server.url]
    command += ["--queue", "search"]
    environment = {**os.environ, "MEILISEARCH_API_KEY": "not the key"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        said = worker.stderr.readline()
        worker.terminate()
        worker.communicate(timeout=120)
    assert worker.returncode == 0
    assert "invalid_api_key" in said
    assert 'queue="search"' in said
    assert "not the key" not in said
    assert AWKWARD not in said


@EACH_DATABASE
def test_a_worker_brings_the_newest_state_into_the_index(database: Database, server: Server) -> None:
    options = server.options(f"queue-{database.path is None}")
    search = scrypath.Scrypath(server.url, **options, **QUEUE)
    opened = forms.sqlalchemy_connection
    with opened(database) as (connection, _):
        search.sync_record(Note, note(2, "Harbour ferry"), connection=connection)
        search.sync_record(Note, note(3, "Harbour crane"), connection=connection)
    for state in range(5):
        with opened(database) as (connection, _):
            search.sync_record(Note, note(1, f"{AWKWARD} {state}"), connection=connection)
    with suppress(Changed), opened(database) as (connection, _):
        search.sync_record(Note, note(1, "never was"), connection=connection)
        raise Changed
    with opened(database) as (connection, _):
        search.delete_document(Note, 3, connection=connection)
    work(database, server)
    assert {job[3] for job in database.jobs()} == {"completed"}
    found = {hit["id"]: hit["title"] for hit in search.search(Note, "").hits}
    assert found == {1: f"{AWKWARD} 4", 2: "Harbour ferry"}


@NEEDS_POSTGRES
def test_workers_hear_of_a_job_at_commit() -> None:
    database = Database.postgres()
    with psycopg.connect(database.url, autocommit=True) as listening:
        listening.execute('LISTEN "public.oban_insert"')
        with forms.psycopg_connection(database) as (connection, _):
            scrypath.Scrypath(**QUEUE).sync_record(Note, note(), connection=connection)
            assert list(listening.notifies(timeout=0.1)) == []
        (heard,) = listening.notifies(timeout=5, stop_after=1)
        assert json.loads(heard.payload) == {"queue": "search"}
