"""Threads, event loops, forks and signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import scrypath
from conftest import Server


@scrypath.schema(fields=["title"])
class Note:
    pass


def filled(*where: Any, **options: Any) -> scrypath.Scrypath:
    search = scrypath.Scrypath(*where, **options)
    search.sync_records(Note, [{"id": id, "title": f"Harbour {id}"} for id in range(20)])
    return search


@pytest.fixture
def deaf() -> Any:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("over", ["memory", "http"])
def test_many_threads_share_one_client(server: Server, memory: str, over: str) -> None:
    options = server.options("threads") if over == "http" else {}
    search = filled(server.url if over == "http" else memory, **options)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: len(search.search(Note, "harbour").hits), range(200)))
    assert found == [20] * 200


def test_a_waiting_call_leaves_the_interpreter_to_others(deaf: str) -> None:
    search = scrypath.Scrypath(deaf, req_options={"receive_timeout": 1000, "retry": False})

    def call() -> None:
        with pytest.raises(scrypath.TransportError):
            search.search(Note, "x")

    waiting = threading.Thread(target=call)
    waiting.start()
    counted = 0
    while waiting.is_alive():
        counted += 1
    waiting.join()
    # With the interpreter held for a second, this thread would have had no turn to speak of.
    assert counted > 1000


@pytest.mark.parametrize("over", ["memory", "http"])
def test_a_thousand_calls_take_no_thread_each(server: Server, memory: str, over: str) -> None:
    options = server.options("thousand") if over == "http" else {}
    where = server.url if over == "http" else memory
    filled(where, **options)
    search = scrypath.AsyncScrypath(where, **options)

    async def main() -> None:
        await search.search(Note, "harbour")
        before = threading.active_count(), native_threads()
        found = await asyncio.gather(*(search.search(Note, "harbour") for _ in range(1000)))
        assert all(len(each.hits) == 20 for each in found)
        assert threading.active_count() == before[0]
        assert native_threads() <= before[1] + 16

    asyncio.run(main())


def native_threads() -> int:
    return len(os.listdir("/proc/self/task")) if Path("/proc/self/task").exists() else 0


def test_pending_calls_hold_no_threads_and_end_when_cancelled(deaf: str) -> None:
    search = scrypath.AsyncScrypath(deaf, req_options={"receive_timeout": 60_000})

    async def main() -> None:
        before = native_threads()
        tasks = [asyncio.create_task(search.search(Note, "x")) for _ in range(200)]
        await asyncio.sleep(0)
        assert native_threads() <= before + 16
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_deadline_of_the_callers_own(deaf: str) -> None:
    async def main() -> None:
        async with asyncio.timeout(0.05):
            await scrypath.AsyncScrypath(deaf).search(Note, "x")

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_the_event_loop_runs_on_while_calls_wait(deaf: str) -> None:
    async def main() -> int:
        search = scrypath.AsyncScrypath(deaf, req_options={"receive_timeout": 200, "retry": False})
        call = asyncio.create_task(search.search(Note, "x"))
        turns = 0
        while not call.done():
            await asyncio.sleep(0)
            turns += 1
        with pytest.raises(scrypath.TransportError):
            await call
        return turns

    assert asyncio.run(main()) > 100


def test_loops_on_several_threads(memory: str) -> None:
    filled(memory)

    async def main() -> list[int]:
        search = scrypath.AsyncScrypath(memory)
        return [
            len(each.hits) for each in await asyncio.gather(*(search.search(Note, "") for _ in range(50)))
        ]

    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: asyncio.run(main()), range(8)):
            assert found == [20] * 50


def test_a_loop_closed_in_mid_call_harms_nobody(deaf: str, memory: str) -> None:
    search = scrypath.AsyncScrypath(deaf, req_options={"receive_timeout": 50, "retry": False})
    loop = asyncio.new_event_loop()
    task = loop.create_task(search.search(Note, "x"))
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    assert len(filled(memory).search(Note, "harbour").hits) == 20


def test_calls_under_way_do_not_harm_an_interpreter_that_ends() -> None:
    program = """
