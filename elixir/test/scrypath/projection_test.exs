defmodule Scrypath.ProjectionTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.{Berth, Note, Vessel}
  alias Scrypath.{Identity, Projection}

  defp encoded(value), do: Projection.document(Note, %{id: 1, title: value}).data.title

  test "values have one encoding" do
    assert encoded(~D[2020-01-31]) == "2020-01-31"
    assert encoded(~T[10:00:00.500]) == "10:00:00.500"
    assert encoded(~N[2020-01-31 10:00:00]) == "2020-01-31T10:00:00"
    assert encoded(~U[2020-01-31 10:00:00.000Z]) == "2020-01-31T10:00:00Z"
    assert encoded(struct!(Decimal, sign: -1, coef: 1250, exp: -2)) == "-12.50"
    assert encoded(%Scrypath.Bytes{data: <<255, 0>>}) == "/wA="
    assert encoded("größe 漢字 🚢") == "größe 漢字 🚢"
    assert encoded([1, 2.5, nil, true, "a"]) == [1, 2.5, nil, true, "a"]
    assert encoded(%{"a" => %{b: 1}, 3 => 4}) == %{"a" => %{b: 1}, "3" => 4}
    assert encoded(:größe) == :größe
    assert encoded(:漢字) == :漢字
  end

  defmodule TwoIds do
    use Scrypath, fields: [:label]
    def search_document(_record), do: %{:id => 1, "id" => "text", :label => "A"}
  end

  test "a hook's text id stays in the data when its atom gave the id, and is sent once" do
    assert %{id: 1, data: %{"id" => "text", :label => "A"}} = Projection.document(TwoIds, %{id: 9})

    options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:two_ids"]
    assert {:ok, %{status: :completed}} = Scrypath.sync_record(TwoIds, %{id: 9}, options)
    assert {:ok, %{hits: [%{"id" => 1, "label" => "A"}]}} = Scrypath.search(TwoIds, "", options)
  end

  test "a zoned time is written in UTC, whatever its offset" do
    summer = %DateTime{
      ~U[2020-07-01 00:30:00Z]
      | utc_offset: 3600,
        std_offset: 3600,
        time_zone: "Europe/Berlin",
        zone_abbr: "CEST"
    }

    assert encoded(summer) == "2020-06-30T22:30:00Z"
  end

  for {what, value, fragment} <- [
        {"text that is not UTF-8", quote(do: <<255>>), "field :title: the text is not valid UTF-8"},
        {"a bitstring", quote(do: <<1::3>>), "a value of type bitstring has no JSON form"},
        {"a pid", quote(do: self()), "a value of type pid has no JSON form"},
        {"a function", quote(do: fn -> :ok end), "a value of type function has no JSON form"},
        {"a struct", quote(do: MapSet.new()), "a value of type MapSet has no JSON form"},
        {"an improper list", quote(do: [1 | 2]), "a value of type improper list has no JSON form"},
        {"a key that is no name", quote(do: %{{1} => 2}), "a map key must be a string"},
        {"an integer beyond 2^53", quote(do: 9_007_199_254_740_993), "the integer is outside"},
        {"an enormous integer", quote(do: Integer.pow(7, 100_000)), "the integer is outside"},
        {"another calendar", quote(do: %{~D[2020-01-01] | calendar: Some.Calendar}), "Calendar.ISO"},
        {"no number", quote(do: struct!(Decimal, coef: :NaN)), "a decimal must be a finite number"},
        {"endless nesting", quote(do: Enum.reduce(1..100, 1, fn _, inner -> [inner] end)), "nested deeper"}
      ] do
    test "#{what} is refused without being shown" do
      assert_raise ArgumentError, ~r/note, record 0: .*#{Regex.escape(unquote(fragment))}/s, fn ->
        encoded(unquote(value))
      end
    end
  end

  test "an association that was not loaded is named, not loaded" do
    unloaded = struct!(Ecto.Association.NotLoaded, __field__: :title)

    assert_raise ArgumentError, ~r/field :title was not loaded from the database/, fn ->
      encoded(unloaded)
    end

    assert_raise ArgumentError, ~r/"title" was not loaded/, fn ->
      encoded([%{title: unloaded}])
    end
  end

  test "atom keys win over string keys" do
    record = %{:id => 1, :title => nil, "title" => "by string"}
    assert Projection.document(Note, record).data.title == nil
  end

  test "what is no record is refused" do
    for record <- [5, nil, "text", [title: "a keyword list"]] do
      assert_raise ArgumentError, ~r/record 0: expected a struct or a map/, fn ->
        Projection.document(Note, record)
      end
    end
  end

  test "a hook's map is the document, under the id it gives" do
    berth = struct!(Berth, id: 3, dock_id: 9, label: "East")

    assert %{id: "9-3", data: %{label: "berth East", dock_id: 9}, source: :custom} =
             Projection.document(Berth, berth)

    assert Identity.document_id(Berth, berth) == "9-3"
    assert Identity.supports_custom_document_id?(Berth)
    refute Identity.supports_custom_document_id?(Vessel)
  end

  test "ids are read in order" do
    assert Identity.document_ids(Vessel, [%{id: 2}, struct!(Vessel, id: 1), %{"id" => "c"}]) == [
             2,
             1,
             "c"
           ]

    assert_raise ArgumentError, ~r/missing document id :id/, fn ->
      Identity.document_id(Vessel, %{})
    end
  end
end
