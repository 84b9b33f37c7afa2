defmodule Scrypath.SuggestTest do
  use ExUnit.Case, async: true

  import Scrypath.Test.Backends, only: [over_each: 3]

  alias Scrypath.Examples.Vessel
  alias Scrypath.Suggestion
  alias Scrypath.Test.{Backends, Refusal, StubServer}

  @fleet [
    %{id: 1, name: "Tugboat Annie", flag: "NO", kind: "tug", built: 1990},
    %{id: 2, name: "Tuna Queen", flag: "SE", kind: "trawler", built: 2005},
    %{id: 3, name: "TUNA QUEEN", flag: "NO", kind: "trawler", built: 2012},
    %{id: 4, name: "Båt Ørn", flag: "NO", kind: "ferry", built: 1970}
  ]

  setup_all do
    Backends.all!(__MODULE__, fn options -> {:ok, _} = Scrypath.sync_records(Vessel, @fleet, options) end)
  end

  defp texts({:ok, suggestions}), do: suggestions |> Enum.map(& &1.text) |> Enum.sort()

  over_each "texts of the first field, each once whatever its case", options do
    assert [first, second] = texts(Scrypath.suggest(Vessel, "tu", options))
    assert {first, String.downcase(second)} == {"Tugboat Annie", "tuna queen"}
  end

  over_each "the parts put together are the text, and what was typed is told", options do
    assert {:ok, [%Suggestion{} = suggestion]} = Scrypath.suggest(Vessel, "tug", options)

    assert suggestion == %Suggestion{
             text: "Tugboat Annie",
             parts: [%{text: "Tug", matched: true}, %{text: "boat Annie", matched: false}]
           }

    assert [%Suggestion{text: "Båt Ørn", parts: parts}] = Scrypath.suggest!(Vessel, "ørn", options)
    assert parts == [%{text: "Båt ", matched: false}, %{text: "Ørn", matched: true}]
  end

  over_each "of another field, restricted like a search", options do
    assert texts(Scrypath.suggest(Vessel, "t", [field: :kind] ++ options)) == ["trawler", "tug"]
    only = fn more -> texts(Scrypath.suggest(Vessel, "t", [field: :kind] ++ more ++ options)) end
    assert only.(filter: [flag: "SE"]) == ["trawler"]
    assert only.(facet_filter: [kind: ["tug", "ferry"]]) == ["tug"]
    assert only.(filter: [built: [lt: 2000]]) == ["tug"]
    assert only.(sort: [desc: :built], limit: 1) == ["trawler"]
  end

  over_each "every word counts, unless the strategy is another", options do
    assert texts(Scrypath.suggest(Vessel, "tuna annie", options)) == []
    assert [_ | _] = texts(Scrypath.suggest(Vessel, "tuna annie", [matching_strategy: :last] ++ options))
  end

  test "blank text sends nothing" do
    options = [backend: Scrypath.Meilisearch, meilisearch_url: StubServer.start!(fn _ -> :silence end)]
    assert Scrypath.suggest(Vessel, " \t", options) == {:ok, []}
    assert Scrypath.suggest!(Vessel, "", options) == []
    refute_received {:request, _connection, _request}
  end

  test "a call that is wrong raises, and shows no key", %{memory: options} do
    options = [meilisearch_api_key: "hunter2"] ++ options

    for {text, more, message} <- [
          {:tug, [], ~r/the search text must be a string/},
          {"tug", [limit: 0], ~r/:limit option: expected an integer from 1 to 100/},
          {"tug", [field: :crew], ~r/:field option: expected a field of vessel/},
          {"tug", [page: [size: 5]], ~r/unknown options \[:page\]/},
          {"", [filter: [crew: 4]], ~r/:crew is not declared filterable/}
        ] do
      {error, stack} = Refusal.raised(fn -> Scrypath.suggest(Vessel, text, more ++ options) end)
      assert error.message =~ message
      refute Exception.format(:error, error, stack) =~ "hunter2"
    end
  end

  test "what the backend refuses is an error", %{memory: options} do
    options = options ++ [index_prefix: "nowhere"]

    assert {:error, {:http_error, 404, %{"code" => "index_not_found"}}} =
             Scrypath.suggest(Vessel, "t", options)

    error = assert_raise Scrypath.Search.Error, fn -> Scrypath.suggest!(Vessel, "t", options) end
    assert {:http_error, 404, _body} = error.reason
  end
end
