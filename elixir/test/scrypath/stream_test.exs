defmodule Scrypath.StreamTest do
  use ExUnit.Case, async: true

  alias Scrypath.Stream

  defmodule Buoy do
    use Scrypath, fields: [:id, :name], filterable: [:name]
    defstruct [:id, :name]
  end

  setup context do
    [options: [backend: Scrypath.Meilisearch, meilisearch_url: "memory:stream #{context.test}"]]
  end

  defp buoys(range), do: for(id <- range, do: struct!(Buoy, id: id, name: "Buoy #{id}"))

  test "batches are one write, complete when it is finished", %{options: options} do
    {:ok, stream} = Stream.open(Buoy, options)
    assert :ok = Stream.push(stream, buoys(1..30))
    assert :ok = Stream.push(stream, buoys(31..50))
    assert {:ok, %{status: :completed, document_count: 50}} = Stream.finish(stream)

    assert {:ok, %{page: %{total_hits: 50}}} =
             Scrypath.search(Buoy, "buoy", options ++ [page: [number: 1, size: 1]])
  end

  test "a stream without batches is a no-op", %{options: options} do
    {:ok, stream} = Stream.open(Buoy, options)
    assert {:ok, %{status: :noop, document_count: 0}} = Stream.finish(stream)
  end

  test "a batch with a bad record sends nothing of it", %{options: options} do
    {:ok, stream} = Stream.open(Buoy, options)

    assert_raise ArgumentError, ~r/missing projected field :name/, fn ->
      Stream.push(stream, [%{id: 1, name: "good"}, %{id: 2}])
    end

    assert {:ok, %{status: :noop}} = Stream.finish(stream)
  end

  test "an aborted stream takes no more", %{options: options} do
    {:ok, stream} = Stream.open(Buoy, options)
    assert :ok = Stream.push(stream, buoys(1..2))
    assert :ok = Stream.abort(stream)
    assert {:error, {:call_cancelled, message}} = Stream.push(stream, buoys(3..4))
    assert message =~ "aborted"
  end

  test "wrong options open none" do
    assert_raise ArgumentError, ~r/unknown options \[:colour\]/, fn ->
      Stream.open(Buoy, backend: Scrypath.Meilisearch, colour: 1)
    end
  end
end
