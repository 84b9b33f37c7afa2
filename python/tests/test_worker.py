"""``Scrypath.worker``: the shipped command as a child process, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import connections as forms
import scrypath
from conftest import BINARY, ROOT, Server, Waiting, free_port, until
from connections import NEEDS_POSTGRES, Database
from scrypath import Tally

NEEDS_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
EACH_DATABASE = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])
QUEUE: dict[str, Any] = {"sync_mode": "oban", "oban_queue": "search"}
SOON: dict[str, Any] = {"request_timeout": 250, "settle_time": 0, "lease": 1000}


@scrypath.schema(fields=["id", "title"])
class Note:
    pass


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRYPATH_COMMAND", BINARY)


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path) if kind == "sqlite" else Database.postgres()


@pytest.fixture
def lite(tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path)


def enqueue(database: Database, *ids: int, url: str | None = None, **options: Any) -> None:
    search = scrypath.Scrypath(url, **QUEUE, **options)
    with forms.sqlalchemy_connection(database) as (connection, _):
        for id in ids:
            search.sync_record(Note, {"id": id, "title": f"Harbour {id}"}, connection=connection)


def states(database: Database) -> set[str]:
    return {job[3] for job in database.jobs()}


def found(search: Any) -> set[int]:
    return {hit["id"] for hit in search.search(Note, "").hits}


def settings(server: Server, name: str) -> dict[str, Any]:
    return server.options(f"worker-{name}")


@EACH_DATABASE
def test_it_works_until_there_is_nothing_to_do(
    kind: str, database: Database, server: Server, waiting: Waiting
) -> None:
    options = settings(server, f"{kind}-{waiting.mode}")
    enqueue(database, 1, 2, 3, url=server.url, index_prefix=options["index_prefix"])
    search = waiting.client(server.url, **options, oban_queue="search")
    worker = search.worker(database_url=database.url, until_idle=True)
    tally = waiting.result(worker.wait())
    assert (tally.completed, tally.discarded, tally.cancelled, tally.retried) == (3, 0, 0, 0)
    assert tally.requests >= 1
    assert states(database) == {"completed"}
    assert found(search) == {1, 2, 3}
    assert worker.pid is None
    assert waiting.result(worker.stop()) == tally


@EACH_DATABASE
def test_completed_jobs_are_deleted_once_they_are_old(kind: str, database: Database, server: Server) -> None:
    options = settings(server, f"old-{kind}")
    search = scrypath.Scrypath(server.url, **options, oban_queue="search")
    enqueue(database, 1, 2, 3, 4, 5, url=server.url, index_prefix=options["index_prefix"])

    def work(**more: Any) -> list[str]:
        search.worker(database_url=database.url, until_idle=True, **more).wait()
        return [job[3] for job in database.jobs()]

    assert work() == ["completed"] * 5
    old = {"sqlite": "datetime('now', '-2 days')", "postgres": "timezone('UTC', now()) - interval '2 days'"}[
        kind
    ]
    old = f"scheduled_at = {old}, completed_at = {old}"
    first, second, third, fourth, _ = (job[0] for job in database.jobs())
    database.ask(f"UPDATE oban_jobs SET {old} WHERE id <= {fourth}")
    database.ask(f"UPDATE oban_jobs SET state = 'discarded' WHERE id = {first}")
    database.ask(f"UPDATE oban_jobs SET queue = 'another' WHERE id = {second}")
    database.ask(f"UPDATE oban_jobs SET worker = 'MyApp.Mailer' WHERE id = {third}")
    assert work(keep_completed=3 * 86_400_000) == ["discarded", *["completed"] * 4]
    assert work() == ["discarded", *["completed"] * 3]
    assert fourth not in {job[0] for job in database.jobs()}
    assert work(keep_completed=10**15) == ["discarded", *["completed"] * 3]
    assert work(keep_completed=0) == ["discarded", *["completed"] * 2]
    # No document went with its job.
    assert found(search) == {1, 2, 3, 4, 5}


def test_it_works_on_until_its_block_ends(lite: Database, server: Server) -> None:
    options = settings(server, "block")
    search = scrypath.Scrypath(server.url, **options, oban_queue="search")
    with search.worker(database_url=lite.url) as worker:
        assert worker.pid is not None
        enqueue(lite, 1, url=server.url, index_prefix=options["index_prefix"])
        until(lambda: states(lite) == {"completed"})
        assert found(search) == {1}
    assert worker.pid is None
    assert worker.stop().completed == 1


def test_it_works_on_until_its_block_ends_awaited(lite: Database, server: Server) -> None:
    options = settings(server, "block-awaited")
    search = scrypath.AsyncScrypath(server.url, **options, oban_queue="search")

    async def main() -> Tally:
        async with search.worker(database_url=lite.url) as worker:
            impatient = asyncio.ensure_future(worker.wait())
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            assert worker.pid is not None
            enqueue(lite, 1, url=server.url, index_prefix=options["index_prefix"])
            await asyncio.to_thread(until, lambda: states(lite) == {"completed"})
        return await worker.wait()

    assert asyncio.run(main()).completed == 1


@contextmanager
def gate(server: Server) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """The server behind one that holds documents back: its URL, that some came, and that they may go on."""
    came, go_on = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.command == "POST" and "/documents" in self.path:
                came.set()
                assert go_on.wait(60)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            asked = urllib.request.Request(
                server.url.rstrip("/") + self.path, body or None, headers, method=self.command
            )
            try:
                with urllib.request.urlopen(asked) as answer:
                    status, said = answer.status, answer.read()
            except urllib.error.HTTPError as refused:
                with refused:
                    status, said = refused.code, refused.read()
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            pass

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    serving = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}", came, go_on
    finally:
        go_on.set()
        proxy.shutdown()
        proxy.server_close()


def test_stopping_finishes_what_was_begun(lite: Database, server: Server) -> None:
    options = settings(server, "finish")
    with gate(server) as (url, came, go_on), ThreadPoolExecutor() as threads:
        search = scrypath.Scrypath(url, **options, oban_queue="search")
        enqueue(lite, 1, 2, url=url, index_prefix=options["index_prefix"])
        worker = search.worker(database_url=lite.url)
        assert came.wait(60)
        stopping = threads.submit(worker.stop)
        assert states(lite) == {"executing"}
        assert not stopping.done()
        go_on.set()
        assert stopping.result(60).completed == 2
        assert states(lite) == {"completed"}
        assert found(search) == {1, 2}


@NEEDS_LINUX
def test_neither_the_key_nor_the_database_is_on_its_command_line(lite: Database, server: Server) -> None:
    search = scrypath.Scrypath(server.url, **settings(server, "secret"), oban_queue="search")
    # Of SQLite the whole is a path.
    url = f"{lite.url}?password=hidden"
    subprocess.run([BINARY, "queue", "install", "--database-url", url], check=True, capture_output=True)
    with search.worker(database_url=url, queues=["search", "--more"]) as worker:
        process = Path(f"/proc/{worker.pid}")
        # Empty for a moment while it becomes the command.
        until(lambda: (process / "cmdline").read_bytes())
        shown = (process / "cmdline").read_bytes()
        environment = (process / "environ").read_bytes()
    assert b"hidden" not in shown
    assert server.key.encode() not in shown
    assert b"--queue=--more" in shown
    assert f"MEILISEARCH_API_KEY={server.key}".encode() in environment
    assert f"DATABASE_URL={url}".encode() in environment


def test_a_key_that_the_client_does_not_have_is_not_lent(
    lite: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEILISEARCH_API_KEY", server.key)
    monkeypatch.setenv("DATABASE_URL", lite.url)
    prefix = settings(server, "lent")["index_prefix"]
    enqueue(lite, 1, url=server.url, index_prefix=prefix)
    with Heard("missing_authorization_header") as heard:
        search = scrypath.Scrypath(server.url, oban_queue="search")
        with search.worker():
            heard.wait()
    assert states(lite) <= {"available", "scheduled", "retryable"}


class Heard(logging.Handler):
    """What is said to a logger, and whether that was it."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.records, self.event = words, [], threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        if self.words in record.getMessage():
            self.event.set()

    def wait(self) -> None:
        assert self.event.wait(60), [record.getMessage() for record in self.records]

    def __enter__(self) -> Heard:
        logging.getLogger("scrypath.worker").addHandler(self)
        return self

    def __exit__(self, *raised: object) -> None:
        logging.getLogger("scrypath.worker").removeHandler(self)


