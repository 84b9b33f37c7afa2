# Left out, and said so by test_helper.exs, where Ecto is not there: its structs would not compile.
if Scrypath.Optional.ecto?() do
  defmodule Scrypath.Repo.EctoTest do
    use ExUnit.Case, async: false

    import Ecto.Query, only: [from: 2]

    alias Scrypath.Examples.{Muster, Sailor, Ship}
    alias Scrypath.Test.{Repo, Tables}

    setup context do
      start_supervised!(Repo)

      Tables.put("ships", [
        %{id: 1, name: "Fram", launched: ~D[1892-10-26], tonnage: Decimal.new("402")},
        %{id: 2, name: "Gjøa", launched: ~D[1872-01-01], tonnage: Decimal.new("45.50")}
      ])

      Tables.put("sailors", [%{id: 7, name: "Nansen", ship_id: 1}, %{id: 8, name: "Amundsen", ship_id: 2}])

      options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:ecto_test_#{context.line}"]
      ships = Repo.all(from(ship in Ship, where: ship.id in ^[1, 2]))
      {:ok, %{status: :completed}} = Scrypath.sync_records(Ship, ships, options)
      assert_received {:queried, "ships", [1, 2]}
      %{options: options ++ [repo: Repo, sort: [desc: :tonnage]], ships: ships}
    end

    test "structs are projected, dates and decimals in their one encoding", %{ships: [fram | _]} do
      document = Scrypath.Projection.document(Ship, fram)
      assert document.data == %{id: 1, name: "Fram", launched: "1892-10-26", tonnage: "402"}
    end

    test "records come back as structs, by one query and nothing preloaded", %{options: options} do
      result = Scrypath.search!(Ship, "", options)

      assert Enum.map(result.records, & &1.name) |> Enum.sort() == ["Fram", "Gjøa"]
      assert Enum.map(result.records, & &1.id) == Enum.map(result.hits, & &1["id"])
      assert %Ship{crew: %Ecto.Association.NotLoaded{}} = hd(result.records)
      assert_received {:queried, "ships", ids} when length(ids) == 2
      refute_received {:queried, _, _}
    end

    test "preloads are those asked for", %{options: options} do
      result = Scrypath.search!(Ship, "fram", options ++ [preload: [:crew]])
      assert [%Ship{crew: [%Sailor{name: "Nansen"}]}] = result.records
      assert_received {:queried, "ships", [1]}
      assert_received {:queried, "sailors", [1]}
    end

    test "a row that is gone is reported", %{options: options} do
      Tables.put("ships", [])
      assert %{records: [], missing_ids: [1]} = Scrypath.search!(Ship, "fram", options)
    end

    test "ids that the key's type cannot hold have no row", %{options: options} do
      {:ok, _} =
        Scrypath.sync_record(
          Ship,
          %{id: "n-1", name: "Maud", launched: nil, tonnage: nil},
          Keyword.delete(options, :sort)
        )

      assert %{records: [], missing_ids: ["n-1"]} = Scrypath.search!(Ship, "maud", options)
    end

    test "an association that was not loaded is named", %{options: options} do
      assert_raise ArgumentError, ~r/"crew" was not loaded from the database|:crew was not loaded/, fn ->
        Scrypath.sync_record(Muster, %Muster{id: 1, name: "Fram"}, Keyword.delete(options, :sort))
      end
    end

    test "an Ecto.Repo without an Ecto schema is refused", %{options: options} do
      assert_raise ArgumentError, ~r/cannot hydrate Scrypath.Examples.Note/, fn ->
        Scrypath.search(Scrypath.Examples.Note, "", Keyword.delete(options, :sort))
      end
    end
  end
end
