defmodule Scrypath.SearchResultTest do
  use ExUnit.Case, async: true

  import Scrypath.Test.Backends, only: [over_each: 3]

  alias Scrypath.Examples.Vessel
  alias Scrypath.{Explanation, MultiSearchResult, Query, SearchResult}
  alias Scrypath.Test.Backends

  @fleet for id <- 1..5, do: %{id: id, name: "Tug #{id}", flag: "NO", kind: "tug", built: 1990 + id}

  defmodule Sighting do
    @enforce_keys [:name]
    defstruct [:name, :built, seen: 0]
  end

  defmodule Strict do
    @enforce_keys [:name, :crew]
    defstruct [:name, :crew]
  end

  setup_all do
    Backends.all!(__MODULE__, fn options -> {:ok, _} = Scrypath.sync_records(Vessel, @fleet, options) end)
  end

  defp search(options, more), do: Scrypath.search!(Vessel, "tug", [sort: [asc: :built]] ++ more ++ options)

  over_each "a result is an enumerable of its hits", options do
    result = search(options, [])
    assert Enum.to_list(result) == result.hits
    assert for(%{"id" => id} <- result, do: id) |> Enum.sort() == [1, 2, 3, 4, 5]
    assert Enum.count(result) == 5
    assert Enum.at(result, 1) == Enum.at(result.hits, 1)
    assert Enum.at(result, -1) == List.last(result.hits)
    assert Enum.at(result, 5) == nil
    assert Enum.slice(result, 1..2) == Enum.slice(result.hits, 1..2)
    assert Enum.slice(result, 3, 9) == Enum.slice(result.hits, 3, 9)
    assert hd(result.hits) in result
    refute %{"id" => 1} in result
    assert Enum.zip(result, 1..2) == Enum.zip(result.hits, 1..2)

    assert result |> Stream.map(& &1["id"]) |> Enum.take(2) ==
             result.hits |> Enum.map(& &1["id"]) |> Enum.take(2)

    refute Enum.empty?(result)
    assert Enum.empty?(Scrypath.search!(Vessel, "zeppelin", options))
  end

  over_each "a result knows the pages beside it", options do
    beside = fn page ->
      result = search(options, page: page)
      {result.previous_page, result.next_page}
    end

    assert beside.(size: 2) == {nil, 2}
    assert beside.(number: 2, size: 2) == {1, 3}
    assert beside.(number: 3, size: 2) == {2, nil}
    assert beside.(number: 9, size: 2) == {3, nil}
    assert beside.(size: 5) == {nil, nil}
    assert %{previous_page: nil, next_page: nil} = search(options, [])

    # The map is the specification's: the numbers are beside it.
    assert search(options, page: [size: 2]).page == %{number: 1, size: 2, total_pages: 3, total_hits: 5}
  end

  over_each "entries of many searches know theirs", options do
    {:ok, found} =
      Scrypath.search_many([{Vessel, "tug", page: [number: 2, size: 2]}, {Vessel, "tug"}], options)

    assert for({Vessel, result} <- found.ordered, do: {result.previous_page, result.next_page}) == [
             {1, 3},
             {nil, nil}
           ]

    assert for({Vessel, result} <- found.ordered, do: Enum.count(result)) == [2, 5]
    assert found.by_schema[Vessel].explanation == nil
  end

  over_each "a result is explained where ranking details were asked for", options do
    assert search(options, []).explanation == nil
    assert search(options, per_query: [show_ranking_score: true]).explanation == nil

    details = [per_query: %{show_ranking_score: true, show_ranking_score_details: true}]
    result = search(options, details)
    assert %Explanation{query: %Query{} = query, request: request, ranking: ranking} = result.explanation
    assert query == result.query

    assert %{method: "POST", path: "/indexes/" <> _, body: %{"q" => "tug", "showRankingScoreDetails" => true}} =
             request

    assert length(ranking) == 5
    assert [%{score: score, rules: rules} | _rest] = ranking
    assert score == hd(result.hits)["_rankingScore"]

    assert %{score: nil, words: "sorted by built, ascending: 1991"} =
             Enum.find(rules, &(&1.rule == "built:asc"))

    assert %{words: "it has the query's only word"} = Enum.find(rules, &(&1.rule == "words"))

    {:ok, explained} = Scrypath.explain(Vessel, "tug", [sort: [asc: :built]] ++ details ++ options)
    assert explained == %Explanation{query: query, request: request, ranking: []}

    assert %{request: ^request} =
             Scrypath.explain!(Vessel, "tug", [sort: [asc: :built]] ++ details ++ options)
  end

  over_each "entries of many searches are explained by themselves", options do
    details = [per_query: [show_ranking_score_details: true]]
    {:ok, found} = Scrypath.search_many([{Vessel, "tug", details}, {Vessel, "zeppelin"}], options)

    assert [{Vessel, %{explanation: %Explanation{ranking: ranking}}}, {Vessel, %{explanation: nil}}] =
             found.ordered

    assert length(ranking) == 5
    assert length(MultiSearchResult.merge_projection(found)) == 5
  end

  test "explaining raises as a search does", %{memory: options} do
    wrong = [facets: [:built]] ++ options
    assert Scrypath.explain(Vessel, "tug", wrong) == {:error, {:unknown_facet, :built}}
    error = assert_raise Scrypath.Search.Error, fn -> Scrypath.explain!(Vessel, "tug", wrong) end
    assert error.reason == {:unknown_facet, :built}
    assert_raise ArgumentError, fn -> Scrypath.explain!(Vessel, "tug", [filter: [crew: 1]] ++ options) end
  end

  over_each "hits as structs, by the keys that the struct has", options do
    result = search(options, page: [size: 2])

    assert SearchResult.hits_as(result, Sighting) == [
             %Sighting{name: "Tug 1", built: 1991, seen: 0},
             %Sighting{name: "Tug 2", built: 1992, seen: 0}
           ]

    assert [%Vessel{id: 1, kind: "tug"}, %Vessel{id: 2}] = SearchResult.hits_as(result, Vessel)
    assert SearchResult.hits_as(result, &{&1["id"], &1["name"]}) == [{1, "Tug 1"}, {2, "Tug 2"}]
    assert SearchResult.hits_as(Scrypath.search!(Vessel, "zeppelin", options), Strict) == []
  end

  over_each "a hit that lacks a key which the struct enforces is refused", options do
    error = assert_raise ArgumentError, fn -> SearchResult.hits_as(search(options, []), Strict) end
    assert error.message =~ "crew"
    assert error.message =~ inspect(Strict)
    refute error.message =~ "Tug 1"

    few = search(options, attributes_to_retrieve: [:built])

    assert_raise ArgumentError, ~r/:name.*#{inspect(Sighting)}|#{inspect(Sighting)}.*:name/s, fn ->
      SearchResult.hits_as(few, Sighting)
    end
  end

  test "a module without a struct is no type", %{memory: options} do
    for module <- [String, NoSuchModule, nil] do
      assert_raise ArgumentError, ~r/#{inspect(module)} has no struct/, fn ->
        SearchResult.hits_as(search(options, []), module)
      end
    end
  end

  test "a hit never makes an atom" do
    strange = "field_#{System.unique_integer([:positive])}_from_outside"

    result = %SearchResult{
      query: nil,
      hits: [%{strange => 1, "name" => "Tug", "__struct__" => "Elixir.Evil"}]
    }

    assert SearchResult.hits_as(result, Sighting) == [%Sighting{name: "Tug"}]
    assert_raise ArgumentError, fn -> String.to_existing_atom(strange) end
  end

  over_each "what the server adds to hits is there under its names", options do
    [hit | _rest] =
      search(options,
        attributes_to_highlight: [:name],
        show_matches_position: true,
        per_query: [show_ranking_score: true, show_ranking_score_details: true]
      ).hits

    assert hit["_formatted"]["name"] == "<em>Tug</em> 1"
    assert hit["_matchesPosition"]["name"] == [%{"start" => 0, "length" => 3}]
    assert is_float(hit["_rankingScore"])
    assert %{"words" => %{"order" => 0, "matchingWords" => 1}} = hit["_rankingScoreDetails"]
  end

  test "the types say what a hit may hold" do
    {:ok, types} = Code.Typespec.fetch_types(SearchResult)
    named = for {:type, {name, _type, []}} <- types, do: name
    wanted = ~w(formatted hit matches_position page ranking_score_details t)a
    assert Enum.sort(named) == wanted
  end
end
