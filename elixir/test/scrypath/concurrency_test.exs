defmodule Scrypath.ConcurrencyTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.Note
  alias Scrypath.Test.StubServer

  @reply StubServer.json(~s({"hits": []}))

  defp options(url) do
    [
      backend: Scrypath.Meilisearch,
      meilisearch_url: url,
      req_options: [receive_timeout: 60_000, retry: false]
    ]
  end

  # Answers when the test says so: `{:gate, server}` asks, `:open` answers.
  defp gate do
    test = self()

    fn _request ->
      send(test, {:gate, self()})
      receive(do: (:open -> @reply))
    end
  end

  defp await_gates(count),
    do: for(_ <- 1..count, do: assert_receive({:gate, gate} when is_pid(gate), 60_000) |> elem(1))

  test "a thousand searches that wait hold nobody else up" do
    url = StubServer.start!(gate())

    searches = for _ <- 1..1000, do: Task.async(fn -> Scrypath.search(Note, "tides", options(url)) end)

    gates = await_gates(1000)

    # All of them wait now. If waiting took a scheduler, this process would not be running any more, and
    # neither would one it starts, nor a call that is answered at once.
    assert Task.await(Task.async(fn -> Enum.sum(1..100_000) end)) == 5_000_050_000
    assert {:ok, _} = Scrypath.explain(Note, "tides", backend: Scrypath.Meilisearch)

    assert {:ok, _} =
             Scrypath.sync_record(
               Note,
               %{id: 1, title: "Tides"},
               options("memory:concurrency_test")
             )

    Enum.each(gates, &send(&1, :open))
    assert Enum.all?(Task.await_many(searches, 60_000), &match?({:ok, %{hits: []}}, &1))
  end

  test "replies find their own callers" do
    url =
      StubServer.start!(fn request ->
        [_, number] = Regex.run(~r/"q":"(\d+)"/, request)
        StubServer.json(~s({"hits": [{"id": #{number}}]}))
      end)

    searches =
      for n <- 1..200,
          do: Task.async(fn -> {n, Scrypath.search!(Note, "#{n}", options(url)).hits} end)

    for {n, hits} <- Task.await_many(searches, 60_000), do: assert(hits == [%{"id" => n}])
  end

  test "the caller's death cancels its search" do
    url = StubServer.start!(fn _request -> :silence end)
    {caller, monitor} = spawn_monitor(fn -> Scrypath.search(Note, "tides", options(url)) end)
    assert_receive {:request, connection, "POST /indexes/scrypath_note/search" <> _}, 10_000
    assert Process.alive?(caller)

    Process.exit(caller, :kill)
    assert_receive {:DOWN, ^monitor, :process, ^caller, :killed}
    # Nobody else would close it: the server is silent, and the deadline a minute away.
    assert_receive {:closed, ^connection}, 10_000
  end

  test "a task that gives up waiting cancels its search" do
    url = StubServer.start!(fn _request -> :silence end)
    task = Task.async(fn -> Scrypath.search(Note, "tides", options(url)) end)
    assert_receive {:request, connection, _request}, 10_000

    assert Task.shutdown(task, :brutal_kill) == nil
    assert_receive {:closed, ^connection}, 10_000
  end

  test "records by the thousand are walked off the normal schedulers" do
    records = for id <- 1..20_000, do: %{id: id, title: "Note #{id}"}

    options = [
      backend: Scrypath.Meilisearch,
      meilisearch_url: "memory:concurrency_test_bulk",
      inline_timeout: 60_000
    ]

    assert {:ok, %{document_count: 20_000}} = Scrypath.sync_records(Note, records, options)
  end

  test "a request too large for a normal scheduler is carried out all the same" do
    statuses = for n <- 1..5_000, do: "status #{n}"
    options = [backend: Scrypath.Meilisearch, filter: [status: statuses]]
    assert {:ok, %{query: query}} = Scrypath.explain(Note, "tides", options)
    assert query.filter == [status: statuses]
  end

  test "no message is left behind" do
    options = options(StubServer.start!(fn _request -> @reply end))
    assert {:ok, _} = Scrypath.search(Note, "tides", options)
    assert_receive {:request, _connection, _request}
    refute_received _any
  end
end