import asyncio, scrypath, threading

@scrypath.schema(fields=["title"])
class Note: pass

search = scrypath.Scrypath("memory:")
search.sync_record(Note, {"id": 1, "title": "x"})
ready = threading.Barrier(5)

def blocking():
    ready.wait()
    while True:
        search.search(Note, "x")

def awaiting():
    async def main():
        client = scrypath.AsyncScrypath("memory:")
        while True:
            await asyncio.gather(*(client.search(Note, "x") for _ in range(10)))
    ready.wait()
    asyncio.run(main())

for work in (blocking, blocking, awaiting, awaiting):
    threading.Thread(target=work, daemon=True).start()
ready.wait()
search.search(Note, "x")
"""
    for _ in range(5):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, "")


def test_ctrl_c_ends_a_waiting_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        # A shell starts what it runs in the background with the signal ignored.
        program = f"""
import scrypath, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
@scrypath.schema(fields=["title"])
class Note: pass
try:
    scrypath.Scrypath({url!r}, req_options={{"receive_timeout": 60_000}}).search(Note, "x")
except KeyboardInterrupt:
    print("interrupted")
"""
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            with connection:
                # The request has come, so the call is waiting.
                assert connection.recv(4) == b"POST"
                process.send_signal(signal.SIGINT)
                shown, _ = process.communicate(timeout=30)
    assert shown == "interrupted\n"


def test_a_signal_handler_that_returns_lets_the_call_go_on(server: Server) -> None:
    search = filled(server.url, **server.options("alarm"))
    rung: list[int] = []

    def ring(number: int, frame: Any) -> None:
        rung.append(len(search.search(Note, "").hits))

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            options = {"receive_timeout": 400, "retry": False}
            with pytest.raises(scrypath.TransportError):
                scrypath.Scrypath(url, req_options=options).search(Note, "x")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert rung == [20]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_works_and_so_does_its_parent(server: Server, memory: str) -> None:
    options = server.options("fork")
    search = filled(server.url, **options)
    # The shared runtime is in use too before the fork, not only this thread's own.
    asyncio.run(scrypath.AsyncScrypath(server.url, **options).search(Note, "harbour"))

    def child() -> int:
        if len(search.search(Note, "harbour").hits) != 20:
            return 2
        found = asyncio.run(scrypath.AsyncScrypath(server.url, **options).search(Note, "harbour"))
        if len(found.hits) != 20:
            return 3
        return 0 if len(filled(memory).search(Note, "harbour").hits) == 20 else 4

    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(child())
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert len(search.search(Note, "harbour").hits) == 20


APP = """
import asyncio, json, os, scrypath

@scrypath.schema(fields=["title"])
class Note: pass

where = {"meilisearch_url": os.environ["URL"], **json.loads(os.environ["CLIENT"])}
search = scrypath.Scrypath(**where)
search.sync_record(Note, {"id": 1, "title": "Harbour"})
asyncio.run(scrypath.AsyncScrypath(**where).search(Note, "harbour"))
parent = os.getpid()

def application(environ, start_response):
    assert os.getpid() != parent
    hits = search.search(Note, "harbour").hits
    hits += asyncio.run(scrypath.AsyncScrypath(**where).search(Note, "harbour")).hits
    body = str(len(hits)).encode()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]
"""


def test_behind_a_preforking_server_that_used_it_before(server: Server, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "--bind", address, "app"]
    environ = {**os.environ, "URL": server.url, "CLIENT": json.dumps(server.options("wsgi"))}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as gunicorn:
        assert gunicorn.stderr is not None
        booted = 0
        for line in gunicorn.stderr:
            booted += "Booting worker" in line
            if booted == 3:
                break
        try:
            for _ in range(12):
                with urllib.request.urlopen(f"http://{address}/", timeout=30) as answer:
                    assert answer.read() == b"2"
        finally:
            gunicorn.terminate()
            gunicorn.stderr.read()
