"""Searching, and getting records back, over every transport and both ways of waiting."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

import scrypath
from scrypath import UNSET, Bucket, Page


@scrypath.schema(
    fields=["id", "name", "kind", "built"],
    filterable=["kind", "built"],
    sortable=["built"],
    faceting={"attributes": ["kind"]},
)
@dataclass
class Vessel:
    id: int
    name: str
    kind: str
    built: int


FLEET = [
    Vessel(1, "Harbour tug Anna", "tug", 1990),
    Vessel(2, "Harbour ferry Berta", "ferry", 1985),
    Vessel(3, "Harbour tug Clara", "tug", 2001),
]


class Fleet:
    """A repo that counts its fetches."""

    def __init__(self, *rows: Any) -> None:
        self.rows, self.fetches = {row.id: row for row in rows}, []

    def fetch(self, model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        self.fetches.append((model, key, list(ids), list(preload)))
        return [self.rows[id] for id in reversed(ids) if id in self.rows]


@pytest.fixture
def fleet(search: Any) -> Any:
    search.sync_records(Vessel, FLEET)
    return search


def test_hits_come_as_the_backend_sent_them(fleet: Any) -> None:
    found = fleet.search(Vessel, "anna")
    assert found.hits == [{"id": 1, "name": "Harbour tug Anna", "kind": "tug", "built": 1990}]
    assert found.raw["hits"] is found.hits
    assert (found.records, found.missing_ids) == ([], [])
    assert found.query.text == "anna"


def test_a_result_is_a_value(fleet: Any) -> None:
    found, again = fleet.search(Vessel, "anna"), fleet.search(Vessel, "anna")
    assert found == again
    assert found != fleet.search(Vessel, "berta")
    assert pickle.loads(pickle.dumps(found)) == found
    assert "Harbour tug Anna" in repr(found)
    with pytest.raises(AttributeError):
        found.records = []


def test_filter_sort_page_and_facets(fleet: Any) -> None:
    found = fleet.search(
        Vessel,
        "harbour",
        filter={"kind": "tug", "built": {"gte": 1980}},
        sort={"desc": "built"},
        page={"number": 2, "size": 1},
        facets=["kind"],
    )
    assert [hit["id"] for hit in found.hits] == [1]
    assert found.page == Page(number=2, size=1, total_pages=2, total_hits=2, previous=1)
    assert found.facets.distribution == {"kind": [Bucket("tug", 2)]}
    assert found.facets.declared_order == ["kind"]
    assert found.query.filter == [("kind", "tug"), ("built", {"gte": 1980})]
    assert found.query.sort == [("desc", "built")]


def test_pairs_do_where_a_dict_does(fleet: Any) -> None:
    found = fleet.search(Vessel, "", sort=[("asc", "built")])
    assert [hit["id"] for hit in found.hits] == [2, 1, 3]


def test_facet_filter_lists_are_alternatives(fleet: Any) -> None:
    found = fleet.search(Vessel, "", facet_filter={"kind": ["ferry", "barge"]})
    assert [hit["id"] for hit in found.hits] == [2]


def test_a_value_cannot_change_a_filter(fleet: Any) -> None:
    assert fleet.search(Vessel, "", filter={"kind": 'tug" OR kind = "ferry'}).hits == []


def test_records_come_in_hit_order_by_one_fetch(fleet: Any) -> None:
    repo = Fleet(*FLEET)
    found = fleet.search(Vessel, "", sort={"asc": "built"}, repo=repo, preload="crew")
    assert found.records == [FLEET[1], FLEET[0], FLEET[2]]
    assert repo.fetches == [(Vessel, "id", [2, 1, 3], ["crew"])]


def test_drift_is_shown(fleet: Any) -> None:
    found = fleet.search(Vessel, "", sort={"asc": "built"}, repo=Fleet(FLEET[0]))
    assert found.records == [FLEET[0]]
    assert found.missing_ids == [2, 3]


def test_no_hits_mean_no_fetch(fleet: Any) -> None:
    repo = Fleet()
    assert fleet.search(Vessel, "submarine", repo=repo).records == []
    assert repo.fetches == []


def test_a_repo_may_be_a_function_and_rows_may_be_mappings(fleet: Any) -> None:
    def fetch(model: type, key: str, ids: list[Any], preload: list[Any]) -> list[Any]:
        return [{"id": id} for id in ids]

    assert fleet.search(Vessel, "clara", repo=fetch).records == [{"id": 3}]


def test_a_failing_repo_fails_the_search_as_it_is(fleet: Any) -> None:
    def fetch(*args: Any) -> list[Any]:
        raise ConnectionAbortedError("the database went away")

    with pytest.raises(ConnectionAbortedError, match="went away"):
        fleet.search(Vessel, "clara", repo=fetch)


def test_something_else_is_no_repo(fleet: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="repo must be") as raised:
        fleet.search(Vessel, "clara", repo=7)
    assert raised.value.kind == "invalid_option"


def test_unset_is_the_same_as_not_given(fleet: Any) -> None:
    assert len(fleet.search(Vessel, "clara", filter=UNSET, page=UNSET, repo=UNSET).hits) == 1
    with pytest.raises(scrypath.UsageError, match="page"):
        fleet.search(Vessel, "clara", page=None)


def test_explain_sends_what_search_would_send(fleet: Any) -> None:
    explained = fleet.explain(Vessel, "tug", filter={"kind": "tug"}, per_query={"show_ranking_score": True})
    assert explained.request["method"] == "POST"
    assert explained.request["path"] == f"/indexes/{fleet.index_name(Vessel)}/search"
    assert explained.request["body"] == {"q": "tug", "filter": ['kind = "tug"'], "showRankingScore": True}
    assert json.dumps(explained.request["body"])


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"colour": "red"}, "unknown_options"),
        ({"filter": {"name": "x"}}, "filter_not_declared"),
        ({"filter": {"kind": []}}, "filter_empty"),
        ({"filter": {"built": {"around": 1}}}, "filter_operator_unknown"),
        ({"filter": {"built": {"gte": float("nan")}}}, "value_not_finite"),
        ({"filter": {"kind": object()}}, "value_unencodable"),
        ({"filter": {"kind": "\ud800"}}, "value_invalid_utf8"),
        ({"sort": {"desc": "name"}}, "sort_not_declared"),
        ({"sort": {"down": "built"}}, "sort_direction_unknown"),
        ({"page": {"size": 0}}, "page_invalid"),
        ({"facets": ["built"]}, "unknown_facet"),
        ({"facet_filter": {"built": 1}}, "invalid_facet_filter"),
        ({"tenant_scope": 3}, "tenant_field_missing"),
        ({"inline_timeout": "soon"}, "invalid_option"),
        ({"meilisearch_url": "ftp://nowhere"}, "invalid_option"),
        ({"meilisearch_url": None}, "missing_option"),
    ],
)
def test_bad_options_are_refused_by_name(fleet: Any, options: dict[str, Any], kind: str) -> None:
    with pytest.raises(scrypath.UsageError) as raised:
        fleet.search(Vessel, "x", **options)
    assert (raised.value.kind, raised.value.class_, raised.value.retryable) == (kind, "usage", False)


@pytest.mark.parametrize("text", [None, 7, b"tug", ["tug"]])
def test_text_must_be_text(fleet: Any, text: Any) -> None:
    with pytest.raises(scrypath.UsageError):
        fleet.search(Vessel, text)


def test_a_class_that_is_not_declared_is_named(fleet: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="Fleet is not declared searchable"):
        fleet.search(Fleet, "x")


def test_tenants_do_not_see_each_other(search: Any) -> None:
    @scrypath.schema(fields=["id", "name", "dock"], tenant_field="dock")
    class Berth: ...

    rows = [{"id": 1, "name": "pier", "dock": 1}, {"id": 2, "name": "pier", "dock": 2}]
    search.sync_records(Berth, rows)
    assert [hit["id"] for hit in search.search(Berth, "pier", tenant_scope=2).hits] == [2]
    with pytest.raises(scrypath.UsageError, match="tenant_field"):
        search.search(Berth, "pier", tenant_scope=2, filter={"dock": 1})
