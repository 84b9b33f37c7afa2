"""The one encoding of Python's values, and how records of each kind are read."""

from __future__ import annotations

import enum
from collections import OrderedDict, UserDict, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pydantic
import pytest

import scrypath


@scrypath.schema(fields=["value"])
class Holder:
    pass


def encoded(value: Any) -> Any:
    return scrypath.project(Holder, {"id": 1, "value": value}).data["value"]


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Kind(enum.StrEnum):
    TUG = "tug"


class Text(str):
    pass


@dataclass
class Point:
    x: int
    when: date = date(2020, 1, 31)


@dataclass(slots=True, frozen=True)
class Slotted:
    inner: Point = field(default_factory=lambda: Point(1))


class Model(pydantic.BaseModel):
    name: str
    tags: tuple[str, ...] = ()


Pair = namedtuple("Pair", "a b")

UUID_TEXT = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**53 - 1, 2**53 - 1),
        (-0.5, -0.5),
        ("grün 🚢\0", "grün 🚢\0"),
        (Text("sub"), "sub"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Kind.TUG, "tug"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"ab"), "YWI="),
        (memoryview(b"abcd")[::2], "YWM="),
        (date(2020, 1, 31), "2020-01-31"),
        (time(10, 0), "10:00:00"),
        (time(10, 0, 0, 5000), "10:00:00.005"),
        (datetime(2020, 1, 31, 10), "2020-01-31T10:00:00"),
        (datetime(2020, 1, 31, 10, tzinfo=UTC), "2020-01-31T10:00:00Z"),
        (datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2019-12-31T23:00:00Z"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+2"), "100"),
        (UUID(UUID_TEXT), UUID_TEXT),
        ([1, [2, (3,)]], [1, [2, [3]]]),
        (Pair(1, 2), [1, 2]),
        ({"a": 1, 2: "b", Kind.TUG: 3}, {"a": 1, "2": "b", "tug": 3}),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (UserDict(a=1), {"a": 1}),
        (Point(1), {"x": 1, "when": "2020-01-31"}),
        (Slotted(), {"inner": {"x": 1, "when": "2020-01-31"}}),
        (Model(name="n", tags=("a",)), {"name": "n", "tags": ["a"]}),
    ],
    ids=repr,
)
def test_encoding(value: Any, expected: Any) -> None:
    got = encoded(value)
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (float("nan"), "value_not_finite"),
        (2**53, "value_integer_out_of_range"),
        (-(10**30), "value_integer_out_of_range"),
        ("\ud800", "value_invalid_utf8"),
        ({"\ud800": 1}, "value_invalid_utf8"),
        (Decimal("NaN"), "value_unencodable"),
        (time(10, tzinfo=UTC), "value_unencodable"),
        ({True: 1}, "value_unencodable"),
        ({(1, 2): 1}, "value_unencodable"),
        ({1, 2}, "value_unencodable"),
        (frozenset(), "value_unencodable"),
        ((each for each in ()), "value_unencodable"),
        (object(), "value_unencodable"),
        (Point, "value_unencodable"),
        (1j, "value_unencodable"),
    ],
    ids=repr,
)
def test_what_has_no_encoding_is_refused_by_its_type(value: Any, kind: str) -> None:
    with pytest.raises(scrypath.UsageError, match='field "value"') as raised:
        scrypath.project(Holder, {"id": 1, "value": value})
    assert raised.value.kind == kind


def test_depth_has_an_end() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": [deep]}
    with pytest.raises(scrypath.UsageError) as raised:
        encoded(deep)
    assert raised.value.kind == "value_too_deep"


class Plain:
    def __init__(self) -> None:
        self.id, self.value = 1, "v"


class WithSlots:
    __slots__ = ("id", "value")

    def __init__(self) -> None:
        self.id, self.value = 1, "v"


class WithProperty:
    id = 1

    @property
    def value(self) -> str:
        return "v"


