# Related sync through a real Oban on a real PostgreSQL, with rows that are locked.
if Code.ensure_loaded?(Scrypath.Test.ObanDatabase) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Scrypath.Test.Pier do
    @moduledoc false
    use Ecto.Schema
    use Scrypath, fields: [:label, :dock]

    schema "berths" do
      field(:label, :string)
      belongs_to(:dock, Scrypath.Test.Basin)
    end

    def search_document(pier), do: %{id: pier.id, label: pier.label, dock: pier.dock.name}
  end

  defmodule Scrypath.Test.Basin do
    @moduledoc false
    use Ecto.Schema

    use Scrypath,
      fields: [:name],
      fan_outs: [piers: [target: Scrypath.Test.Pier, resolver: {Scrypath.Test.Basin, :piers, []}]]

    import Ecto.Query, only: [from: 2]

    schema "docks" do
      field(:name, :string)
    end

    def piers([0]), do: raise("unspoken")

    def piers(ids) do
      query =
        from(pier in Scrypath.Test.Pier, where: pier.dock_id in ^ids, order_by: pier.id, lock: "FOR UPDATE")

      query |> Scrypath.Test.ObanRepo.all() |> Scrypath.Test.ObanRepo.preload(:dock)
    end
  end

  defmodule Scrypath.Oban.RelatedTest do
    use ExUnit.Case, async: false

    import Ecto.Query, only: [from: 2]

    alias Scrypath.Sync.RelatedWorker
    alias Scrypath.Test.{Basin, ObanDatabase, Pier, SearchServer}
    alias Scrypath.Test.ObanRepo, as: Repo

    @moduletag :capture_log
    @oban Scrypath.Test.RelatedOban

    setup do
      url = ObanDatabase.open!("scrypath_oban_related")
      start_supervised!({Oban, name: @oban, repo: Repo, queues: false, plugins: false})
      server = SearchServer.options!()
      before = Application.get_env(:scrypath, :defaults, [])

      Application.put_env(
        :scrypath,
        :defaults,
        Keyword.take(server, [:meilisearch_url, :meilisearch_api_key])
      )

      on_exit(fn -> Application.put_env(:scrypath, :defaults, before) end)
      basin = Repo.insert!(%Basin{name: "North"})
      piers = for label <- ~w(A B), do: Repo.insert!(%Pier{label: label, dock_id: basin.id})

      %{
        database: url,
        server: server,
        basin: basin,
        piers: piers,
        options: [
          backend: Scrypath.Meilisearch,
          sync_mode: :oban,
          oban_queue: :related,
          oban: @oban,
          index_prefix: server[:index_prefix],
          fan_out: :piers
        ]
      }
    end

    defp drain(options \\ []), do: Oban.drain_queue(@oban, [queue: :related] ++ options)

    defp found(server),
      do: Enum.sort(for hit <- Scrypath.search!(Pier, "", server).hits, do: {hit["label"], hit["dock"]})

    defp workers, do: for(job <- ObanDatabase.jobs(), do: {job.worker, job.state})

    defp rename!(basin, name, options) do
      Repo.transaction(fn ->
        basin = Repo.update!(Ecto.Changeset.change(basin, name: name))
        {:ok, enqueued} = Scrypath.sync_related(Basin, basin, options)
        enqueued
      end)
    end

    test "a job resolves, and what it enqueues is brought into the index", context do
      %{options: options, server: server, basin: basin} = context

      assert {:ok, %{document_ids: [id], job: %{worker: "Scrypath.Sync.RelatedWorker"}}} =
               rename!(basin, "East", options)

      assert id == basin.id

      assert %{success: 1} = drain()

      assert workers() == [
               {"Scrypath.Sync.RelatedWorker", "completed"},
               {"Scrypath.Oban.UpsertWorker", "available"}
             ]

      assert %{success: 1} = drain()
      assert found(server) == [{"A", "East"}, {"B", "East"}]
      assert Enum.all?(ObanDatabase.jobs(), &(&1.queue == "related"))
    end

    test "one that has nothing to enqueue is done", %{options: options} do
      {:ok, _} = Scrypath.sync_related(Basin, %{id: 999}, options)
      assert %{success: 1} = drain()
      assert workers() == [{"Scrypath.Sync.RelatedWorker", "completed"}]
    end

    test "what its resolver raises is tried again, and nothing was enqueued", %{options: options} do
      {:ok, %{job: %{id: id}}} = Scrypath.sync_related(Basin, [%{id: 0}], options)
      assert %{failure: 1} = drain()
      assert %{state: "retryable", attempt: 1, max_attempts: 8} = Repo.get!(Oban.Job, id)
      assert length(ObanDatabase.jobs()) == 1
    end

    test "what never can be run is cancelled" do
      for {args, word} <- [
            {%{fan_out: "piers", document_ids: [1]}, "invalid_schema"},
            {%{schema: "basin", document_ids: [1]}, "invalid_fan_out"},
            {%{schema: "basin", fan_out: "piers", document_ids: "1"}, "invalid_document_ids"},
            {%{version: 2}, "unknown_version"}
          ] do
        {:ok, %{id: id}} = Oban.insert(@oban, RelatedWorker.new(args, queue: :related))
        assert %{cancelled: 1} = drain()
        assert %{errors: [%{"error" => error}]} = Repo.get!(Oban.Job, id)
        assert error =~ ~s({:cancel, "#{word}"})
      end
    end

    test "side by side with writes of the target, the newest state wins", context do
      %{options: options, server: server, basin: basin, piers: piers} = context
      stop_supervised!(@oban)

      start_supervised!(
        {Oban, name: @oban, repo: Repo, queues: [related: 4], peer: Oban.Peers.Isolated, stage_interval: 50}
      )

      ObanDatabase.tell_of_jobs()

      renaming =
        Task.async(fn ->
          for at <- 1..5, do: {:ok, _} = rename!(Repo.get!(Basin, basin.id), "Basin #{at}", options)
        end)

      writing =
        for pier <- piers do
          Task.async(fn ->
            for at <- 1..5 do
              {:ok, _} =
                Repo.transaction(fn ->
                  query = from(pier in Pier, where: pier.id == ^pier.id, lock: "FOR UPDATE")
                  pier = Repo.one!(query)
                  pier = Repo.update!(Ecto.Changeset.change(pier, label: "#{pier.id}.#{at}"))
                  # Read under the lock too, so that it is no older than what the fan-out read.
                  {:ok, _} =
                    Scrypath.sync_record(Pier, Repo.preload(pier, :dock), Keyword.delete(options, :fan_out))
                end)
            end
          end)
        end

      Task.await_many([renaming | writing], 30_000)
      ObanDatabase.await_all_completed()
      rows = Repo.all(from(pier in Pier, join: dock in assoc(pier, :dock), select: {pier.label, dock.name}))
      assert found(server) == Enum.sort(rows)
      assert Enum.all?(rows, &match?({_label, "Basin 5"}, &1))
    end

    test "without an Oban, on the repo itself", context do
      %{options: options, server: server, basin: basin, database: database} = context
      options = options |> Keyword.delete(:oban) |> Keyword.put(:connection, Repo)
      {:ok, _} = rename!(basin, "West", options)
      {:ok, _} = Scrypath.sync_related(Basin, [%{id: 0}], options)

      assert {:ok, 2} = Repo.transaction(fn -> Scrypath.work_related(queue: :related, connection: Repo) end)

      assert workers() == [
               {"Scrypath.Sync.RelatedWorker", "completed"},
               {"Scrypath.Sync.RelatedWorker", "retryable"},
               {"Scrypath.Oban.UpsertWorker", "available"}
             ]

      # As Oban reads them.
      assert [_, %{attempt: 1, errors: [%{"attempt" => 1, "at" => _, "error" => error}]}, _] =
               ObanDatabase.jobs()

      assert error =~ "RuntimeError was raised"
      refute error =~ "unspoken"
      assert {:ok, 0} = Repo.transaction(fn -> Scrypath.work_related(queue: :related, connection: Repo) end)
      assert {:ok, %{completed: 1}} = Scrypath.Worker.run(database_url: database, queues: :related)
      assert found(server) == [{"A", "West"}, {"B", "West"}]
    end

    test "two that run them side by side do not run one twice", context do
      options = context.options |> Keyword.delete(:oban) |> Keyword.put(:connection, Repo)
      for _ <- 1..3, do: {:ok, _} = rename!(context.basin, "West", options)
      work = fn -> Repo.transaction(fn -> Scrypath.work_related(queue: :related, connection: Repo) end) end

      counts =
        [Task.async(work), Task.async(work)] |> Task.await_many() |> Enum.map(fn {:ok, count} -> count end)

      assert Enum.sum(counts) == 3
      assert Enum.count(workers(), &(&1 == {"Scrypath.Oban.UpsertWorker", "available"})) == 3
    end

    test "it needs a transaction", %{options: options} do
      {:ok, _} = Scrypath.sync_related(Basin, [%{id: 1}], options)

      assert_raise ArgumentError, "connection is in no transaction", fn ->
        Scrypath.work_related(queue: :related, connection: Repo)
      end

      # PostgreSQL says so of a connection that is none of Ecto's.
      rows = &Repo.query!(&1, &2).rows

      assert_raise Postgrex.Error, ~r/SAVEPOINT can only be used in transaction blocks/, fn ->
        Scrypath.work_related(queue: :related, connection: {:postgres, rows})
      end
    end

    test "what is not declared where it runs is tried again" do
      args = %{schema: "basin", fan_out: "crews", document_ids: [1]}
      {:ok, %{id: id}} = Oban.insert(@oban, RelatedWorker.new(args, queue: :related))
      assert %{failure: 1} = drain()
      assert %{state: "retryable", errors: [%{"error" => error}]} = Repo.get!(Oban.Job, id)
      assert error =~ "basin declares no fan-out crews here"
    end
  end
end
