defmodule Scrypath.HydrationTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.Vessel
  alias Scrypath.Test.Database

  setup context do
    Database.open!()

    fleet =
      for {id, name, built} <- [{3, "Tug C", 2012}, {5, "Tug E", 2001}, {8, "Tug H", 1990}] do
        Database.insert(struct!(Vessel, id: id, name: name, flag: "NO", kind: "tug", built: built))
      end

    url = "memory:hydration_test_#{context.line}"
    options = [backend: Scrypath.Meilisearch, meilisearch_url: url]
    {:ok, %{status: :completed}} = Scrypath.sync_records(Vessel, fleet, options)
    %{fleet: fleet, options: options ++ [sort: [asc: :built]]}
  end

  test "records come in hit order, fetched by one query", %{fleet: fleet, options: options} do
    result = Scrypath.search!(Vessel, "tug", options ++ [repo: Database])

    assert result.records == Enum.reverse(fleet)
    assert result.missing_ids == []
    assert_received {:fetched, Vessel, :id, [8, 5, 3], []}
    refute_received {:fetched, _, _, _, _}
  end

  test "hits without a row are reported", %{fleet: [_c, e, _h], options: options} do
    Database.delete(e)
    result = Scrypath.search!(Vessel, "tug", options ++ [repo: Database])

    assert Enum.map(result.records, & &1.id) == [8, 3]
    assert result.missing_ids == [5]
    assert length(result.hits) == 3
  end

  test "preloads are passed on as asked", %{options: options} do
    Scrypath.search!(Vessel, "tug", options ++ [repo: Database, preload: :crew])
    assert_received {:fetched, Vessel, :id, _ids, [:crew]}

    Scrypath.search!(Vessel, "tug", options ++ [repo: Database, preload: [crew: [:rank]]])
    assert_received {:fetched, Vessel, :id, _ids, [crew: [:rank]]}
  end

  test "without a repo, or without hits, nothing is fetched", %{options: options} do
    assert %{records: [], missing_ids: []} = Scrypath.search!(Vessel, "tug", options)

    assert %{records: [], missing_ids: []} = Scrypath.search!(Vessel, "zeppelin", options ++ [repo: Database])

    refute_received {:fetched, _, _, _, _}
  end

  test "a repo among the application's defaults hydrates too", %{options: options} do
    Application.put_env(:scrypath, :defaults, repo: Database)
    on_exit(fn -> Application.delete_env(:scrypath, :defaults) end)

    assert [_, _, _] = Scrypath.search!(Vessel, "tug", options).records
    assert Scrypath.search!(Vessel, "tug", options ++ [repo: nil]).records == []
  end

  defmodule BrokenRepo do
    @behaviour Scrypath.Repo
    @impl true
    def fetch(_schema, _key, _ids, _preload), do: raise("the database is away")
  end

  defmodule MapRepo do
    @behaviour Scrypath.Repo
    @impl true
    def fetch(_schema, :id, ids, _preload),
      do: for(id <- ids, do: %{"id" => to_string(id), "row" => true})
  end

  test "a failure of the repo is the caller's", %{options: options} do
    assert_raise RuntimeError, "the database is away", fn ->
      Scrypath.search!(Vessel, "tug", options ++ [repo: BrokenRepo])
    end
  end

  defmodule StuckRepo do
    @behaviour Scrypath.Repo
    @impl true
    def fetch(_schema, _key, _ids, _preload), do: Process.sleep(:infinity)
  end

  test "the time that rows of a search_many may take can be among the defaults", %{options: options} do
    Application.put_env(:scrypath, :defaults, hydration_timeout: 20)
    on_exit(fn -> Application.delete_env(:scrypath, :defaults) end)

    assert Scrypath.search_many([{Vessel, "tug"}], options ++ [repo: StuckRepo]) ==
             {:error, {:all_failed, [%{schema: Vessel, reason: :hydration_timeout}]}}
  end

  test "keys are compared as text, under atom or string keys", %{options: options} do
    result = Scrypath.search!(Vessel, "tug", options ++ [repo: MapRepo])
    assert Enum.map(result.records, & &1["id"]) == ["8", "5", "3"]
  end
end
