"""Microseconds of a transaction that enqueues one write, beside one with a bare INSERT: enqueue.py DATABASE_URL ROUNDS."""

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psycopg

import scrypath

url, rounds = sys.argv[1], int(sys.argv[2])
search = scrypath.Scrypath(meilisearch_url="http://nowhere", sync_mode="oban", oban_queue="bench")
BODY = "Two strangers meet under the lights of a small harbour. " * 4


@scrypath.schema(name="note", fields=["title", "body"])
class Note: ...


def compare(name, connection, insert, read):
    """Rounds in turn, so that what slows the machine slows both."""

    def ours():
        note = {"id": 1, "title": "The note number 1", "body": BODY}
        search.sync_record(Note, note, connection=connection)
        connection.commit()

    ours()
    row = connection.execute(f"SELECT queue, worker, {read} FROM oban_jobs").fetchone()
    connection.commit()

    def bare():
        connection.execute(insert, (*row, 8)).fetchone()
        connection.commit()

    times = {ours: [], bare: []}
    for number in range(rounds + 100):
        for call in (ours, bare) if number % 2 else (bare, ours):
            started = time.perf_counter()
            call()
            times[call].append((time.perf_counter() - started) * 1e6)
    ours, bare = (statistics.median(times[call][100:]) for call in (ours, bare))
    print(f"{name:<24} bare INSERT {bare:7.1f} µs  enqueue {ours:7.1f} µs  x {ours / bare:.2f}")


COLUMNS = "INSERT INTO oban_jobs (queue, worker, args, max_attempts)"
with psycopg.connect(url) as connection:
    connection.execute("TRUNCATE oban_jobs")
    compare("Python, psycopg", connection, f"{COLUMNS} VALUES (%s, %s, %s::text::jsonb, %s) RETURNING id", "args::text")

with tempfile.TemporaryDirectory() as folder:
    connection = sqlite3.connect(Path(folder) / "bench.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in scrypath.queue_tables("sqlite")["install"]:
        connection.execute(statement)
    compare("Python, sqlite3", connection, f"{COLUMNS} VALUES (?, ?, ?, ?) RETURNING id", "args")
    connection.close()
