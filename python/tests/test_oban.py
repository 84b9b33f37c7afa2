"""Oban for Python runs Scrypath's jobs, and shares its table with ``scrypath worker`` and other languages.

Run by ``make test-oban``, in a virtual environment that has the package ``oban``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

if sys.version_info < (3, 12):
    pytest.skip("Oban for Python needs Python 3.12: run by make test-oban", allow_module_level=True)
pytest.importorskip("oban", reason="the package oban is not installed: run by make test-oban")

import psycopg
from oban import Oban
from oban.testing import drain_queue

import connections as forms
import scrypath
import scrypath.oban
from conftest import BINARY, ROOT, Server, free_port, serve, until
from connections import NEEDS_POSTGRES, Database
from stub import stub

pytestmark = NEEDS_POSTGRES
QUEUE: dict[str, Any] = {"sync_mode": "oban", "oban_queue": "search"}
AWKWARD = 'Bj\u00f6rn\'s "quay" \\ %s ? $1 :a \U0001f6a2'


@scrypath.schema(fields=["id", "title"])
class Note:
    pass


def note(id: int, title: str = AWKWARD) -> dict[str, Any]:
    return {"id": id, "title": title}


def scrypath_install(database: Database) -> None:
    subprocess.run(
        [BINARY, "queue", "install", "--database-url", database.url], check=True, capture_output=True
    )


def oban_install(database: Database, *more: str) -> None:
    command = [str(Path(sys.executable).with_name("oban")), "install", "--dsn", database.url, *more]
    subprocess.run(command, check=True, capture_output=True)


TABLES: dict[str, list[Callable[[Database], None]]] = {
    "of Oban": [oban_install],
    "of Oban, then scrypath": [oban_install, scrypath_install],
    "of scrypath, then Oban": [scrypath_install, oban_install],
}
EACH_TABLE = pytest.mark.parametrize(
    "database", ["of Oban, then scrypath", "of scrypath, then Oban"], indirect=True
)
OF_OBAN_ALONE = pytest.mark.parametrize("database", ["of Oban"], indirect=True)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """Databases with the tables, made once each way."""
    with ExitStack() as opened:
        made = {}
        for name, installs in TABLES.items():
            empty = forms.empty_database("postgres", tmp_path_factory.mktemp("template"))
            made[name] = opened.enter_context(empty)
            for install in installs:
                install(made[name])
        yield made


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, templates: dict[str, Database]
) -> Iterator[Database]:
    like = templates[getattr(request, "param", "of Oban, then scrypath")]
    with forms.empty_database("postgres", tmp_path, like) as database:
        yield database


@pytest.fixture
def options(server: Server, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a client is made with, for indexes of the test's own."""
    return {"meilisearch_url": server.url, **server.options(f"oban-{abs(hash(request.node.name))}"), **QUEUE}


@asynccontextmanager
async def oban(database: Database, client: Any, prefix: str = "public", **queues: int) -> AsyncIterator[Oban]:
    pool = await Oban.create_pool(database.url, min_size=1, max_size=6)
    try:
        scrypath.oban.register(client)
        async with Oban(pool=pool, prefix=prefix, queues=queues) as running:
            yield running
    finally:
        await pool.close()


def drain(database: Database, search: Any) -> dict[str, int]:
    """What became of the jobs that were available, by Oban's own way of running them in tests."""

    async def main() -> dict[str, int]:
        async with oban(database, search):
            summary = await drain_queue(queue="search", with_scheduled=False, with_safety=True)
        return {state: count for state, count in summary.items() if count}

    return asyncio.run(main())


