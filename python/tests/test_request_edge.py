"""From a web request to a search: what the frameworks hand over, and what nobody should send."""

from __future__ import annotations

import os
import pickle
from typing import Any

import pytest

import scrypath

URL = (
    "q=tug&filter[kind]=tug&filter[flag][]=NO&filter[flag][]=SE"
    "&page[number]=2&sort[field]=built&sort[dir]=desc"
)
FILTER = [["flag", ["NO", "SE"]], ["kind", "tug"]]


@scrypath.schema(fields=["name"], filterable=["flag", "kind"], sortable=["built"])
class Vessel: ...


def refused(params: Any) -> scrypath.ParamsError:
    with pytest.raises(scrypath.ParamsError) as raised:
        scrypath.normalize_params(params, Vessel)
    return raised.value


def test_without_a_schema_every_declared_name_is_known() -> None:
    name = f"declared_{os.getpid()}"
    query = f"filter[{name}]=x"
    with pytest.raises(scrypath.ParamsError):
        scrypath.normalize_params(query)

    @scrypath.schema(fields=["name"], filterable=[name])
    class Other: ...

    assert scrypath.normalize_params(query)["filter"] == [[name, "x"]]
    assert scrypath.normalize_params(query, [Vessel, Other])["filter"] == [[name, "x"]]
    assert refused(query).issues[0].code == "unknown_field"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_worker_knows_what_its_parent_declared() -> None:
    scrypath.normalize_params("filter[kind]=tug")
    child = os.fork()
    if child == 0:
        try:
            scrypath.normalize_params("filter[kind]=tug")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_issues_are_told_by_namespace_and_survive_pickling() -> None:
    error = refused("page[number]=x&facets=kind")
    assert list(error.field_errors) == ["facets", "page"]
    assert error.form_errors == []
    assert isinstance(error, ValueError)
    assert error.kind == "params_invalid"
    copy = pickle.loads(pickle.dumps(error))
    assert copy.issues == error.issues


def test_what_comes_back_can_be_searched_with(memory: str) -> None:
    params = scrypath.normalize_params(URL, Vessel)
    text, options = scrypath.search_args(params)
    explained = scrypath.Scrypath(memory).explain(Vessel, text, **options)
    assert explained.request["body"] == {
        "q": "tug",
        "filter": ['flag IN ["NO", "SE"]', 'kind = "tug"'],
        "sort": ["built:desc"],
        "page": 2,
    }
    assert scrypath.normalize_params(scrypath.to_query_params(params), Vessel) == params
    assert scrypath.normalize_params(scrypath.to_query_string(params), Vessel) == params


def test_djangos_query_dict() -> None:
    from django.conf import settings
    from django.http import QueryDict

    if not settings.configured:
        settings.configure()
    params = scrypath.normalize_params(QueryDict(URL, encoding="utf-8"), Vessel)
    assert (params["text"], params["filter"]) == ("tug", FILTER)


class TestHostile:
    """Refused as a whole, within a bound."""

    def whole(self, params: Any) -> scrypath.ParamIssue:
        error = refused(params)
        (issue,) = error.form_errors
        assert (issue.field, issue.path, issue.code) == (None, (), "invalid_shape")
        assert scrypath.to_form_data(params, error)["form_errors"][0]["message"] == issue.message
        return issue

    def test_nested_too_deep(self) -> None:
        bomb: Any = "x"
        for _ in range(100_000):
            bomb = {"a": bomb}
        assert "nested deeper" in self.whole({"filter": bomb}).message
        while isinstance(bomb, dict):  # Taken apart by hand, since its own end would overflow the stack.
            bomb = bomb["a"]

    def test_containing_itself(self) -> None:
        params: dict[str, Any] = {}
        params["filter"] = params
        assert "nested deeper" in self.whole(params).message

    @pytest.mark.parametrize(
        "params",
        [
            {"filter": {f"name{at}": "x" for at in range(10_000)}},
            [(f"filter[name{at}]", "x") for at in range(10_000)],
            "&".join(f"filter[a{at}]=" for at in range(2_000)),
            {"facets": ["kind"] * 10_000},
        ],
    )
    def test_too_many(self, params: Any) -> None:
        assert self.whole(params).meta == {"limit": 1000, "unit": "values"}

    def test_too_long(self) -> None:
        assert self.whole("q=" + "x" * 1_000_000).meta == {"limit": 65536, "unit": "bytes"}

    def test_no_text(self) -> None:
        assert "UTF-8" in self.whole({"q": "\ud800"}).message

    def test_a_long_text_is_refused_by_itself(self) -> None:
        assert refused({"q": "x" * 1_000_000}).issues[0].path == ("text",)
        error = refused({"filter": {"x" * 1_000_000: "y"}})
        assert len(error.issues[0].path[1]) == 65
        assert len(str(error)) < 300
