"""What the worker gives up, and what comes of it when somebody runs it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import connections as forms
import scrypath
from conftest import Server
from connections import NEEDS_POSTGRES, Database
from test_queue import QUEUE, work


@scrypath.schema(fields=["id", "title", "_geo"], filterable=["_geo"])
class Place:
    """A place whose ``_geo`` the server may refuse."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=NEEDS_POSTGRES)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return Database.sqlite(tmp_path) if request.param == "sqlite" else Database.postgres()


def place(id: int, title: str, geo: Any = None) -> dict[str, Any]:
    return {"id": id, "title": title, "_geo": geo}


def enqueue(search: scrypath.Scrypath, database: Database, *places: dict[str, Any]) -> None:
    with forms.sqlalchemy_connection(database) as (connection, _):
        search.sync_records(Place, list(places), connection=connection)


def run_again(database: Database) -> None:
    database.ask("UPDATE oban_jobs SET state = 'available' WHERE state = 'discarded'")


def first(database: Database) -> Any:
    return database.jobs()[0][0]


def titles(search: scrypath.Scrypath) -> dict[Any, Any]:
    return {hit["id"]: hit["title"] for hit in search.search(Place, "").hits}


def states(database: Database) -> list[Any]:
    return [state for (state,) in database.ask("SELECT CAST(state AS text) FROM oban_jobs ORDER BY id")]


def letters(database: Database) -> list[tuple[Any, ...]]:
    asked = "SELECT job_id, document_id, reason FROM scrypath_dead_letters ORDER BY job_id, document_id"
    return [tuple(row) for row in database.ask(asked)]


def test_a_refused_document_is_a_dead_letter_and_the_rest_is_delivered(
    database: Database, server: Server
) -> None:
    search = scrypath.Scrypath(server.url, **server.options(f"letter-{database.path is None}"), **QUEUE)
    enqueue(search, database, place(1, "quay"), place(2, "nowhere", "no such place"), place(3, "pier"))
    work(database, server)
    assert states(database) == ["discarded"]
    assert letters(database) == [(first(database), "2", "invalid_document_geo_field")]
    assert titles(search) == {1: "quay", 3: "pier"}


def test_a_given_up_job_that_is_run_again_writes_nothing_over_what_is_newer(
    database: Database, server: Server
) -> None:
    search = scrypath.Scrypath(server.url, **server.options(f"again-{database.path is None}"), **QUEUE)
    enqueue(search, database, place(1, "old"), place(2, "old", "no such place"))
    work(database, server)
    assert states(database) == ["discarded"]
    # One was delivered and the other was not; of both there is a newer state now.
    enqueue(search, database, place(1, "new"), place(2, "new"))
    work(database, server)
    assert titles(search) == {1: "new", 2: "new"}
    run_again(database)
    work(database, server)
    assert states(database) == ["completed", "completed"]
    assert titles(search) == {1: "new", 2: "new"}
    assert letters(database) == []


def test_a_given_up_job_that_is_run_again_delivers_what_is_still_missing(
    database: Database, server: Server
) -> None:
    search = scrypath.Scrypath(server.url, **server.options(f"missing-{database.path is None}"), **QUEUE)
    enqueue(search, database, place(1, "quay", "no such place"))
    work(database, server)
    assert letters(database) == [(first(database), "1", "invalid_document_geo_field")]
    # From here on the index takes it.
    index = search.index_name(Place)
    server.ask("PATCH", f"/indexes/{index}/settings", {"filterableAttributes": []})
    run_again(database)
    work(database, server)
    assert states(database) == ["completed"]
    assert titles(search) == {1: "quay"}
