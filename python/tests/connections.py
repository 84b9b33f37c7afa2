"""Connections of every kind, each in a transaction: committed at the end, rolled back by an exception."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import psycopg
import pytest
import sqlalchemy
from django.db import connections, transaction
from django.db.utils import ConnectionHandler
from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

import django_site  # noqa: F401
from conftest import BINARY

POSTGRES = os.environ.get("SCRYPATH_TEST_POSTGRES", "")
# Set in `make test`, where nothing is skipped for it.
NEEDS_POSTGRES = pytest.mark.skipif(
    not POSTGRES, reason="SCRYPATH_TEST_POSTGRES is not set: run under tests/setup/with_postgres.sh"
)


@dataclass
class Database:
    """A database with the queue's table, and one of the application's: ``notes``."""

    url: str
    path: str | None = None

    @classmethod
    def sqlite(cls, folder: Path) -> Database:
        path = str(folder / "queue.sqlite")
        return cls(f"sqlite:{path}", path)._installed()

    @classmethod
    def postgres(cls) -> Database:
        return cls(POSTGRES)._installed()

    def _installed(self) -> Database:
        command = [BINARY, "queue", "install", "--database-url", self.url]
        subprocess.run(command, check=True, capture_output=True)
        self.ask("DROP TABLE IF EXISTS notes")
        self.ask("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        for table in ("oban_jobs", "scrypath_dead_letters", "scrypath_fences"):
            self.ask(f"DELETE FROM {table}")
        return self

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What others see: the rows of a statement, on a connection of its own."""
        if self.path is not None:
            with closing(sqlite3.connect(self.path)) as connection, connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def jobs(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT id, queue, worker, state, attempt, max_attempts FROM oban_jobs ORDER BY id")

    def args(self) -> list[str]:
        column = "args" if self.path is not None else "args::text"
        return [args for (args,) in self.ask(f"SELECT {column} FROM oban_jobs ORDER BY id")]

    def sqlalchemy(self, driver: str) -> str:
        if self.path is not None:
            return f"sqlite+{driver}:///{self.path}"
        return self.url.replace("postgres://", f"postgresql+{driver}://")


@contextmanager
def empty_database(kind: str, folder: Path, like: Database | None = None) -> Iterator[Database]:
    """A database that holds nothing, or what another of PostgreSQL's does."""
    if kind == "sqlite":
        path = str(folder / "empty.sqlite")
        yield Database(f"sqlite:{path}", path)
        return
    name = f"empty_{uuid4().hex}"
    template = "template1" if like is None else like.url.rpartition("/")[2]
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield Database(POSTGRES.rpartition("/")[0] + f"/{name}")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


Execute = Callable[[str], Any]
"""Carries out a statement of the application's, on its connection."""


@contextmanager
def sqlite3_connection(database: Database) -> Iterator[tuple[Any, Execute]]:
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as connection, connection:
        yield connection, connection.execute


@contextmanager
def sqlite3_with_rows_of_its_own(database: Database) -> Iterator[tuple[Any, Execute]]:
    with sqlite3_connection(database) as (connection, execute):
        connection.row_factory = lambda cursor, row: {
            column[0]: value for column, value in zip(cursor.description, row, strict=True)
        }
        yield connection, execute


@contextmanager
def sqlite3_without_implicit_transactions(database: Database) -> Iterator[tuple[Any, Execute]]:
    with sqlite3_connection(database) as (connection, execute):
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        yield connection, execute


def _driver(database: Database) -> str:
    return "pysqlite" if database.path is not None else "psycopg"


@contextmanager
def sqlalchemy_connection(database: Database) -> Iterator[tuple[Any, Execute]]:
    engine = sqlalchemy.create_engine(database.sqlalchemy(_driver(database)), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection, connection.exec_driver_sql


@contextmanager
def sqlalchemy_session(database: Database) -> Iterator[tuple[Any, Execute]]:
    engine = sqlalchemy.create_engine(database.sqlalchemy(_driver(database)), poolclass=NullPool)
    with Session(engine) as session, session.begin():
        yield session, lambda sql: session.execute(sqlalchemy.text(sql))


@contextmanager
def sqlalchemy_scoped_session(database: Database) -> Iterator[tuple[Any, Execute]]:
    engine = sqlalchemy.create_engine(database.sqlalchemy(_driver(database)), poolclass=NullPool)
    session = scoped_session(sessionmaker(engine))
    try:
        with session.begin():
            yield session, lambda sql: session.execute(sqlalchemy.text(sql))
    finally:
        session.remove()


@contextmanager
def django_alias(database: Database) -> Iterator[str]:
    """A name of Django's for the database."""
    if database.path is not None:
        settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": database.path}
    else:
        at = psycopg.conninfo.conninfo_to_dict(database.url)
        settings = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": at["dbname"],
            "USER": at["user"],
            "HOST": at["host"],
            "PORT": at["port"],
        }
    connections.databases["queue"] = ConnectionHandler({"default": settings}).databases["default"]
    try:
        yield "queue"
    finally:
        connections["queue"].close()
        del connections["queue"], connections.databases["queue"]


@contextmanager
def django_connection(database: Database) -> Iterator[tuple[Any, Execute]]:
    def execute(sql: str) -> None:
        with connections["queue"].cursor() as cursor:
            cursor.execute(sql)

    with django_alias(database) as alias, transaction.atomic(using=alias):
        yield connections[alias], execute


@contextmanager
def psycopg_connection(database: Database) -> Iterator[tuple[Any, Execute]]:
    with psycopg.connect(database.url) as connection:
        yield connection, connection.execute


@contextmanager
def psycopg_with_rows_of_its_own(database: Database) -> Iterator[tuple[Any, Execute]]:
    with psycopg.connect(database.url, row_factory=dict_row) as connection:
        connection.cursor_factory = psycopg.RawCursor
        yield connection, connection.execute


@asynccontextmanager
async def sqlite3_on_the_loop(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
    with sqlite3_connection(database) as (connection, execute):

        async def later(sql: str) -> None:
            execute(sql)

        yield connection, later


def _async_engine(database: Database, driver: str) -> Any:
    return create_async_engine(database.sqlalchemy(driver), poolclass=NullPool)


def sqlalchemy_async_connection(driver: str) -> Any:
    @asynccontextmanager
    async def opened(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
        async with _async_engine(database, driver).begin() as connection:
            yield connection, connection.exec_driver_sql

    return opened


def sqlalchemy_async_session(driver: str) -> Any:
    @asynccontextmanager
    async def opened(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
        async with AsyncSession(_async_engine(database, driver)) as session, session.begin():
            yield session, lambda sql: session.execute(sqlalchemy.text(sql))

    return opened


@asynccontextmanager
async def psycopg_async_connection(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
    async with await psycopg.AsyncConnection.connect(database.url, row_factory=dict_row) as connection:
        yield connection, connection.execute


@asynccontextmanager
async def asyncpg_connection(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
    connection = await asyncpg.connect(database.url)
    try:
        async with connection.transaction():
            yield connection, connection.execute
    finally:
        await connection.close()


@asynccontextmanager
async def asyncpg_pooled_connection(database: Database) -> AsyncIterator[tuple[Any, Execute]]:
    async with (
        asyncpg.create_pool(database.url, min_size=1, max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        yield connection, connection.execute


BLOCKING: list[tuple[str, str, Any]] = [
    ("sqlite", "sqlite3", sqlite3_connection),
    ("sqlite", "sqlite3, rows of its own", sqlite3_with_rows_of_its_own),
    ("sqlite", "sqlite3, no implicit transactions", sqlite3_without_implicit_transactions),
    *(
        (kind, name, opened)
        for kind in ("sqlite", "postgres")
        for name, opened in (
            ("SQLAlchemy Connection", sqlalchemy_connection),
            ("SQLAlchemy Session", sqlalchemy_session),
            ("SQLAlchemy scoped_session", sqlalchemy_scoped_session),
            ("Django", django_connection),
        )
    ),
    ("postgres", "psycopg", psycopg_connection),
    ("postgres", "psycopg, rows of its own", psycopg_with_rows_of_its_own),
]

AWAITED: list[tuple[str, str, Any]] = [
    ("sqlite", "sqlite3, awaited", sqlite3_on_the_loop),
    *(
        (kind, f"{name}, {driver}", opened(driver))
        for kind, driver in (("sqlite", "aiosqlite"), ("postgres", "psycopg"), ("postgres", "asyncpg"))
        for name, opened in (
            ("AsyncConnection", sqlalchemy_async_connection),
            ("AsyncSession", sqlalchemy_async_session),
        )
    ),
    ("postgres", "psycopg AsyncConnection", psycopg_async_connection),
    ("postgres", "asyncpg", asyncpg_connection),
    ("postgres", "asyncpg, of a pool", asyncpg_pooled_connection),
]
