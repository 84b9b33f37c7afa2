"""Many searches in one request, facets, and how hits are shown: over every transport, called and awaited."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest

import scrypath
from scrypath import Bucket


@scrypath.schema(
    fields=["id", "name", "kind", "dock"],
    filterable=["kind"],
    faceting={"attributes": ["kind"]},
    tenant_field="dock",
)
@dataclass
class Craft:
    id: int
    name: str
    kind: str
    dock: int = 1


@scrypath.schema(fields=["id", "name"])
@dataclass
class Pier:
    id: int
    name: str


CRAFT = [
    Craft(1, "Harbour tug Anna", "tug"),
    Craft(2, "Harbour ferry Berta", "ferry"),
    Craft(3, "Harbour tug Clara", "tug", 2),
]
PIERS = [Pier(1, "Harbour of Bergen")]


@pytest.fixture
def harbour(search: Any) -> Any:
    search.sync_records(Craft, CRAFT)
    search.sync_records(Pier, PIERS)
    return search


def rows(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
    return [row for row in (CRAFT if model is Craft else PIERS) if row.id in ids]


def test_each_entry_gets_its_hits_and_the_merged_order_is_kept(harbour: Any) -> None:
    found = harbour.search_many(
        [(Craft, "harbour", {"filter": {"kind": "tug"}}), (Pier, "harbour"), (Craft, "berta")]
    )
    assert [cls for cls, _ in found] == [Craft, Pier, Craft]
    assert [[hit["id"] for hit in result] for _, result in found.ordered] == [[1, 3], [1], [2]]
    assert found.by_schema[Craft].hits == [
        {"id": 2, "name": "Harbour ferry Berta", "kind": "ferry", "dock": 1}
    ]
    merged = found.merged()
    assert sorted((cls.__name__, hit["id"]) for cls, hit in merged) == [
        ("Craft", 1),
        ("Craft", 2),
        ("Craft", 3),
        ("Pier", 1),
    ]
    assert found.merge_hit_order == [(cls, hit["id"]) for cls, hit in merged]
    assert (found.federation.limit, found.federation.offset) == (200, 0)
    assert found.failures == []


def test_weights_raise_hits(harbour: Any) -> None:
    def first(craft: float, pier: float) -> type:
        entries = [
            (Craft, "harbour", {"federation_weight": craft}),
            (Pier, "harbour", {"federation_weight": pier}),
        ]
        return harbour.search_many(entries).merged()[0][0]

    assert (first(2, 1), first(1, 2)) == (Craft, Pier)


def test_all_stands_for_the_global_schemas(harbour: Any) -> None:
    found = harbour.search_many([("all", "harbour")], global_schemas=[Pier, Craft])
    assert [cls for cls, _ in found] == [Pier, Craft]
    for registry, name in (({}, "missing_otp_app"), ({"global_schemas": []}, "empty_registry")):
        with pytest.raises(scrypath.UsageError) as raised:
            harbour.search_many([("all", "x")], **registry)
        assert (raised.value.kind, raised.value.details["name"]) == ("all_expansion", name)


def test_records_are_hydrated_entry_by_entry(harbour: Any) -> None:
    found = harbour.search_many([(Craft, "tug"), (Pier, "bergen"), (Craft, "nothing like it")], repo=rows)
    (_, craft), (_, pier), (_, none) = found.ordered
    assert [row.id for row in craft.records] == [hit["id"] for hit in craft.hits]
    assert pier.records == PIERS
    assert (none.records, none.missing_ids) == ([], [])


def test_an_entry_whose_rows_fail_leaves_the_rest(harbour: Any) -> None:
    def broken(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        if model is Pier:
            raise ConnectionError("the database is away")
        return rows(model, key, ids, preload)

    found = harbour.search_many([(Pier, "harbour"), (Craft, "tug")], repo=broken)
    assert [cls for cls, _ in found] == [Craft]
    (failure,) = found.failures
    assert failure.schema is Pier
    assert isinstance(failure.reason, ConnectionError)
    assert [cls for cls, _ in found.merged()] == [Craft, Craft]
    with pytest.raises(scrypath.BackendError) as raised:
        harbour.search_many([(Pier, "harbour")], repo=broken)
    assert raised.value.kind == "all_failed"


def test_rows_that_come_too_late_are_a_failure() -> None:
    async def main() -> scrypath.MultiSearchResult:
        search = scrypath.AsyncScrypath("memory:late")
        await search.sync_records(Pier, PIERS)
        await search.sync_records(Craft, CRAFT)

        async def slow(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
            if model is Pier:
                await asyncio.Event().wait()
            return rows(model, key, ids, preload)

        return await search.search_many([(Pier, "harbour"), (Craft, "tug")], repo=slow, hydration_timeout=50)

    found = asyncio.run(main())
    assert [failure.reason for failure in found.failures] == ["hydration_timeout"]
    assert [cls for cls, _ in found] == [Craft]


def test_a_blocking_query_that_took_too_long_is_a_failure_too() -> None:
    search = scrypath.Scrypath("memory:late-sync", hydration_timeout=20)
    search.sync_records(Pier, PIERS)
    search.sync_records(Craft, CRAFT)

    def slow(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        deadline = time.monotonic() + (0.03 if model is Pier else 0)
        while time.monotonic() < deadline:
            pass
        return rows(model, key, ids, preload)

    found = search.search_many([(Pier, "harbour"), (Craft, "tug")], repo=slow)
    assert [failure.reason for failure in found.failures] == ["hydration_timeout"]


@pytest.mark.parametrize(
    ("entries", "options", "kind"),
    [
        ([], {}, "empty_schema_list"),
        (["x"], {}, "malformed_entry"),
        ([(Craft, 1)], {}, "malformed_entry"),
        ([(Craft, "x")] * 3, {"max_schemas": 2}, "too_many_schemas"),
        ([(Craft, "x", {"filter": {"nope": 1}})], {}, "validation_failed"),
        ([(Craft, "x", {"federation_weight": float("nan")})], {}, "federation_weight"),
        ([(Craft, "x", {"max_schemas": 3})], {}, "federation_key_in_entry"),
        ([(Craft, "x", {"repo": None, "meilisearch_url": "memory:"})], {}, "runtime_option_in_entry"),
        ([(Craft, "x", {"page": {"size": 51}})], {}, "page_size"),
        ([(Craft, "x", {"page": {"size": 5}, "federation_weight": 2})], {}, "federation_page"),
        ([(Craft, "x"), (Pier, "x")], {"tenant_scope": 1}, "validation_failed"),
    ],
)
def test_wrong_calls(search: Any, entries: Any, options: dict[str, Any], kind: str) -> None:
    with pytest.raises(scrypath.UsageError) as raised:
        search.search_many(entries, **options)
    assert raised.value.kind == kind


def test_a_tenant_scope_holds_for_every_entry_and_facet(harbour: Any) -> None:
    found = harbour.search_many([(Craft, "tug"), (Craft, "tug", {"tenant_scope": 2})], tenant_scope=1)
    assert [[hit["id"] for hit in result] for _, result in found] == [[1], [3]]
    assert harbour.search_facet_values(Craft, "kind", tenant_scope=2).hits == [Bucket("tug", 1)]
    within = harbour.search_within_facet(Craft, "", ("kind", "tug"), tenant_scope=2)
    assert [hit["id"] for hit in within] == [3]


def test_searching_within_a_bucket(harbour: Any) -> None:
    found = harbour.search_within_facet(Craft, "harbour", ("kind", ["ferry", "barge"]))
    assert [hit["id"] for hit in found] == [2]
    for bucket, fragment in (("kind", "two-element"), ((1, "x"), "must be a string")):
        with pytest.raises(scrypath.UsageError, match=f"search_within_facet: .*{fragment}"):
            harbour.search_within_facet(Craft, "", bucket)
    with pytest.raises(scrypath.UsageError, match="search_within_facet: facet_filter already contains"):
        harbour.search_within_facet(Craft, "", ("kind", "tug"), facet_filter={"kind": "ferry"})


def test_counts_of_alternatives(harbour: Any) -> None:
    asked: dict[str, Any] = {"facets": ["kind"], "facet_filter": {"kind": ["tug"]}}
    assert harbour.search(Craft, "", **asked).facets.distribution["kind"] == [Bucket("tug", 2)]
    found = harbour.search_disjunctive(Craft, "", **asked)
    assert found.facets.distribution["kind"] == [Bucket("ferry", 1), Bucket("tug", 2)]
    assert [hit["id"] for hit in found] == [1, 3]


def test_facet_values(harbour: Any) -> None:
    values = harbour.search_facet_values(Craft, "kind", "f")
    assert (values.facet_query, list(values), len(values)) == ("f", [Bucket("ferry", 1)], 1)


def test_hits_are_highlighted_and_cut(harbour: Any) -> None:
    (hit,) = harbour.search(
        Craft,
        "berta",
        attributes_to_retrieve=["name"],
        attributes_to_highlight=["name"],
        highlight_pre_tag="<b>",
        highlight_post_tag="</b>",
        attributes_to_crop=["name"],
        crop_length=1,
    )
    assert hit == {"name": "Harbour ferry Berta", "_formatted": {"name": "…<b>Berta</b>"}}
    (again,) = harbour.search(Craft, "berta", attributes_to_retrieve=["name"], repo=rows).records
    assert again.id == 2


def test_a_page_knows_its_neighbours(harbour: Any) -> None:
    page = harbour.search(Craft, "harbour", page={"number": 2, "size": 1}).page
    assert (page.previous, page.next) == (1, 3)
    last = harbour.search(Craft, "harbour", page={"number": 3, "size": 1}).page
    assert (last.previous, last.next) == (2, None)
    beyond = harbour.search(Craft, "harbour", page={"number": 9, "size": 1}).page
    assert (beyond.previous, beyond.next) == (3, None)
    unpaged = harbour.search(Craft, "harbour").page
    assert (unpaged.previous, unpaged.next) == (None, None)


def test_each_entry_with_a_page_knows_its_neighbours(harbour: Any) -> None:
    paged = {"page": {"number": 2, "size": 1}}
    (_, craft), (_, pier) = harbour.search_many([(Craft, "harbour", paged), (Pier, "harbour", paged)])
    assert (craft.page.previous, craft.page.next) == (1, 3)
    assert (pier.page.previous, pier.page.next) == (1, None)


def test_a_result_is_a_list_of_its_hits(harbour: Any) -> None:
    found = harbour.search(Craft, "harbour")
    assert (len(found), found[0], found[1:]) == (3, found.hits[0], found.hits[1:])
    assert (list(found), list(reversed(found))) == (found.hits, found.hits[::-1])
    assert found.hits[2] in found
    with pytest.raises(IndexError):
        found[3]
    assert bool(harbour.search(Craft, "nothing like it"))


def test_values_and_entries_are_lists_too(harbour: Any) -> None:
    values = harbour.search_facet_values(Craft, "kind")
    assert (values[0], values[1:]) == (Bucket("ferry", 1), [Bucket("tug", 2)])
    found = harbour.search_many([(Craft, "tug"), (Pier, "bergen")])
    assert (found[0], found[1:]) == (found.ordered[0], found.ordered[1:])
