defmodule Scrypath.SearchTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.Vessel
  alias Scrypath.SearchResult
  alias Scrypath.SearchResult.Facets.Bucket

  @fleet [
    %{id: 1, name: "Harbour Tug", flag: "NO", kind: "tug", built: 1990},
    %{id: 2, name: "Harbour Ferry", flag: "SE", kind: "ferry", built: 2005},
    %{id: 3, name: "Northern Tug", flag: "NO", kind: "tug", built: 2012},
    %{id: 4, name: "Nameless", flag: nil, kind: "barge", built: nil}
  ]

  setup_all do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_test"]
    {:ok, %{status: :completed}} = Scrypath.sync_records(Vessel, @fleet, options)
    %{options: options}
  end

  defp ids(result), do: Enum.map(result.hits, & &1["id"])

  test "hits are the documents, with string keys", %{options: options} do
    assert {:ok, %SearchResult{} = result} = Scrypath.search(Vessel, "ferry", options)

    assert result.hits == [
             %{
               "id" => 2,
               "name" => "Harbour Ferry",
               "flag" => "SE",
               "kind" => "ferry",
               "built" => 2005
             }
           ]

    assert result.raw["hits"] == result.hits
    assert result.query.text == "ferry"
    assert {result.records, result.missing_ids} == {[], []}
  end

  test "filters, sorts and pages", %{options: options} do
    search = fn more -> Scrypath.search!(Vessel, "", options ++ more) end

    assert ids(search.(filter: [flag: "NO"], sort: [desc: :built])) == [3, 1]
    assert ids(search.(filter: [built: [gte: 1990, lt: 2010]], sort: [asc: :built])) == [1, 2]
    assert ids(search.(filter: [kind: ["ferry", "barge"]], sort: [asc: :name])) == [2, 4]
    assert ids(search.(filter: [flag: nil])) == [4]

    result = search.(sort: [asc: :name], page: [number: 2, size: 3])
    assert ids(result) == [3]
    assert %{number: 2, size: 3, total_hits: 4, total_pages: 2} = result.page
    assert result.query.page == %{number: 2, size: 3}
  end

  test "counts facets", %{options: options} do
    result =
      Scrypath.search!(
        Vessel,
        "",
        options ++ [facets: [:kind, :flag], facet_filter: [kind: "tug"]]
      )

    assert result.facets.distribution == %{
             kind: [%Bucket{value: "tug", count: 2}],
             flag: [%Bucket{value: "NO", count: 2}]
           }

    assert result.facets.declared_order == [:kind, :flag]
    assert result.facets.stats == %{kind: %{}, flag: %{}}
    assert Scrypath.search!(Vessel, "", options).facets == %SearchResult.Facets{}
  end

  test "facets that are not declared are errors to match on", %{options: options} do
    assert Scrypath.search(Vessel, "", options ++ [facets: [:built]]) ==
             {:error, {:unknown_facet, :built}}

    assert Scrypath.search(Vessel, "", options ++ [facet_filter: [built: 1]]) ==
             {:error, {:invalid_facet_filter, {:unknown_facet_field, :built}}}

    assert Scrypath.search(Scrypath.Examples.Note, "", options ++ [facet_filter: [kind: 1]]) ==
             {:error, {:invalid_facet_filter, :faceting_not_declared}}

    error =
      assert_raise Scrypath.Search.Error, fn ->
        Scrypath.search!(Vessel, "", options ++ [facets: [:built]])
      end

    assert error.reason == {:unknown_facet, :built}
  end

  test "a call that is wrong raises", %{options: options} do
    for {more, message} <- [
          {[crew: 1], ~r/unknown options \[:crew\]/},
          {[filter: [crew: 1]], ~r/:crew is not declared filterable/},
          {[filter: [flag: []]], ~r/:flag/},
          {[filter: [flag: [near: 1]]], ~r/near/},
          {[filter: [flag: <<255>>]], ~r/not valid UTF-8/},
          {[sort: [desc: :flag]], ~r/sortable/},
          {[page: [number: 0]], ~r/page number/},
          {[tenant_scope: 1], ~r/does not declare a tenant_field/},
          {[repo: "Repo"], ~r/invalid value for :repo option/},
          {[repo: Scrypath.Examples.Note], ~r/cannot hydrate Scrypath.Examples.Vessel/}
        ] do
      assert_raise ArgumentError, message, fn -> Scrypath.search(Vessel, "", options ++ more) end
    end
  end

  test "text is text", %{options: options} do
    assert_raise FunctionClauseError, fn -> Scrypath.search(Vessel, :tug, options) end

    assert_raise ArgumentError, ~r/not valid UTF-8/, fn ->
      Scrypath.search(Vessel, <<255>>, options)
    end

    assert {:ok, %{hits: []}} = Scrypath.search(Vessel, "漢字 🚢", options)
  end

  test "a reply never makes an atom", %{options: options} do
    strange = "value_#{System.unique_integer([:positive])}_from_outside"
    url = [meilisearch_url: "memory:search_test_atoms"]
    options = Keyword.merge(options, url)

    {:ok, _} =
      Scrypath.sync_record(
        Vessel,
        %{id: 1, name: strange, flag: strange, kind: strange, built: 1},
        options
      )

    result = Scrypath.search!(Vessel, "", options ++ [facets: [:kind]])

    assert [%Bucket{value: ^strange}] = result.facets.distribution.kind
    assert_raise ArgumentError, fn -> String.to_existing_atom(strange) end
  end
end
