"""The queue's tables, made by an application's own migrations: Alembic's, Django's, or by hand."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from django.core.management import call_command
from django.db import router
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import connections as forms
import scrypath
from connections import NEEDS_POSTGRES, Database
from scrypath.migrations import install, uninstall

OWN = {"scrypath_dead_letters", "scrypath_fences", "scrypath_lanes"}
QUEUE: dict[str, Any] = {"sync_mode": "oban", "oban_queue": "search"}


@scrypath.schema(fields=["id", "title"])
class Note:
    pass


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with forms.empty_database(request.param, tmp_path) as database:
        yield database


def engine(database: Database) -> Any:
    driver = "pysqlite" if database.path is not None else "psycopg"
    return sqlalchemy.create_engine(database.sqlalchemy(driver), poolclass=NullPool)


def tables(database: Database) -> set[str]:
    names = sqlalchemy.inspect(engine(database)).get_table_names()
    return {name for name in names if name.startswith(("oban_", "scrypath_"))} - {"oban_peers"}


def check_installed(database: Database) -> None:
    """The tables are there, and what is enqueued into them is a job."""
    assert tables(database) == {"oban_jobs", *OWN}
    with forms.sqlalchemy_connection(database) as (connection, _):
        scrypath.Scrypath(**QUEUE).sync_record(Note, {"id": 1, "title": "%"}, connection=connection)
    assert [job[3] for job in database.jobs()] == ["available"]


def check_uninstalled(database: Database) -> None:
    """Jobs are data."""
    assert tables(database) == {"oban_jobs"}
    assert len(database.jobs()) == 1


ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = """
from alembic import context, op
from scrypath import queue_tables
from scrypath.migrations import install, uninstall

revision = "a1"
down_revision = None

def upgrade():
    if context.is_offline_mode():
        for statement in queue_tables(op.get_context().dialect.name.removesuffix("ql"))["install"]:
            op.execute(statement)
    else:
        install(op.get_bind())

def downgrade():
    uninstall(op.get_bind())
"""


def alembic(database: Database, folder: Path) -> Config:
    scripts = folder / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(ENVIRONMENT)
    (scripts / "versions" / "a1_queue.py").write_text(REVISION)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    driver = "pysqlite" if database.path is not None else "psycopg"
    config.set_main_option("sqlalchemy.url", database.sqlalchemy(driver))
    return config


def test_alembic(empty: Database, tmp_path: Path) -> None:
    config = alembic(empty, tmp_path)
    command.upgrade(config, "head")
    check_installed(empty)
    command.downgrade(config, "base")
    check_uninstalled(empty)
    command.upgrade(config, "head")
    assert tables(empty) == {"oban_jobs", *OWN}
    assert len(empty.jobs()) == 1


@NEEDS_POSTGRES
def test_alembic_prints_what_it_would_do(tmp_path: Path) -> None:
    with forms.empty_database("postgres", tmp_path) as empty:
        config = alembic(empty, tmp_path)
        config.output_buffer = io.StringIO()
        command.upgrade(config, "head", sql=True)
        assert tables(empty) == set()
        empty.ask(config.output_buffer.getvalue())
        check_installed(empty)


def test_a_transaction_of_sqlalchemy_is_the_callers(empty: Database) -> None:
    with engine(empty).connect() as connection:
        install(connection)
        connection.rollback()
    if empty.path is None:
        assert tables(empty) == set()
    with engine(empty).begin() as connection:
        install(connection)
        install(connection)
    check_installed(empty)
    with engine(empty).begin() as connection:
        uninstall(connection)
        uninstall(connection)
    check_uninstalled(empty)


@NEEDS_POSTGRES
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_awaited_engine_installs_too(driver: str, tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        async with create_async_engine(database.sqlalchemy(driver), poolclass=NullPool).begin() as connection:
            await connection.run_sync(install)

    with forms.empty_database("postgres", tmp_path) as empty:
        asyncio.run(main(empty))
        check_installed(empty)


def test_django(empty: Database) -> None:
    with forms.django_alias(empty) as alias:
        call_command("migrate", "scrypath", database=alias, verbosity=0)
        check_installed(empty)
        call_command("migrate", "scrypath", database=alias, verbosity=0)
        call_command("migrate", "scrypath", "zero", database=alias, verbosity=0)
        check_uninstalled(empty)


def test_django_shows_the_statements(empty: Database) -> None:
    with forms.django_alias(empty) as alias:
        with redirect_stdout(io.StringIO()) as shown:
            call_command("sqlmigrate", "scrypath", "0001", database=alias)
        assert "oban_jobs" in shown.getvalue()
        assert tables(empty) == set()


def test_django_asks_its_routers(empty: Database, settings: Any) -> None:
    settings(["test_migrations.Elsewhere"])
    with forms.django_alias(empty) as alias:
        call_command("migrate", "scrypath", database=alias, verbosity=0)
    assert tables(empty) == set()


class Elsewhere:
    """A router that keeps the queue out of every database."""

    def allow_migrate(self, alias: str, app_label: str, **hints: Any) -> bool:
        return app_label != "scrypath"


@pytest.fixture
def settings() -> Any:
    def route(routers: list[str]) -> None:
        router._routers = routers
        router.__dict__.pop("routers", None)

    yield route
    router._routers = None
    router.__dict__.pop("routers", None)


def test_django_has_nothing_left_to_migrate() -> None:
    call_command("makemigrations", "scrypath", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@NEEDS_POSTGRES
def test_the_statements_by_hand(driver: str, tmp_path: Path) -> None:
    statements = scrypath.queue_tables("postgres")

    async def main(url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements["install"]:
                await connection.execute(statement)
        finally:
            await connection.close()

    with forms.empty_database("postgres", tmp_path) as empty:
        if driver == "asyncpg":
            asyncio.run(main(empty.url))
        else:
            with psycopg.connect(empty.url) as connection:
                for statement in statements["install"]:
                    connection.execute(statement)
        check_installed(empty)
        for statement in statements["uninstall"]:
            empty.ask(statement)
        check_uninstalled(empty)


def test_sqlite_by_hand(tmp_path: Path) -> None:
    with forms.empty_database("sqlite", tmp_path) as empty:
        assert empty.path is not None
        with closing(sqlite3.connect(empty.path)) as connection:
            for statement in scrypath.queue_tables("sqlite")["install"] * 2:
                connection.execute(statement)
        check_installed(empty)


def test_another_database_is_refused() -> None:
    with pytest.raises(scrypath.UsageError):
        scrypath.queue_tables("mysql")  # type: ignore[arg-type]
    dialect = type("Dialect", (), {"name": "mysql"})
    with pytest.raises(scrypath.UsageError, match="not in mysql"):
        install(type("Connection", (), {"dialect": dialect})())
