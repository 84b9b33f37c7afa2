"""Declaring and reflecting."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest

import scrypath

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"


@scrypath.schema(
    fields=["title", "kind"],
    filterable=["kind"],
    sortable=["title"],
    faceting={"attributes": ["kind"]},
    settings={"ranking_rules": ["words", "typo", "proximity", "attribute", "sort", "exactness"], "x": 1},
)
class Note:
    pass


def test_reflection() -> None:
    assert scrypath.schema_fields(Note) == ["title", "kind"]
    assert scrypath.document_id_field(Note) == "id"
    assert scrypath.document_source(Note) == "fields"
    assert scrypath.schema_faceting(Note) == {
        "attributes": ["kind"],
        "max_values_per_facet": 100,
        "sort_facet_values_by": {},
        "nested_facet_paths": False,
    }
    assert scrypath.schema_settings(Note)["__unrecognized__"] == {"x": 1}
    assert scrypath.wire_settings(Note)["x"] == 1
    assert set(scrypath.schema_config(Note)) == {
        "fields",
        "filterable",
        "faceting",
        "sortable",
        "settings",
        "document_id",
        "index_prefix",
        "fan_outs",
        "backend",
        "tenant_field",
        "document_source",
    }


def test_what_is_shown_can_be_changed_without_harm() -> None:
    scrypath.schema_config(Note)["fields"].append("x")
    scrypath.schema_faceting(Note)["attributes"].append("x")
    scrypath.schema_fields(Note).append("x")
    assert scrypath.schema_fields(Note) == ["title", "kind"]
    assert scrypath.schema_faceting(Note)["attributes"] == ["kind"]


def test_the_smallest_declaration_reflects_its_defaults() -> None:
    @scrypath.schema(fields=["name"])
    class Small: ...

    assert scrypath.schema_config(Small) == {
        "fields": ["name"],
        "filterable": [],
        "faceting": {},
        "sortable": [],
        "settings": {"__unrecognized__": {}},
        "document_id": "id",
        "index_prefix": None,
        "fan_outs": {},
        "backend": None,
        "tenant_field": None,
        "document_source": "fields",
    }


def test_a_file_and_options_declare_the_same(tmp_path: Path) -> None:
    path = tmp_path / "note.schema.json"
    path.write_text(scrypath.schema_json(Note))

    @scrypath.schema(from_file=path)
    class Other: ...

    assert scrypath.fingerprint(Other) == scrypath.fingerprint(Note)
    assert scrypath.schema_json(Other) == scrypath.schema_json(Note)


def test_the_shared_declaration_loads() -> None:
    @scrypath.schema(from_file=DATA / "movie.schema.json")
    class Film: ...

    assert scrypath.Scrypath().index_name(Film) == "scrypath_movie"
    assert json.loads(scrypath.schema_json(Film))["name"] == "movie"


def test_a_file_and_options_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(scrypath.UsageError, match="from a file or from options"):
        scrypath.schema(from_file=tmp_path / "x.json", fields=["a"])(type("X", (), {}))
    with pytest.raises(FileNotFoundError):
        scrypath.schema(from_file=tmp_path / "x.json")(type("X", (), {}))
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(scrypath.UsageError, match="JSON object"):
        scrypath.schema(from_file=tmp_path / "x.json")(type("X", (), {}))


def test_every_kind_of_class() -> None:
    declare = scrypath.schema(fields=["title"])

    @declare
    @dataclass(slots=True)
    class Data:
        id: int
        title: str

    @declare
    class Model(pydantic.BaseModel):
        id: int
        title: str

    assert scrypath.project(Data, Data(1, "a")).data == {"title": "a"}
    assert scrypath.project(Model, Model(id=1, title="a")).data == {"title": "a"}


def test_wiring_of_the_application_is_kept() -> None:
    def resolve(note: Any) -> list[Any]:
        return []

    @scrypath.schema(
        fields=["title"], fan_outs={"comments": {"target": Note, "resolver": resolve}}, backend="meilisearch"
    )
    class Post: ...

    config = scrypath.schema_config(Post)
    assert config["fan_outs"] == {"comments": {"target": Note, "resolver": resolve}}
    assert config["backend"] == "meilisearch"


def test_notices_are_warnings_and_name_the_class() -> None:
    with pytest.warns(scrypath.ScrypathWarning, match="Dock: tenant_field .* auto-added"):

        @scrypath.schema(fields=["name"], tenant_field="harbour")
        class Dock: ...

    assert scrypath.schema_fields(Dock) == ["name", "harbour"]


def test_validate_without_declaring() -> None:
    assert scrypath.validate_schema(fields=["a"])["fields"] == ["a"]
    with pytest.raises(ValueError, match="fields must contain"):
        scrypath.validate_schema(fields=[])
    with pytest.raises(scrypath.UsageError, match="colour"):
        scrypath.validate_schema(fields=["a"], colour="red")  # type: ignore[call-arg]


def test_a_subclass_is_declared_with_its_base() -> None:
    class Child(Note): ...

    assert scrypath.fingerprint(Child) == scrypath.fingerprint(Note)


def test_defaults_of_a_client_are_checked_when_it_is_made() -> None:
    with pytest.raises(scrypath.UsageError, match="positive integer"):
        scrypath.Scrypath("memory:", inline_timeout=0)
    with pytest.raises(scrypath.UsageError, match="unknown options"):
        scrypath.AsyncScrypath("memory:", colour=1)  # type: ignore[call-arg]
    assert "secret" not in repr(scrypath.Scrypath("memory:", meilisearch_api_key="secret"))


def test_errors_can_be_sent_to_another_process() -> None:
    with pytest.raises(scrypath.UsageError) as raised:
        scrypath.validate_schema(fields=[1])  # type: ignore[list-item]
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (type(copy), str(copy), copy.kind) == (scrypath.UsageError, str(raised.value), "invalid_option")
    assert copy.details == raised.value.details
