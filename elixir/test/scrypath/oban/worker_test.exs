# A real Oban on a real PostgreSQL, against a real server.
if Code.ensure_loaded?(Scrypath.Test.ObanDatabase) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Scrypath.Oban.WorkerTest do
    use ExUnit.Case, async: false

    import Ecto.Query, only: [from: 2]
    import Scrypath.Test.Eventually

    alias Scrypath.Examples.Note
    alias Scrypath.Oban.{DeleteWorker, UpsertWorker}
    alias Scrypath.Test.{ObanDatabase, SearchServer, StubServer}
    alias Scrypath.Test.ObanRepo, as: Repo

    @moduletag :capture_log
    @oban Scrypath.Test.RunningOban
    @patience 30_000

    setup do
      url = ObanDatabase.open!("scrypath_oban_worker")
      start_supervised!({Oban, name: @oban, repo: Repo, queues: false, plugins: false})
      server = SearchServer.options!()
      configure(Keyword.take(server, [:meilisearch_url, :meilisearch_api_key]))

      %{
        database: url,
        server: server,
        options: [
          backend: Scrypath.Meilisearch,
          sync_mode: :oban,
          oban_queue: :search,
          oban: @oban,
          index_prefix: server[:index_prefix]
        ]
      }
    end

    # What the worker's own node is configured with.
    defp configure(defaults) do
      before = Application.get_env(:scrypath, :defaults, [])
      Application.put_env(:scrypath, :defaults, defaults)
      on_exit(fn -> Application.put_env(:scrypath, :defaults, before) end)
    end

    defp note(id, title), do: %{id: id, title: title}

    defp enqueue!(id, title, options),
      do: {:ok, %{status: :accepted, job: %{id: _}}} = Scrypath.sync_record(Note, note(id, title), options)

    defp drain(options \\ []), do: Oban.drain_queue(@oban, [queue: :search] ++ options)

    defp found(server),
      do: Enum.sort(for hit <- Scrypath.search!(Note, "", server).hits, do: {hit["id"], hit["title"]})

    defp update!(id, changes),
      do: {1, nil} = Repo.update_all(from(job in Oban.Job, where: job.id == ^id), set: changes)

    # The server that jobs name, elsewhere.
    defp moved!(server) do
      Repo.query!("update oban_jobs set args = jsonb_set(args, '{meilisearch_url}', to_jsonb($1::text))", [
        server[:meilisearch_url]
      ])
    end

    defp later, do: DateTime.add(DateTime.utc_now(), 3600)

    test "are Oban's workers, of eight attempts" do
      for worker <- [UpsertWorker, DeleteWorker] do
        assert worker.__opts__() |> Keyword.take([:queue, :max_attempts]) |> Enum.sort() == [
                 max_attempts: 8,
                 queue: :scrypath
               ]
      end
    end

    test "what a transaction and a multi enqueue is brought into the index", context do
      %{options: options, server: server} = context

      assert {:ok, :written} =
               Repo.transaction(fn ->
                 Repo.insert_all("notes", [note(7, "Tides")])
                 enqueue!(7, ~s(Gjøa's "tides" \\ 潮 🚢), options)
                 :written
               end)

      assert {:ok, %{indexed: %Oban.Job{worker: "Scrypath.Oban.UpsertWorker"}}} =
               Ecto.Multi.new()
               |> Ecto.Multi.insert_all(:rows, "notes", [note(8, "Harbour"), note(9, "Piers")])
               |> Scrypath.Oban.enqueue_upsert(
                 :indexed,
                 Note,
                 [note(8, "Harbour"), note(9, "Piers")],
                 options
               )
               |> Repo.transaction()

      assert drain() == %{success: 2, failure: 0, discard: 0, cancelled: 0, snoozed: 0}
      assert found(server) == [{7, ~s(Gjøa's "tides" \\ 潮 🚢)}, {8, "Harbour"}, {9, "Piers"}]

      assert {:ok, %{gone: %Oban.Job{worker: "Scrypath.Oban.DeleteWorker"}}} =
               Ecto.Multi.new()
               |> Scrypath.Oban.enqueue_delete(:gone, Note, [8], options)
               |> Repo.transaction()

      {:ok, _} = Scrypath.delete_record(Note, note(9, ""), options)
      assert %{success: 2} = drain()
      assert found(server) == [{7, ~s(Gjøa's "tides" \\ 潮 🚢)}]
      assert Enum.uniq(for(job <- ObanDatabase.jobs(), do: job.state)) == ["completed"]
    end

    test "what is inserted on the repo itself is run too", context do
      options = context.options |> Keyword.delete(:oban) |> Keyword.put(:connection, Repo)
      {:ok, {:ok, _}} = Repo.transaction(fn -> Scrypath.sync_record(Note, note(7, "Tides"), options) end)
      assert %{success: 1} = drain()
      assert found(context.server) == [{7, "Tides"}]
    end

    test "of what was rolled back nothing is left", context do
      assert {:error, :later} =
               Repo.transaction(fn ->
                 enqueue!(7, "Tides", context.options)
                 Repo.rollback(:later)
               end)

      assert {:error, :later, :no, _} =
               Ecto.Multi.new()
               |> Scrypath.Oban.enqueue_upsert(:indexed, Note, [note(8, "Harbour")], context.options)
               |> Ecto.Multi.error(:later, :no)
               |> Repo.transaction()

      assert ObanDatabase.jobs() == []
      assert %{success: 0} = drain()
    end

    test "an older job that is run later overwrites nothing", %{options: options, server: server} do
      enqueue!(7, "Old", options)
      {:ok, _} = Scrypath.delete_document(Note, 8, options)
      {:ok, _} = Scrypath.sync_records(Note, [note(7, "New"), note(8, "New")], options)
      [old, gone, _new] = for job <- ObanDatabase.jobs(), do: job.id
      for id <- [old, gone], do: update!(id, state: "scheduled", scheduled_at: later())

      assert %{success: 1} = drain()
      assert found(server) == [{7, "New"}, {8, "New"}]

      for id <- [gone, old], do: update!(id, state: "available")
      assert %{success: 2} = drain()
      assert found(server) == [{7, "New"}, {8, "New"}]
      assert Enum.uniq(for(job <- ObanDatabase.jobs(), do: job.state)) == ["completed"]

      # And what comes after is brought as ever.
      enqueue!(7, "Newest", options)
      assert %{success: 1} = drain()
      assert found(server) == [{7, "Newest"}, {8, "New"}]
    end

    test "while the backend is down it waits, and no attempt counts", %{options: options, server: server} do
      configure(meilisearch_url: "http://127.0.0.1:1", meilisearch_api_key: server[:meilisearch_api_key])
      enqueue!(7, "Tides", options)
      assert %{snoozed: 1, success: 0, failure: 0} = drain()

      assert [%{state: "scheduled", errors: [], attempt: attempt, max_attempts: most}] = ObanDatabase.jobs()
      # As Oban says that an attempt did not count.
      assert most - attempt == 8

      # It comes back where it was.
      moved!(server)
      assert %{success: 1} = drain(with_scheduled: true)
      assert found(server) == [{7, "Tides"}]
    end

    test "a job says which backend it is for", %{options: options, server: server} do
      configure(meilisearch_url: "http://127.0.0.1:1", meilisearch_api_key: server[:meilisearch_api_key])
      enqueue!(7, "Tides", options ++ [meilisearch_url: server[:meilisearch_url]])
      assert %{success: 1} = drain()
      assert found(server) == [{7, "Tides"}]
    end

    test "what never can be run is cancelled, with the word that says why" do
      good = %{
        version: 1,
        operation: "upsert",
        schema: "note",
        index: "t_note",
        document_count: 1,
        document_ids: [7],
        documents: [%{id: 7, data: %{title: "unspoken"}, source: "fields"}]
      }

      document = hd(good.documents)

      for {changes, word} <- [
            {%{version: 2}, "unknown_version"},
            {%{schema: ""}, "invalid_schema"},
            {%{index: "a b"}, "invalid_index"},
            {%{document_ids: 7}, "invalid_document_ids"},
            {%{operation: "replace"}, "unknown_operation"},
            {%{documents: 7}, "invalid_documents"},
            {%{documents: [7]}, "invalid_document"},
            {%{documents: [%{document | data: 7}]}, "invalid_document_data"},
            {%{documents: [%{document | source: "guess"}]}, "invalid_document_source"},
            {%{document_count: 2}, "invalid_document_count"},
            {%{document_ids: [8]}, "document_ids_mismatch"}
          ] do
        {:ok, %{id: id}} = Oban.insert(@oban, UpsertWorker.new(Map.merge(good, changes), queue: :search))
        assert %{cancelled: 1} = drain()
        assert %{state: "cancelled", errors: [%{"error" => error}]} = Repo.get!(Oban.Job, id)
        assert error =~ ~s({:cancel, "#{word}"})
        refute error =~ "unspoken"
      end

      {:ok, %{id: id}} = Oban.insert(@oban, DeleteWorker.new(%{operation: "delete"}, queue: :search))
      assert %{cancelled: 1} = drain()
      assert %{errors: [%{"error" => error}]} = Repo.get!(Oban.Job, id)
      assert error =~ "invalid_schema"
    end

    test "what fails otherwise is tried again, and the attempt counts", %{options: options, server: server} do
      refusing = fn request ->
        if request =~ "/documents",
          do: StubServer.json(400, ~s({"message": "unspoken", "code": "bad_request"})),
          else: StubServer.json(~s({"uid": "an_index", "primaryKey": "id"}))
      end

      configure(
        meilisearch_url: StubServer.start!(refusing),
        meilisearch_api_key: server[:meilisearch_api_key]
      )

      enqueue!(7, "unspoken", options)
      assert %{failure: 1} = drain()

      assert [%{state: "retryable", attempt: 1, max_attempts: 8, errors: [%{"error" => error}]}] =
               ObanDatabase.jobs()

      refute error =~ "unspoken"

      assert error =~ "bad_request"
      moved!(server)
      assert %{success: 1} = drain(with_scheduled: true)
      assert found(server) == [{7, "unspoken"}]
    end

    test "a document that the backend refuses is a dead letter, and the others are there", context do
      %{options: options, server: server} = context

      buoys =
        for id <- 7..9,
            do: %{id: id, title: "Buoy", _geo: %{lat: if(id == 8, do: "unspoken", else: 1), lng: 0}}

      {:ok, %{job: %{id: id}, index: index}} = Scrypath.sync_records(__MODULE__.Buoy, buoys, options)
      assert %{cancelled: 1} = drain()
      assert %{state: "cancelled", errors: [%{"error" => error}]} = Repo.get!(Oban.Job, id)
      assert error =~ "invalid_document_geo_field"
      refute error =~ "unspoken"

      assert %{rows: [[^id, ^index, "8", "invalid_document_geo_field"]]} =
               Repo.query!("select job_id, index_uid, document_id, reason from scrypath_dead_letters")

      hits = Scrypath.search!(__MODULE__.Buoy, "", server).hits
      assert Enum.sort(for hit <- hits, do: hit["id"]) == [7, 9]
    end

    defmodule Buoy do
      @moduledoc false
      use Scrypath, fields: [:title, :_geo], filterable: [:_geo]
    end

    # Of the same five rows, side by side, each enqueued in the transaction that wrote it.
    defp write_side_by_side(options) do
      for id <- 1..5, do: Repo.insert_all("notes", [note(id, "0")])

      for writer <- 1..4 do
        Task.async(fn ->
          for at <- 1..5, id <- Enum.shuffle(1..5) do
            {:ok, _} =
              Repo.transaction(fn ->
                title = "#{writer}.#{at}"
                {1, _} = Repo.update_all(from(note in "notes", where: note.id == ^id), set: [title: title])
                enqueue!(id, title, options)
              end)
          end
        end)
      end
      |> Task.await_many(@patience)
    end

    defp rows, do: Repo.all(from(note in "notes", order_by: note.id, select: {note.id, note.title}))

    # Staged often, so that one that waits for another does not wait for long.
    defp start_oban! do
      stop_supervised!(@oban)
      queues = [search: 5]

      start_supervised!(
        {Oban, name: @oban, repo: Repo, queues: queues, peer: Oban.Peers.Isolated, stage_interval: 50}
      )

      ObanDatabase.tell_of_jobs()
    end

    test "an Oban that runs jobs side by side ends in the newest state", context do
      start_oban!()
      write_side_by_side(context.options)
      ObanDatabase.await_all_completed()
      assert found(context.server) == rows()
      assert length(ObanDatabase.jobs()) == 100
    end

    test "and so do an Oban and a scrypath worker of the same queue", context do
      {:ok, worker} = Scrypath.worker(database_url: context.database, queues: :search)
      # Else it would wait for what the Oban has under way.
      until(fn -> Repo.query!("select 1 from scrypath_lanes where holder <> ''").num_rows == 1 end)
      start_oban!()
      write_side_by_side(context.options)
      assert {:ok, %{discarded: 0, cancelled: 0}} = Scrypath.Worker.stop(worker)
      ObanDatabase.await_all_completed()
      assert found(context.server) == rows()
      assert length(ObanDatabase.jobs()) == 100
    end

    test "in Oban's inline testing, what is enqueued is there at once", %{options: options, server: server} do
      stop_supervised!(@oban)
      start_supervised!({Oban, name: @oban, repo: Repo, testing: :inline})

      for title <- ~w(Old New) do
        {:ok, _} = Scrypath.sync_record(Note, note(7, title), options)
        assert found(server) == [{7, title}]
      end
    end

    test "tables that are not there are said to be missing", %{options: options} do
      ObanDatabase.drop!()
      enqueue!(7, "Tides", options)
      assert %{failure: 1} = drain()
      assert [%{errors: [%{"error" => error}]}] = ObanDatabase.jobs()
      assert error =~ "the queue is not installed: mix scrypath.queue.install"
    end

    test "an Oban's own schema is found", %{options: options, server: server} do
      Repo.query!("create schema private")
      :ok = Ecto.Migrator.up(Repo, 10, __MODULE__.Private, log: false, prefix: "private")
      stop_supervised!(@oban)
      start_supervised!({Oban, name: @oban, repo: Repo, prefix: "private", queues: false, plugins: false})

      enqueue!(7, "Tides", options)
      assert ObanDatabase.jobs() == []
      assert %{success: 1} = drain()
      assert found(server) == [{7, "Tides"}]
    end

    defmodule Private do
      @moduledoc false
      use Ecto.Migration
      def up, do: Oban.Migration.up(prefix: "private", create_schema: false)
    end

    test "scrypath worker drains a table that Oban made, and Oban reads what it wrote", context do
      %{options: options, server: server, database: database} = context
      enqueue!(7, "Tides", options)
      {:ok, %{id: bad}} = Oban.insert(@oban, UpsertWorker.new(%{version: 2}, queue: :search))
      {:ok, _} = Scrypath.delete_document(Note, 8, options)

      assert {:ok, %{completed: 2, cancelled: 1}} =
               Scrypath.Worker.run(
                 database_url: String.replace_prefix(database, "postgres://", "ecto://"),
                 queues: :search
               )

      assert found(server) == [{7, "Tides"}]

      assert %{state: "cancelled", attempt: 1, errors: [%{"attempt" => 1, "at" => _, "error" => error}]} =
               Repo.get!(Oban.Job, bad)

      assert error =~ "unknown_version"
      assert for(job <- ObanDatabase.jobs(), do: job.state) == ["completed", "cancelled", "completed"]
      # And an Oban goes on where it stopped.
      enqueue!(7, "Ebb", options)
      assert %{success: 1} = drain()
      assert found(server) == [{7, "Ebb"}]
    end
  end
end
