"""Django's models: hydration by one query, and never a query while syncing. The queries are counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

import django_site  # noqa: F401
import scrypath
from films.models import Director, Film, Genre, Tag

MODELS = [Director, Tag, Film, Genre]


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    ada = Director.objects.create(name="Ada")
    for id in (1, 2, 3):
        Film.objects.create(id=id, title=f"Harbour {id}", director=ada)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(MODELS):
            editor.delete_model(model)
    connection.close()


class Queries(list[str]):
    """The statements that reach SQLite."""

    def __enter__(self) -> Queries:
        connection.ensure_connection()
        connection.connection.set_trace_callback(self.append)
        return self

    def __exit__(self, *raised: object) -> None:
        connection.connection.set_trace_callback(None)


def fields(*names: str) -> Any:
    @scrypath.schema(fields=names)
    class Declared: ...

    return Declared


def refused(cls: type, record: Any) -> scrypath.UsageError:
    with Queries() as queries, pytest.raises(scrypath.UsageError) as raised:
        scrypath.project(cls, record)
    assert queries == []
    return raised.value


@pytest.mark.parametrize("repo", [Film.objects, Film.objects.all(), Film._default_manager])
def test_sync_and_hydrate_with_one_query(memory: str, repo: Any) -> None:
    search = scrypath.Scrypath(memory)
    films = list(Film.objects.all())
    with Queries() as queries:
        search.sync_records(Film, films)
        assert queries == []
        found = search.search(Film, "harbour", sort={"desc": "title"}, repo=repo)
        assert len(queries) == 1
    assert [film.id for film in found.records] == [3, 2, 1]

    Film.objects.filter(id=2).delete()
    found = search.search(Film, "harbour", sort={"asc": "title"}, repo=repo.all())
    assert ([film.id for film in found.records], found.missing_ids) == ([1, 3], [2])


def test_preload(memory: str) -> None:
    search = scrypath.Scrypath(memory, repo=Film.objects)
    search.sync_records(Film, Film.objects.all())
    with Queries() as queries:
        found = search.search(Film, "harbour", preload=["director"])
        assert {film.director.name for film in found.records} == {"Ada"}
        assert len(queries) == 2


def test_a_key_of_another_name(memory: str) -> None:
    search = scrypath.Scrypath(memory)
    drama = Genre.objects.create(slug="drama-1", name="Drama")
    search.sync_record(Genre, drama)
    assert search.search(Genre, "drama", repo=Genre.objects).records == [drama]
    assert search.delete_record(Genre, drama).document_ids == ["drama-1"]


@pytest.mark.parametrize("name", ["notes", "director", "tags"])
def test_what_was_not_loaded_is_named_and_not_loaded(name: str) -> None:
    error = refused(fields(name), Film.objects.defer("notes").first())
    assert error.kind == "field_not_loaded"
    assert f'"{name}"' in str(error)


def test_a_reverse_relation_is_not_loaded_either() -> None:
    assert refused(fields("film_set"), Director.objects.first()).kind == "field_not_loaded"


def test_a_property_loads_nothing_either() -> None:
    film = Film.objects.first()
    assert refused(fields("director_name"), film).kind == "field_not_loaded"
    assert film.director_name == "Ada"
    assert scrypath.project(fields("director_name"), film).data == {"director_name": "Ada"}


def test_a_hook_loads_nothing_either() -> None:
    hooked = fields("title")
    hooked.search_document = staticmethod(lambda film: {"by": film.director.name})
    assert refused(hooked, Film.objects.first()).kind == "field_not_loaded"
    assert scrypath.project(hooked, Film.objects.select_related("director").first()).data == {"by": "Ada"}


def test_loaded_relations_are_no_values_but_their_keys_are() -> None:
    film = Film.objects.select_related("director").prefetch_related("tags").first()
    assert scrypath.project(fields("director_id", "tags"), film).data == {"director_id": 1, "tags": []}
    assert refused(fields("director"), film).kind == "value_unencodable"


def test_async_queries(memory: str) -> None:
    async def main() -> Any:
        search = scrypath.AsyncScrypath(memory)
        await search.sync_records(Film, [film async for film in Film.objects.all()])
        return await search.search(Film, "harbour", sort={"desc": "title"}, repo=Film.objects)

    assert [film.id for film in asyncio.run(main()).records] == [3, 2, 1]
