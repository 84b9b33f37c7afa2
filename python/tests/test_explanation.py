"""Why hits are in their order, in words, and what was sent for them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import scrypath
from scrypath import Explanation, RankedBy, Ranking


@scrypath.schema(
    fields=["id", "name", "kind", "built"],
    filterable=["kind"],
    sortable=["built"],
    faceting={"attributes": ["kind"]},
)
class Vessel:
    pass


FLEET = [
    {"id": 1, "name": "Harbour tug", "kind": "tug", "built": 1990},
    {"id": 2, "name": "Tug of the old harbour", "kind": "tug", "built": 2001},
]
DETAILS: dict[str, Any] = {"per_query": {"show_ranking_score_details": True}}


@pytest.fixture
def fleet(search: Any) -> Any:
    search.sync_records(Vessel, FLEET)
    return search


def test_nobody_asked_and_nothing_is_explained(fleet: Any) -> None:
    assert fleet.search(Vessel, "tug").explanation is None
    assert fleet.search(Vessel, "tug", per_query={"show_ranking_score": True}).explanation is None
    assert fleet.search(Vessel, "tug", per_query={"show_ranking_score_details": False}).explanation is None


def test_each_hit_is_explained_rule_by_rule(fleet: Any) -> None:
    found = fleet.search(Vessel, "harbour tug", sort={"desc": "built"}, **DETAILS)
    assert len(found.explanation.ranking) == len(found) == 2
    for ranking, hit in zip(found.explanation.ranking, found, strict=True):
        assert isinstance(ranking, Ranking)
        details = hit["_rankingScoreDetails"]
        assert [rule.rule for rule in ranking.rules] == sorted(
            details, key=lambda rule: details[rule]["order"]
        )
    first = {rule.rule: rule for rule in found.explanation.ranking[0].rules}
    assert first["words"] == RankedBy("words", 1.0, "it has all 2 words of the query")
    assert first["typo"] == RankedBy("typo", 1.0, "found without a typo")
    assert found[0]["id"] == 1
    assert first["built:desc"].score is None
    assert first["built:desc"].words == "sorted by built, descending: 1990"


def test_the_score_comes_along_where_it_was_asked_for(fleet: Any) -> None:
    asked = {"show_ranking_score": True, "show_ranking_score_details": True}
    found = fleet.search(Vessel, "tug", per_query=asked)
    assert [one.score for one in found.explanation.ranking] == [hit["_rankingScore"] for hit in found]
    assert [one.score for one in fleet.search(Vessel, "tug", **DETAILS).explanation.ranking] == [None, None]


def test_it_is_what_explain_says_and_the_ranking(fleet: Any) -> None:
    options = {"filter": {"kind": "tug"}, **DETAILS}
    before = fleet.explain(Vessel, "tug", **options)
    assert isinstance(before, Explanation)
    assert before.ranking == []
    found = fleet.search(Vessel, "tug", **options)
    assert (found.explanation.query, found.explanation.request) == (before.query, before.request)
    assert found.explanation.query == found.query


def test_every_search_of_documents_explains_itself(fleet: Any) -> None:
    within = fleet.search_within_facet(Vessel, "tug", ("kind", "tug"), **DETAILS)
    disjunctive = fleet.search_disjunctive(
        Vessel, "tug", facets=["kind"], facet_filter={"kind": ["tug"]}, **DETAILS
    )
    (_, one), (_, other) = fleet.search_many([(Vessel, "tug", DETAILS), (Vessel, "old")])
    assert [len(found.explanation.ranking) for found in (within, disjunctive, one)] == [2, 2, 2]
    assert other.explanation is None
    assert "facet" not in within.explanation.request["path"]
    assert disjunctive.explanation.request["path"] == "/multi-search"


def test_it_is_part_of_the_result(fleet: Any) -> None:
    found, plain = fleet.search(Vessel, "tug", **DETAILS), fleet.search(Vessel, "tug")
    copy = pickle.loads(pickle.dumps(found))
    assert copy == found == fleet.search(Vessel, "tug", **DETAILS)
    assert copy.explanation == found.explanation
    assert found != plain
    assert "it has the query's only word" in repr(found)
    assert "explanation=None" in repr(plain)
