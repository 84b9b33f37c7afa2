"""Suggestions while somebody types: over every transport, called and awaited."""

from __future__ import annotations

from typing import Any

import pytest

import scrypath
from conftest import Waiting
from scrypath import Suggestion, SuggestionPart
from stub import stub


@scrypath.schema(
    fields=["id", "name", "aliases", "kind", "built"],
    filterable=["kind"],
    sortable=["built"],
    faceting={"attributes": ["kind"]},
)
class Vessel:
    pass


FLEET = [
    {"id": 1, "name": "Harbour tug", "aliases": ["Anna", "Annika"], "kind": "tug", "built": 1990},
    {"id": 2, "name": "Harbour ferry", "aliases": ["Berta"], "kind": "ferry", "built": 1985},
    {"id": 3, "name": "harbour TUG", "aliases": [], "kind": "tug", "built": 2001},
]


@pytest.fixture
def fleet(search: Any) -> Any:
    search.sync_records(Vessel, FLEET)
    return search


def texts(suggestions: list[Suggestion]) -> list[str]:
    return [suggestion.text for suggestion in suggestions]


def test_texts_that_begin_like_what_was_typed_each_once(fleet: Any) -> None:
    (suggestion,) = fleet.suggest(Vessel, "harbour tu")
    assert suggestion.text.lower() == "harbour tug"
    (suggestion,) = fleet.suggest(Vessel, "fer")
    assert suggestion == Suggestion(
        "Harbour ferry",
        [SuggestionPart("Harbour ", False), SuggestionPart("fer", True), SuggestionPart("ry", False)],
    )
    assert fleet.suggest(Vessel, "submarine") == []


def test_another_field_and_its_lists(fleet: Any) -> None:
    assert texts(fleet.suggest(Vessel, "ann", field="aliases")) == ["Anna", "Annika"]
    assert texts(fleet.suggest(Vessel, "ann", field="aliases", limit=1)) == ["Anna"]


def test_restricted_and_sorted_like_a_search(fleet: Any) -> None:
    assert texts(fleet.suggest(Vessel, "harb", filter={"kind": "ferry"})) == ["Harbour ferry"]
    assert texts(fleet.suggest(Vessel, "harb", facet_filter={"kind": ["ferry"]})) == ["Harbour ferry"]
    assert texts(fleet.suggest(Vessel, "harb", sort={"desc": "built"})) == ["harbour TUG", "Harbour ferry"]
    assert fleet.suggest(Vessel, "ferry submarine") == []
    assert texts(fleet.suggest(Vessel, "ferry submarine", matching_strategy="last")) == ["Harbour ferry"]


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_typed_and_nothing_sent(waiting: Waiting, text: str) -> None:
    with stub({}) as server:
        search = waiting.client(server.url)
        assert search.suggest(Vessel, text) == []
        with pytest.raises(scrypath.UsageError):
            search.suggest(Vessel, text, field="colour")
    assert not server.sent


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"field": "colour"}, "invalid_option"),
        ({"field": 7}, "invalid_option"),
        ({"limit": 0}, "invalid_option"),
        ({"limit": 101}, "invalid_option"),
        ({"limit": "5"}, "invalid_option"),
        ({"page": {"size": 5}}, "unknown_options"),
        ({"colour": "red"}, "unknown_options"),
        ({"filter": {"name": "x"}}, "filter_not_declared"),
    ],
)
def test_wrong_calls(fleet: Any, options: dict[str, Any], kind: str) -> None:
    with pytest.raises(scrypath.UsageError) as raised:
        fleet.suggest(Vessel, "harb", **options)
    assert raised.value.kind == kind


@pytest.mark.parametrize("text", [None, 7, b"tug", ["tug"]])
def test_text_must_be_text(fleet: Any, text: Any) -> None:
    with pytest.raises(scrypath.UsageError):
        fleet.suggest(Vessel, text)


def test_an_index_that_is_not_there(search: Any) -> None:
    with pytest.raises(scrypath.BackendError) as raised:
        search.suggest(Vessel, "x")
    assert raised.value.code == "index_not_found"