def test_what_it_says_is_logged(lite: Database) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    enqueue(lite, 1, url=url)
    search = scrypath.Scrypath(url, meilisearch_api_key="a hidden key", oban_queue="search")
    with Heard("the queue pauses") as heard:
        worker = search.worker(database_url=lite.url)
        heard.wait()
        assert worker.stop().pauses >= 1
    (level,) = {record.levelname for record in heard.records if "pauses" in record.getMessage()}
    assert level == "WARNING"
    assert "hidden" not in repr([vars(record) for record in heard.records])


def test_one_that_is_killed_is_started_again(lite: Database, server: Server) -> None:
    options = settings(server, "again")
    search = scrypath.Scrypath(server.url, **options, oban_queue="search")
    with Heard("started again") as heard, search.worker(database_url=lite.url, **SOON) as worker:
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        heard.wait()
        enqueue(lite, 1, url=server.url, index_prefix=options["index_prefix"])
        until(lambda: states(lite) == {"completed"})
        assert worker.pid not in (None, first)
    assert heard.records[0].levelname == "ERROR"
    assert worker.stop().completed == 1


def test_stopping_does_not_wait_for_a_pause_to_end(lite: Database, tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "queue.sqlite"
    search = scrypath.Scrypath("http://127.0.0.1:1", oban_queue="search")
    with Heard("in 2 s") as heard:
        worker = search.worker(database_url=f"sqlite:{nowhere}")
        heard.wait()
        assert worker.stop() == Tally()


APPLICATION = """
import os, sys
import scrypath
worker = scrypath.Scrypath("http://127.0.0.1:1", oban_queue="search").worker(database_url=sys.argv[1])
print(worker.pid, flush=True)
"""


def application(database: Database, rest: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python" / "src")}
    command = [sys.executable, "-W", "ignore", "-c", APPLICATION + rest, database.url]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ended(pidfd: int, seconds: float) -> bool:
    return bool(select.select([pidfd], [], [], seconds)[0])


@NEEDS_LINUX
@pytest.mark.parametrize("end", ["exits", "fails", "is killed", "is killed, and a forked process is not"])
def test_it_ends_with_the_application(lite: Database, end: str) -> None:
    endings = {
        "exits": "sys.stdin.read()",
        "fails": "sys.stdin.read(); 1 / 0",
        "is killed": "sys.stdin.read()",
        "is killed, and a forked process is not": "os.fork(); sys.stdin.read(); os._exit(0)",
    }
    is_killed = end.startswith("is killed")
    with application(lite, endings[end]) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pidfd = os.pidfd_open(int(process.stdout.readline()))
        try:
            assert not ended(pidfd, 0)
            if is_killed:
                process.kill()
            else:
                process.stdin.close()
                process.wait(60)
            assert ended(pidfd, 60 if is_killed else 0)
        finally:
            os.close(pidfd)


@NEEDS_LINUX
def test_a_forked_process_leaves_it_alone(lite: Database) -> None:
    forked = """
if os.fork() == 0:
    try:
        worker.stop()
    except scrypath.QueueError as error:
        print(error, flush=True)
    sys.exit()
os.wait()
print(os.path.exists(f"/proc/{worker.pid}"), worker.stop().completed, flush=True)
"""
    with application(lite, forked) as process:
        said, _ = process.communicate(timeout=60)
    assert said.splitlines()[1:] == ["the worker belongs to the process that started it", "True 0"]


@NEEDS_LINUX
def test_a_forked_process_has_one_of_its_own(lite: Database) -> None:
    forked = """
if os.fork() == 0:
    mine = scrypath.Scrypath("http://127.0.0.1:1", oban_queue="other").worker(database_url=sys.argv[1])
    print(mine.pid != worker.pid, os.path.exists(f"/proc/{mine.pid}"), mine.stop().completed, flush=True)
    sys.exit()
os.wait()
worker.stop()
"""
    with application(lite, forked) as process:
        said, _ = process.communicate(timeout=60)
    assert said.splitlines()[1:] == ["True True 0"]


def test_a_command_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, waiting: Waiting) -> None:
    search = waiting.client("http://127.0.0.1:1")
    monkeypatch.setenv("SCRYPATH_COMMAND", "/nowhere/scrypath")
    with pytest.raises(scrypath.QueueError, match="SCRYPATH_COMMAND names '/nowhere/scrypath'") as raised:
        search.worker(database_url="sqlite:x")
    assert raised.value.kind == "queue_unavailable"
    monkeypatch.delenv("SCRYPATH_COMMAND")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("scrypath._native.__file__", "/nowhere/_native.so")
    with pytest.raises(scrypath.QueueError, match="name it in SCRYPATH_COMMAND"):
        search.worker(database_url="sqlite:x")


def test_the_command_is_found_in_the_package(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCRYPATH_COMMAND")
    monkeypatch.setenv("PATH", "/nowhere")
    search = scrypath.Scrypath("http://127.0.0.1:1")
    assert search.worker(database_url=lite.url, until_idle=True).wait() == Tally()


def test_else_the_command_is_found_on_the_path(
    lite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SCRYPATH_COMMAND")
    monkeypatch.setattr("scrypath._native.__file__", "/nowhere/_native.so")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "scrypath").symlink_to(BINARY)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    search = scrypath.Scrypath("http://127.0.0.1:1")
    assert search.worker(database_url=lite.url, until_idle=True).wait() == Tally()


@pytest.mark.parametrize(
    ("defaults", "options", "kind", "name"),
    [
        ({}, {}, "missing_option", "database_url"),
        ({"meilisearch_url": None}, {"database_url": "sqlite:x"}, "missing_option", "meilisearch_url"),
        ({"meilisearch_url": "memory:x"}, {"database_url": "sqlite:x"}, "invalid_option", "meilisearch_url"),
        ({}, {"database_url": "sqlite:x", "queues": []}, "invalid_option", "queues"),
        ({}, {"database_url": "sqlite:x", "queues": [7]}, "invalid_option", "queues"),
        ({}, {"database_url": "sqlite:x", "lease": 0}, "invalid_option", "lease"),
        ({}, {"database_url": "sqlite:x", "request_timeout": 1.5}, "invalid_option", "request_timeout"),
        ({}, {"database_url": "sqlite:x", "settle_time": -1}, "invalid_option", "settle_time"),
        ({}, {"database_url": "sqlite:x", "keep_completed": -1}, "invalid_option", "keep_completed"),
    ],
)
def test_what_is_wrong_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, defaults: dict[str, Any], options: dict[str, Any], kind: str, name: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SCRYPATH_COMMAND", "/nowhere/scrypath")
    search = scrypath.Scrypath(**{"meilisearch_url": "http://127.0.0.1:1", **defaults})
    with pytest.raises(scrypath.UsageError) as raised:
        search.worker(**options)
    assert (raised.value.kind, raised.value.details["name"]) == (kind, name)


@pytest.mark.parametrize("url", ["mysql://app:hidden@db/app", "postgres://app:hidden@127.0.0.1:1/app"])
def test_a_database_that_is_not_there_is_said(url: str, waiting: Waiting) -> None:
    worker = waiting.client("http://127.0.0.1:1").worker(database_url=url, until_idle=True)
    with pytest.raises(scrypath.QueueError, match="the worker failed: ") as raised:
        waiting.result(worker.wait())
    assert raised.value.kind == "queue_unavailable"
    assert "database" in str(raised.value)
    assert "hidden" not in str(raised.value)