def with_oban(database: Database, work: Callable[[Oban], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with oban(database, scrypath.Scrypath(**QUEUE)) as running:
            return await work(running)

    return asyncio.run(main())


def read(database: Database) -> list[Any]:
    """The jobs as Oban reads them."""

    async def work(running: Oban) -> list[Any]:
        return [await running.get_job(job[0]) for job in database.jobs()]

    return with_oban(database, work)


def enqueue(database: Database, search: Any, *records: dict[str, Any]) -> list[int]:
    ids = []
    with psycopg.connect(database.url) as connection:
        for record in records:
            written = search.sync_record(Note, record, connection=connection)
            ids.append(written.job.id)
    return ids


def scrypath_worker(database: Database, options: dict[str, Any]) -> dict[str, int]:
    command = [
        BINARY,
        "worker",
        "--database-url",
        database.url,
        "--queue",
        "search",
        "--until-idle",
        "--json",
    ]
    environment = {
        **os.environ,
        "MEILISEARCH_URL": options["meilisearch_url"],
        "MEILISEARCH_API_KEY": options["meilisearch_api_key"],
    }
    ran = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return json.loads(ran.stdout)


def states(database: Database) -> list[str]:
    return [job[3] for job in database.jobs()]


def found(options: dict[str, Any]) -> dict[int, str]:
    search = scrypath.Scrypath(**options)
    return {hit["id"]: hit["title"] for hit in search.search(Note, "").hits}


def by_python(database: Database, options: dict[str, Any], first: int) -> None:
    search = scrypath.Scrypath(**options)
    with psycopg.connect(database.url) as connection:
        for id in (first, first + 1):
            search.sync_record(Note, note(id), connection=connection)
        search.delete_document(Note, first + 1, connection=connection)
        connection.commit()
        search.sync_record(Note, note(first + 2), connection=connection)
        connection.rollback()


def by_script(command: list[str], folder: str) -> Callable[[Database, dict[str, Any], int], None]:
    def run(database: Database, options: dict[str, Any], first: int) -> None:
        program = shutil.which(command[0])
        assert program is not None, f"{command[0]} is not installed"
        environment = {
            **os.environ,
            "DATABASE_URL": database.url,
            "MEILISEARCH_URL": options["meilisearch_url"],
            "INDEX_PREFIX": options["index_prefix"],
            "QUEUE": "search",
            "FIRST_ID": str(first),
        }
        ran = subprocess.run(
            [program, *command[1:]],
            cwd=ROOT / folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stderr

    return run


ENQUEUED = {
    "python": by_python,
    "node": by_script(["node", "../tests/interop/enqueue.mjs"], "node"),
    "elixir": by_script(["mix", "run", "--no-compile", "../tests/interop/enqueue.exs"], "elixir"),
}


@EACH_TABLE
@pytest.mark.parametrize("language", ENQUEUED)
@pytest.mark.parametrize("runner", ["Oban", "scrypath worker"])
def test_jobs_of_every_language_are_run(
    database: Database, options: dict[str, Any], language: str, runner: str
) -> None:
    ENQUEUED[language](database, options, 10)
    # What was rolled back left nothing.
    assert states(database) == ["available"] * 3
    if runner == "Oban":

        async def main() -> None:
            async with oban(database, scrypath.AsyncScrypath(**options), search=1):
                await asyncio.to_thread(until, lambda: states(database) == ["completed"] * 3)

        asyncio.run(main())
    else:
        assert scrypath_worker(database, options)["completed"] == 3
    assert found(options) == {10: AWKWARD}
    jobs = read(database)
    assert [(job.worker, job.state, job.attempt, job.errors) for job in jobs] == [
        ("Scrypath.Oban.UpsertWorker", "completed", 1, []),
        ("Scrypath.Oban.UpsertWorker", "completed", 1, []),
        ("Scrypath.Oban.DeleteWorker", "completed", 1, []),
    ]
    assert all(job.completed_at and job.attempted_at and job.attempted_by for job in jobs)


def test_both_clients_can_be_registered(database: Database, options: dict[str, Any]) -> None:
    for id, client in enumerate((scrypath.Scrypath, scrypath.AsyncScrypath), 1):
        enqueue(database, scrypath.Scrypath(**options), note(id))
        assert drain(database, client(**options)) == {"completed": 1}
    assert set(found(options)) == {1, 2}


def test_an_oban_in_a_schema_of_its_own(tmp_path: Path, options: dict[str, Any]) -> None:
    search = scrypath.Scrypath(**options)
    with forms.empty_database("postgres", tmp_path) as database:
        database.ask("CREATE SCHEMA jobs")
        oban_install(database, "--prefix", "jobs")
        with psycopg.connect(database.url, options="-csearch_path=jobs") as connection:
            for statement in scrypath.queue_tables("postgres")["install"]:
                connection.execute(statement)
            search.sync_record(Note, note(1), connection=connection)
            search.sync_related(Skipper, {"id": 7}, fan_out="posts", connection=connection)

        async def main() -> None:
            async with oban(database, search, prefix="jobs"):
                await drain_queue(queue="search", with_scheduled=False, with_safety=True)

        asyncio.run(main())
        assert database.ask("SELECT DISTINCT state::text FROM jobs.oban_jobs") == [("completed",)]
        assert len(database.ask("SELECT * FROM jobs.scrypath_fences")) == 2
    assert set(found(options)) == {1, 2}


def test_many_jobs_at_once(database: Database, options: dict[str, Any]) -> None:
    enqueue(database, scrypath.Scrypath(**options), *(note(id, f"Harbour {id}") for id in range(60)))

    async def main() -> None:
        async with oban(database, scrypath.Scrypath(**options), search=10):
            await asyncio.to_thread(until, lambda: set(states(database)) == {"completed"})

    asyncio.run(main())
    search = scrypath.Scrypath(**options)
    assert search.search(Note, "", page={"size": 1}).page.total_hits == 60


def all_done(database: Database) -> bool:
    """Whether every job is done; those that wait for another are not let wait for long."""
    waiting = "state = 'scheduled' AND scheduled_at > timezone('UTC', now())"
    database.ask(f"UPDATE oban_jobs SET scheduled_at = timezone('UTC', now()) WHERE {waiting}")
    return set(states(database)) == {"completed"}


@pytest.mark.parametrize("beside", [False, True], ids=["Oban", "Oban and a worker"])
def test_the_newest_state_wins_whoever_runs_the_jobs(
    database: Database, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    monkeypatch.setenv("SCRYPATH_COMMAND", BINARY)
    search = scrypath.Scrypath(**options)
    newest: dict[int, str] = {}

    def write(states: range) -> None:
        for state in states:
            id = state % 4
            with psycopg.connect(database.url) as connection:
                if state % 7 == 6:
                    search.delete_document(Note, id, connection=connection)
                    newest.pop(id, None)
                else:
                    newest[id] = f"Harbour {state}"
                    search.sync_record(Note, note(id, newest[id]), connection=connection)

    async def main() -> None:
        async with oban(database, search, search=5):
            await asyncio.to_thread(write, range(25))
            if beside:
                # Not while Oban sends: the worker would wait for as long as what was sent may land.
                await asyncio.to_thread(until, lambda: all_done(database))
                async with scrypath.AsyncScrypath(**options).worker(database_url=database.url):
                    held = "SELECT 1 FROM scrypath_lanes WHERE holder <> ''"
                    await asyncio.to_thread(until, lambda: database.ask(held))
                    await asyncio.to_thread(write, range(25, 40))
                    await asyncio.to_thread(until, lambda: all_done(database))
            await asyncio.to_thread(write, range(40, 50))
            await asyncio.to_thread(until, lambda: all_done(database))

    asyncio.run(main())
    assert found(options) == newest


@pytest.mark.parametrize("newer", ["Harbour, newer", None])
def test_an_older_job_that_runs_later_overwrites_nothing(
    database: Database, options: dict[str, Any], newer: str | None
) -> None:
    search = scrypath.Scrypath(**options)
    older, _ = enqueue(database, search, note(1, "Harbour, older"), note(2))
    later = "state = 'scheduled', scheduled_at = now() + interval '1 hour'"
    database.ask(f"UPDATE oban_jobs SET {later} WHERE id = {older}")
    with psycopg.connect(database.url) as connection:
        if newer is None:
            search.delete_document(Note, 1, connection=connection)
        else:
            search.sync_record(Note, note(1, newer), connection=connection)
    assert drain(database, search) == {"completed": 2}
    expected = {2: AWKWARD} if newer is None else {1: newer, 2: AWKWARD}
    assert found(options) == expected
    database.ask(f"UPDATE oban_jobs SET state = 'available' WHERE id = {older}")
    assert drain(database, search) == {"completed": 1}
    assert found(options) == expected
    assert states(database) == ["completed"] * 3


def test_a_job_waits_while_there_is_no_backend(database: Database, options: dict[str, Any]) -> None:
    port = free_port()
    down = {**options, "meilisearch_url": f"http://127.0.0.1:{port}"}
    search = scrypath.Scrypath(**down)
    enqueue(database, search, note(1))
    assert drain(database, search) == {"scheduled": 1}
    (job,) = read(database)
    assert (job.state, job.attempt, job.errors, job.meta["snoozed"]) == ("scheduled", 0, [], 1)
    with serve(port) as server:
        up = {**down, "meilisearch_url": server.url, "meilisearch_api_key": server.key}
        database.ask("UPDATE oban_jobs SET scheduled_at = timezone('UTC', now())")

        async def main() -> None:
            # Staged, fetched and run by Oban itself.
            async with oban(database, scrypath.Scrypath(**up), search=1):
                await asyncio.to_thread(until, lambda: states(database) == ["completed"])

        asyncio.run(main())
        assert found(up) == {1: AWKWARD}
    (job,) = read(database)
    assert job.attempt == 1


REFUSED = {
    "documents": [{"status": 400, "body": {"code": "invalid_something", "message": "no", "type": "invalid"}}]
}


def errors(job: Any) -> list[str]:
    """The errors of a job; each has the form that Obans give them."""
    assert all(set(error) == {"attempt", "at", "error"} for error in job.errors)
    return [error["error"] for error in job.errors]


@EACH_TABLE
def test_what_failed_is_read_on_both_sides(
    database: Database, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails with Oban, then with the worker, and is delivered by Oban."""
    with stub(REFUSED) as refusing:
        failing = {**options, "meilisearch_url": refusing.url, "oban_max_attempts": 5}
        search = scrypath.Scrypath(**failing)
        enqueue(database, search, note(1))
        assert drain(database, search) == {"retryable": 1}
        (job,) = read(database)
        assert (job.state, job.attempt, len(job.errors)) == ("retryable", 1, 1)
        assert "NotDelivered: " in errors(job)[0]
        assert "invalid_something" in errors(job)[0]
        database.ask("UPDATE oban_jobs SET state = 'available'")
        monkeypatch.setenv("SCRYPATH_COMMAND", BINARY)
        with search.worker(database_url=database.url):
            until(lambda: states(database) == ["retryable"])
        (job,) = read(database)
        assert (job.state, job.attempt, len(job.errors)) == ("retryable", 2, 2)
        assert "invalid_something" in errors(job)[1]
        assert options["meilisearch_api_key"] not in repr(job.errors)
        assert "quay" not in repr(job.errors)
    args = json.dumps({"meilisearch_url": options["meilisearch_url"]})
    database.ask(f"UPDATE oban_jobs SET state = 'available', args = args || '{args}'")
    assert drain(database, search) == {"completed": 1}
    (job,) = read(database)
    assert (job.state, job.attempt, len(errors(job))) == ("completed", 3, 2)
    assert found(options) == {1: AWKWARD}


@EACH_TABLE
@pytest.mark.parametrize("runner", ["Oban", "scrypath worker"])
def test_what_is_given_up_is_read_on_both_sides(
    database: Database, options: dict[str, Any], runner: str
) -> None:
    with stub(REFUSED) as refusing:
        failing = {**options, "meilisearch_url": refusing.url, "oban_max_attempts": 1}
        enqueue(database, scrypath.Scrypath(**failing), note(1))
        if runner == "Oban":
            assert drain(database, scrypath.Scrypath(**failing)) == {"discarded": 1}
        else:
            assert scrypath_worker(database, failing)["discarded"] == 1
        (job,) = read(database)
        assert (job.state, job.attempt, len(errors(job))) == ("discarded", 1, 1)
        assert "invalid_something" in errors(job)[0]
        assert job.discarded_at is not None
    args = json.dumps({"meilisearch_url": options["meilisearch_url"]})
    database.ask(f"UPDATE oban_jobs SET args = args || '{args}'")
    with_oban(database, lambda running: running.retry_job(job.id))
    assert states(database) == ["available"]
    # The other one delivers it.
    if runner == "Oban":
        assert scrypath_worker(database, options)["completed"] == 1
    else:
        assert drain(database, scrypath.Scrypath(**options)) == {"completed": 1}
    (job,) = read(database)
    assert (job.state, len(errors(job))) == ("completed", 1)
    assert found(options) == {1: AWKWARD}


def test_a_refused_document_is_a_dead_letter_and_the_rest_is_delivered(
    database: Database, options: dict[str, Any]
) -> None:
    search = scrypath.Scrypath(**options)

    @scrypath.schema(fields=["id", "title", "_geo"], filterable=["_geo"], name="note")
    class Placed:
        pass

    places = [{"id": 1, "title": "Harbour", "_geo": {"lat": 1, "lng": 2}}]
    places.append({"id": 2, "title": "Nowhere", "_geo": {"lat": "north", "lng": 2}})
    with psycopg.connect(database.url) as connection:
        search.sync_records(Placed, places, connection=connection)
    assert drain(database, search) == {"cancelled": 1}
    assert found(options) == {1: "Harbour"}
    letters = database.ask("SELECT document_id FROM scrypath_dead_letters")
    assert letters == [("2",)]
    (job,) = read(database)
    assert "Nowhere" not in repr(job.errors)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("jsonb_set(args, '{version}', '2')", "unknown_version"),
        ("jsonb_set(args, '{operation}', '\"else\"')", "unknown_operation"),
        ("jsonb_set(args, '{schema}', '7')", "invalid_args"),
        ("args - 'schema'", "invalid_schema"),
        ("args - 'index'", "invalid_index"),
        ("args - 'document_ids'", "invalid_document_ids"),
        ("args - 'documents'", "invalid_documents"),
        ("jsonb_set(args, '{documents,0}', '{\"id\": 1}')", "invalid_document"),
        ("jsonb_set(args, '{documents,0,source}', '\"else\"')", "invalid_document_source"),
        ("jsonb_set(args, '{document_count}', '2')", "invalid_document_count"),
        ("jsonb_set(args, '{document_ids}', '[2]')", "document_ids_mismatch"),
        ("'[1]'", "invalid_args"),
    ],
)
def test_what_never_can_be_run_is_cancelled(
    database: Database, options: dict[str, Any], change: str, word: str
) -> None:
    search = scrypath.Scrypath(**options)
    enqueue(database, search, note(1))
    database.ask(f"UPDATE oban_jobs SET args = {change}")
    assert drain(database, search) == {"cancelled": 1}
    (job,) = read(database)
    assert (job.state, errors(job)) == ("cancelled", [word])
    assert job.cancelled_at is not None


@OF_OBAN_ALONE
def test_without_its_tables_a_job_says_what_to_do(database: Database, options: dict[str, Any]) -> None:
    search = scrypath.Scrypath(**options)
    enqueue(database, search, note(1))
    assert drain(database, search) == {"retryable": 1}
    (job,) = read(database)
    assert "run `scrypath queue install`" in errors(job)[0]
    # A worker makes them itself.
    database.ask("UPDATE oban_jobs SET state = 'available'")
    assert scrypath_worker(database, options)["completed"] == 1
    assert found(options) == {1: AWKWARD}


@OF_OBAN_ALONE
def test_the_worker_knows_the_table_that_oban_made(database: Database, options: dict[str, Any]) -> None:
    """Errors that are no array, attempts that are small, a state of Oban's own that is left alone."""
    (columns,) = database.ask(
        "SELECT count(*) FROM information_schema.columns WHERE table_name = 'oban_jobs' AND "
        "(column_name, data_type) IN (('errors', 'jsonb'), ('attempt', 'smallint'))"
    )
    assert columns == (2,)
    search = scrypath.Scrypath(**options)
    done, suspended, planned = enqueue(database, search, note(1), note(2), note(3))
    database.ask(f"UPDATE oban_jobs SET state = 'suspended' WHERE id = {suspended}")
    planning = "state = 'scheduled', scheduled_at = timezone('UTC', now()) - interval '1 second'"
    database.ask(f"UPDATE oban_jobs SET {planning} WHERE id = {planned}")
    assert scrypath_worker(database, options)["completed"] == 2
    assert {job[0]: job[3] for job in database.jobs()} == {
        done: "completed",
        suspended: "suspended",
        planned: "completed",
    }
    assert set(found(options)) == {1, 3}


def test_a_queue_that_a_worker_holds_is_left_to_it(database: Database, options: dict[str, Any]) -> None:
    search = scrypath.Scrypath(**options)
    enqueue(database, search, note(1))
    held = "('search', 'somebody', 1, now() + interval '1 hour')"
    columns = "queue, holder, epoch, lease_until"
    database.ask(f"INSERT INTO scrypath_lanes ({columns}) VALUES {held}")
    assert drain(database, search) == {"scheduled": 1}
    (job,) = read(database)
    assert (job.attempt, job.errors) == (0, [])


class Rows:
    posts = [
        {"id": 1, "title": "Harbour tug", "author_id": 7},
        {"id": 2, "title": "Harbour ferry", "author_id": 7},
    ]
    asked: list[tuple[list[Any], str]] = []


def posts_of(ids: list[Any], connection: Any) -> list[dict[str, Any]]:
    Rows.asked.append((ids, type(connection).__name__))
    return [post for post in Rows.posts if post["author_id"] in ids]


async def posts_read(ids: list[Any], connection: Any) -> list[dict[str, Any]]:
    await connection.execute("INSERT INTO resolved VALUES (1)")
    read = await (await connection.execute("SELECT count(*) FROM resolved")).fetchone()
    assert read[0] > 0
    return posts_of(ids, connection)


async def breaks(ids: list[Any], connection: Any) -> list[dict[str, Any]]:
    await connection.execute("INSERT INTO resolved VALUES (2)")
    raise RuntimeError("hidden text of a record")


@scrypath.schema(
    fields=["id", "name"],
    fan_outs={
        "posts": {"target": Note, "resolver": posts_of},
        "read": {"target": Note, "resolver": posts_read},
        "broken": {"target": Note, "resolver": breaks},
    },
)
class Skipper:
    pass


@EACH_TABLE
@pytest.mark.parametrize("fan_out", ["posts", "read"])
def test_related_jobs_are_run(database: Database, options: dict[str, Any], fan_out: str) -> None:
    Rows.asked.clear()
    database.ask("CREATE TABLE resolved (id integer)")
    search = scrypath.Scrypath(**options)
    with psycopg.connect(database.url) as connection:
        search.sync_related(Skipper, {"id": 7}, fan_out=fan_out, connection=connection)
    # The job of the target too.
    assert drain(database, search) == {"completed": 2}
    assert Rows.asked == [([7], "AsyncConnection")]
    assert set(found(options)) == {1, 2}
    assert [(job.worker, job.queue, job.state) for job in read(database)] == [
        ("Scrypath.Sync.RelatedWorker", "search", "completed"),
        ("Scrypath.Oban.UpsertWorker", "search", "completed"),
    ]


@EACH_TABLE
def test_a_related_job_that_fails_leaves_nothing(database: Database, options: dict[str, Any]) -> None:
    database.ask("CREATE TABLE resolved (id integer)")
    search = scrypath.Scrypath(**options)
    with psycopg.connect(database.url) as connection:
        search.sync_related(Skipper, {"id": 7}, fan_out="broken", connection=connection)
        search.sync_related(Skipper, {"id": 7}, fan_out="posts", connection=connection)
        connection.execute(
            "UPDATE oban_jobs SET args = args - 'fan_out' WHERE id = (SELECT max(id) FROM oban_jobs)"
        )
    assert drain(database, search) == {"retryable": 1, "cancelled": 1}
    assert database.ask("SELECT * FROM resolved") == []
    failed, cancelled = read(database)
    assert (failed.state, failed.attempt) == ("retryable", 1)
    assert "RuntimeError was raised at test_oban.py, line " in errors(failed)[0]
    assert "hidden" not in repr(failed.errors)
    assert (cancelled.state, errors(cancelled)) == ("cancelled", ["invalid_fan_out"])


def test_what_a_job_does_is_heard(
    database: Database, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    search = scrypath.Scrypath(**options)
    enqueue(database, search, note(1))
    caplog.set_level(logging.DEBUG, "scrypath")
    assert drain(database, search) == {"completed": 1}
    heard = [record for record in caplog.records if record.name == "scrypath"]
    assert {"scrypath.meilisearch.request.start", "scrypath.meilisearch.request.stop"} <= {
        record.getMessage() for record in heard
    }
    assert "quay" not in repr([vars(record) for record in heard])
    assert options["meilisearch_api_key"] not in repr([vars(record) for record in heard])