class WithCachedProperty:
    id = 1

    @cached_property
    def value(self) -> str:
        return "v"


class WithGetattr:
    def __getattr__(self, name: str) -> Any:
        if name == "id":
            return 1
        if name == "value":
            return "v"
        raise AttributeError(name)


class Row(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    id: int = 1
    value: str = "v"


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "value": "v"},
        UserDict(id=1, value="v"),
        Plain(),
        WithSlots(),
        WithProperty(),
        WithCachedProperty(),
        WithGetattr(),
        SimpleNamespace(id=1, value="v"),
        namedtuple("Row", "id value")(1, "v"),
        Row(),
        Row(id=1, extra=1),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_of_every_kind(record: Any) -> None:
    assert scrypath.project(Holder, record) == scrypath.Document(1, {"value": "v"}, "fields")
    assert scrypath.document_id(Holder, record) == 1


@pytest.mark.parametrize("record", [{"id": 1}, SimpleNamespace(id=1), WithGetattr()], ids=repr)
def test_a_field_that_is_not_there(record: Any) -> None:
    @scrypath.schema(fields=["nothing"])
    class Other: ...

    with pytest.raises(scrypath.UsageError, match='missing projected field "nothing"') as raised:
        scrypath.project(Other, record)
    assert raised.value.kind == "projection_field_missing"


def test_an_empty_slot_is_a_missing_field() -> None:
    record = WithSlots()
    del record.value
    with pytest.raises(scrypath.UsageError, match="missing projected field"):
        scrypath.project(Holder, record)


@pytest.mark.parametrize("error", [ZeroDivisionError, AttributeError, KeyError, RecursionError])
def test_a_property_that_raises_names_the_exception_and_hides_its_text(error: type[Exception]) -> None:
    class Broken:
        id = 1

        @property
        def value(self) -> str:
            raise error("secret content")

    with pytest.raises(scrypath.UsageError, match=error.__name__) as raised:
        scrypath.project(Holder, Broken())
    assert "secret" not in str(raised.value)


def test_a_hook_replaces_the_fields() -> None:
    @scrypath.schema(fields=["name"], document_id="slug")
    class Article:
        def __init__(self, slug: str) -> None:
            self.slug = slug

        def search_document(self) -> dict[str, Any]:
            return {"label": self.slug.upper()}

        def search_document_id(self) -> str:
            return f"doc-{self.slug}"

    class Special(Article):
        def search_document(self) -> dict[str, Any]:
            return {**super().search_document(), "special": True}

    assert scrypath.document_source(Article) == "custom"
    assert scrypath.project(Article, Article("a")) == scrypath.Document("a", {"label": "A"}, "custom")
    assert scrypath.project(Article, Special("b")).data == {"label": "B", "special": True}
    assert scrypath.document_id(Article, Article("a")) == "doc-a"


def test_a_static_hook_takes_mappings() -> None:
    @scrypath.schema(fields=["name"])
    class Article:
        @staticmethod
        def search_document(record: dict[str, Any]) -> Point:
            return Point(record["x"])

    assert scrypath.project(Article, {"id": 1, "x": 7}).data == {"x": 7, "when": "2020-01-31"}


@pytest.mark.parametrize("result", [None, [("label", 1)], "label", 7])
def test_a_hook_must_give_a_map(result: Any) -> None:
    @scrypath.schema(fields=["name"])
    class Article:
        search_document = staticmethod(lambda record: result)

    with pytest.raises(scrypath.UsageError, match="must return a map") as raised:
        scrypath.project(Article, {"id": 1})
    assert raised.value.kind == "projection_hook_invalid"


def test_a_hook_that_raises_raises() -> None:
    @scrypath.schema(fields=["name"])
    class Article:
        search_document = staticmethod(lambda record: record["absent"])

    with pytest.raises(KeyError, match="absent"):
        scrypath.project(Article, {"id": 1})
