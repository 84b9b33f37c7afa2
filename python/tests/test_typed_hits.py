"""Hits as instances of the application's own types."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from typing import Any, Generic, TypedDict, TypeVar

import pydantic
import pytest
import typing_extensions
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import scrypath
from scrypath import Hit


@scrypath.schema(fields=["id", "name", "built"], filterable=["built"])
@dataclasses.dataclass
class Vessel:
    id: int
    name: str
    built: int


FLEET = [Vessel(1, "Harbour tug", 1990), Vessel(2, "Harbour ferry", 1985)]


@pytest.fixture
def found(search: Any) -> Any:
    search.sync_records(Vessel, FLEET)
    return search.search(Vessel, "harbour", per_query={"show_ranking_score": True})


def test_a_dataclass_takes_the_members_that_are_its_fields(found: Any) -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        name: str
        flag: str = "NO"
        notes: list[str] = dataclasses.field(default_factory=list)
        shown: str = dataclasses.field(init=False, default="")

    assert found.hits_as(Vessel) == FLEET
    assert found.hits_as(Named) == [Named(name=vessel.name) for vessel in FLEET]


def test_a_member_that_is_missing_is_named_and_so_is_the_type(found: Any) -> None:
    @dataclasses.dataclass
    class Flagged:
        name: str
        flag: str

    with pytest.raises(scrypath.UsageError, match=r'hit 0 has no "flag", which .*Flagged requires') as raised:
        found.hits_as(Flagged)
    assert raised.value.kind == "projection_field_missing"
    assert (raised.value.details["name"], raised.value.details["position"]) == ("flag", 0)
    assert "Harbour" not in str(raised.value) + repr(raised.value.details)


def test_a_pydantic_model_validates(found: Any) -> None:
    class Model(pydantic.BaseModel):
        name: str
        built: float
        score: float = pydantic.Field(alias="_rankingScore")

    models = found.hits_as(Model)
    assert [(model.name, model.built) for model in models] == [(row.name, row.built) for row in FLEET]
    assert all(type(model.built) is float and 0 < model.score <= 1 for model in models)

    class Strict(pydantic.BaseModel):
        name: int

    with pytest.raises(pydantic.ValidationError):
        found.hits_as(Strict)


class VesselHit(Hit):
    name: str
    built: int


class Old(typing_extensions.TypedDict):
    name: str


T = TypeVar("T")


class Held(TypedDict, Generic[T]):
    built: T


@pytest.mark.parametrize(
    "of", [VesselHit, Hit, Old, Held[int], dict, dict[str, Any], Mapping, Mapping[str, Any], MutableMapping]
)
def test_what_a_hit_is_already(found: Any, of: Any) -> None:
    hits = found.hits_as(of)
    assert hits == found.hits
    assert all(one is other for one, other in zip(hits, found.hits, strict=True))


def test_any_function_of_a_hit(found: Any) -> None:
    assert found.hits_as(lambda hit: hit["name"]) == [row.name for row in FLEET]
    assert [type(hit) for hit in found.hits_as(OrderedDict)] == [OrderedDict] * 2


@pytest.mark.parametrize("of", [7, None, "name"])
def test_what_is_neither(found: Any, of: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="hits_as takes a Pydantic model") as raised:
        found.hits_as(of)
    assert raised.value.kind == "invalid_option"


def test_a_row_comes_from_the_database(found: Any) -> None:
    class Base(DeclarativeBase):
        pass

    class Row(Base):
        __tablename__ = "rows"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(scrypath.UsageError, match="search with repo"):
        found.hits_as(Row)


def test_no_hits_of_any_type(search: Any) -> None:
    search.sync_records(Vessel, FLEET)
    found = search.search(Vessel, "submarine")
    assert found.hits_as(Vessel) == found.hits_as(Hit) == found.hits_as(str) == []


def test_hits_of_many_searches(search: Any) -> None:
    search.sync_records(Vessel, FLEET)
    found = search.search_many([(Vessel, "tug"), (Vessel, "ferry")])
    assert [result.hits_as(Vessel) for _, result in found] == [[FLEET[0]], [FLEET[1]]]


def test_what_the_server_adds_has_types(search: Any) -> None:
    search.sync_records(Vessel, FLEET)
    (hit,) = search.search(
        Vessel,
        "tug",
        attributes_to_highlight=["name"],
        show_matches_position=True,
        per_query={"show_ranking_score": True, "show_ranking_score_details": True},
    ).hits_as(VesselHit)
    assert set(hit) == {"id", "name", "built"} | Hit.__optional_keys__
    assert hit["_formatted"]["name"] == "Harbour <em>tug</em>"
    assert hit["_matchesPosition"] == {"name": [{"start": 8, "length": 3}]}
    assert 0 < hit["_rankingScore"] <= 1
    assert hit["_rankingScoreDetails"]["words"]["order"] == 0


def test_no_type_brings_pydantic_along() -> None:
    program = """
import dataclasses, sys, scrypath

@scrypath.schema(fields=["name"])
@dataclasses.dataclass
class Note:
    id: int
    name: str

search = scrypath.Scrypath("memory:")
search.sync_record(Note, Note(1, "x"))
assert search.search(Note, "").hits_as(Note) == [Note(1, "x")]
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
