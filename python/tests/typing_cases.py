"""What a type checker is to know. Checked by mypy, run by nobody."""

from typing import Any, assert_type

from scrypath import (
    AsyncScrypath,
    Composition,
    Scrypath,
    SearchParams,
    SearchResult,
    WriteResult,
    compose,
    normalize_params,
    schema,
    search_args,
    to_form_data,
)


@schema(fields=["title"], faceting={"attributes": ["kind"]})
class Note:
    title: str


def blocking(search: Scrypath) -> None:
    found = search.search(Note, "x", filter={"kind": "a"}, sort=[("desc", "title")], page={"size": 5})
    assert_type(found, SearchResult[Note])
    assert_type(found.records, list[Note])
    assert_type(found.hits, list[dict[str, Any]])
    assert_type(search.sync_record(Note, found.records[0], sync_mode="manual"), WriteResult)


async def awaited(search: AsyncScrypath) -> None:
    assert_type(await search.search(Note, "x"), SearchResult[Note])


def edge(search: Scrypath) -> None:
    params = normalize_params("q=x", Note)
    assert_type(params, SearchParams)
    composed = compose([{"defaults": {"page": {"size": 5}}}], {"text": "x"})
    assert_type(composed, Composition)
    text, options = search_args(composed)
    assert_type(search.search(Note, text, **options), SearchResult[Note])
    to_form_data(params)


def mistakes(search: Scrypath) -> None:
    search.search(Note, "x", fliter={})  # type: ignore[call-arg]
    search.search(Note, 7)  # type: ignore[arg-type]
    search.sync_record(Note, {}, sync_mode="later")  # type: ignore[arg-type]
    search.sync_record(Note, {}, inline_timeout="5")  # type: ignore[arg-type]
    search.search(Note(), "x")  # type: ignore[arg-type]
    schema(field=["title"])  # type: ignore[call-arg]
    compose(7)  # type: ignore[arg-type]
    normalize_params("q=x", Note())  # type: ignore[arg-type]
    search_args("x")  # type: ignore[arg-type]
