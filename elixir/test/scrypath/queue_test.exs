defmodule Scrypath.QueueTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.{Berth, Note}
  alias Scrypath.Test.{QueueDatabase, QueueRepo, SearchServer}

  @moduletag :tmp_dir

  setup %{tmp_dir: folder} do
    database = QueueDatabase.open!(folder)
    queued = [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: :search_sync]
    %{database: database, queued: queued, options: queued ++ [connection: QueueDatabase.connection()]}
  end

  defp note(id, title), do: struct!(Note, id: id, title: title)

  describe "inside a transaction" do
    test "a job is committed with the row", %{options: options} do
      {:ok, written} =
        QueueDatabase.transaction(fn ->
          note = QueueDatabase.write!(note(7, "Tides"))
          {:ok, written} = Scrypath.sync_record(Note, note, options)
          written
        end)

      assert written == %{
               mode: :oban,
               status: :accepted,
               document_ids: [7],
               document_count: 1,
               index: "scrypath_note",
               oban: %{queue: :search_sync, max_attempts: 8, name: Oban},
               job: %{
                 id: 1,
                 worker: "Scrypath.Oban.UpsertWorker",
                 queue: "search_sync",
                 state: "available",
                 attempt: 0,
                 max_attempts: 8
               }
             }

      assert QueueDatabase.titles() == ["Tides"]
      assert [%{args: %{"document_ids" => [7]}}] = QueueDatabase.jobs()
    end

    test "rolled back, neither is there", %{options: options} do
      assert {:error, :rollback} =
               QueueDatabase.transaction(fn ->
                 note = QueueDatabase.write!(note(7, "Tides"))
                 {:ok, %{status: :accepted}} = Scrypath.sync_record(Note, note, options)
                 throw(:rollback)
               end)

      assert {QueueDatabase.titles(), QueueDatabase.jobs()} == {[], []}
    end

    test "an exception leaves neither, and neither does a record that is refused", %{options: options} do
      assert_raise RuntimeError, "later", fn ->
        QueueDatabase.transaction(fn ->
          note = QueueDatabase.write!(note(7, "Tides"))
          {:ok, _} = Scrypath.sync_record(Note, note, options)
          raise "later"
        end)
      end

      assert_raise ArgumentError, ~r/note, record 1: field :title/, fn ->
        QueueDatabase.transaction(fn ->
          notes = [QueueDatabase.write!(note(7, "Tides")), note(8, <<255>>)]
          Scrypath.sync_records(Note, notes, options)
        end)
      end

      assert {QueueDatabase.titles(), QueueDatabase.jobs()} == {[], []}
    end

    test "a repo is a connection, and :repo is one where there is no other", %{queued: queued} do
      for given <- [[connection: QueueRepo], [repo: QueueRepo]] do
        assert {:ok, {:ok, %{job: %{id: id}}}} =
                 QueueRepo.transaction(fn ->
                   Scrypath.sync_record(Note, QueueRepo.insert!(note(7, "Tides")), queued ++ given)
                 end)

        assert is_integer(id)
        assert_received {:executed, "INSERT INTO oban_jobs" <> _}
      end

      assert length(QueueDatabase.jobs()) == 2
    end
  end

  describe "the row" do
    test "is as the core says, and holds what was written", %{options: options} do
      title = ~s(Gjøa's "tides" \\ 潮 🚢 ' ; drop table notes; --)

      {:ok, _} =
        Scrypath.sync_records(Note, [note(7, title), note("n-8", "")], options ++ [oban_max_attempts: 3])

      assert [%{worker: "Scrypath.Oban.UpsertWorker", queue: "search_sync", state: "available"} = job] =
               QueueDatabase.jobs()

      assert job.max_attempts == 3

      assert %{
               "version" => 1,
               "operation" => "upsert",
               "index" => "scrypath_note",
               "document_ids" => [7, "n-8"],
               "documents" => [%{"id" => 7, "data" => %{"title" => ^title}}, %{"data" => %{"title" => ""}}]
             } = job.args
    end

    test "of a delete holds ids, whichever verb it was", %{options: options} do
      {:ok, %{document_ids: [7]}} = Scrypath.delete_record(Note, note(7, ""), options)
      {:ok, %{document_ids: [8]}} = Scrypath.delete_document(Note, 8, options)
      {:ok, %{document_ids: [9, 10]}} = Scrypath.delete_documents(Note, [9, 10], options)
      berth = struct!(Berth, id: 3, dock_id: 9, label: "East")
      {:ok, %{document_ids: ["9-3"]}} = Scrypath.delete_record(Berth, berth, options)

      for job <- QueueDatabase.jobs() do
        assert job.worker == "Scrypath.Oban.DeleteWorker"
        assert job.args["operation"] == "delete"
        refute Map.has_key?(job.args, "documents")
      end

      assert for(job <- QueueDatabase.jobs(), do: job.args["document_ids"]) == [[7], [8], [9, 10], ["9-3"]]
    end

    test "of hooks holds what they made", %{options: options} do
      {:ok, %{document_ids: ["9-3"]}} =
        Scrypath.sync_record(Berth, struct!(Berth, id: 3, dock_id: 9, label: "East"), options)

      assert [%{args: %{"documents" => [%{"id" => "9-3", "data" => data, "source" => "custom"}]}}] =
               QueueDatabase.jobs()

      assert data["label"] == "berth East"
    end

    test "never holds a key, not even a durable one", %{options: options} do
      before = Application.get_env(:scrypath, :defaults)
      Application.put_env(:scrypath, :defaults, meilisearch_api_key: "the durable key")

      on_exit(fn ->
        if before,
          do: Application.put_env(:scrypath, :defaults, before),
          else: Application.delete_env(:scrypath, :defaults)
      end)

      {:ok, _} = Scrypath.sync_record(Note, note(7, "Tides"), options)

      {:ok, _} =
        Scrypath.sync_record(Note, note(8, "Tides"), options ++ [meilisearch_api_key: "the durable key"])

      assert [_, _] = jobs = QueueDatabase.jobs()
      for job <- jobs, do: refute(job.text =~ "durable key")
    end

    test "is told under the name of the Oban it is for", %{options: options} do
      {:ok, %{oban: %{queue: :search_sync, name: Harbor.Oban}}} =
        Scrypath.delete_document(Note, 7, options ++ [oban: Harbor.Oban])
    end
  end

  test "nothing to do executes nothing, and needs no connection", %{queued: queued, options: options} do
    for options <- [queued, options], verb <- [:sync_records, :delete_documents] do
      assert apply(Scrypath, verb, [Note, [], options]) ==
               {:ok, %{mode: :oban, status: :noop, document_ids: [], document_count: 0}}
    end

    refute_received {:executed, _}
    assert QueueDatabase.jobs() == []
  end

  describe "refused before anything is executed" do
    defp verbs(options) do
      [
        fn -> Scrypath.sync_record(Note, note(7, "Tides"), options) end,
        fn -> Scrypath.sync_records(Berth, [%{id: 1, dock_id: 1, label: ""}], options) end,
        fn -> Scrypath.delete_record(Note, note(7, ""), options) end,
        fn -> Scrypath.delete_record(Berth, %{id: 1, dock_id: 1}, options) end,
        fn -> Scrypath.delete_documents(Note, [7], options) end
      ]
    end

    defp nothing_executed do
      refute_received {:executed, _}
      assert QueueDatabase.jobs() == []
    end

    # Where Oban is there, it is what a call without a connection goes through.
    unless Code.ensure_loaded?(Oban) do
      test "without a connection, saying what to pass", %{queued: queued} do
        for verb <- verbs(queued) ++ verbs(queued ++ [connection: nil, repo: Scrypath.Test.Database]) do
          assert {:error, {:queue_unavailable, message}} = verb.()
          assert message =~ ":connection"
        end

        nothing_executed()
      end

      test "an Oban that is not there", %{queued: queued} do
        for verb <- verbs(queued ++ [oban: Harbor.Oban, repo: QueueRepo]) do
          assert_raise ArgumentError, ~r/:oban is Harbor.Oban, but Oban is not there/, verb
        end

        nothing_executed()
      end
    end

    test "without a queue, or with one that is no atom", %{options: options} do
      for verb <- verbs(Keyword.put(options, :oban_queue, "search_sync")),
          do: assert_raise(ArgumentError, ~r/oban_queue/, verb)

      for verb <- verbs(Keyword.delete(options, :oban_queue)),
          do: assert_raise(ArgumentError, ~r/oban_queue is required/, verb)

      nothing_executed()
    end

    test "with a key that only the call has, which is not shown", %{options: options} do
      for verb <- verbs(options ++ [meilisearch_api_key: "mine alone"]) do
        error = assert_raise ArgumentError, ~r/meilisearch_api_key/, verb
        refute Exception.message(error) =~ "mine alone"
      end

      nothing_executed()
    end

    test "a connection in another mode, or given twice", %{options: options} do
      for mode <- [:inline, :manual], verb <- verbs(Keyword.put(options, :sync_mode, mode)) do
        assert_raise ArgumentError, ~r/:connection is for sync_mode: :oban/, verb
      end

      for verb <- verbs(options ++ [connection: QueueRepo]),
          do: assert_raise(ArgumentError, ~r/unknown options \[:connection\]/, verb)

      nothing_executed()
    end

    test "what is no connection, which is not shown", %{queued: queued} do
      for given <- [
            {:mysql, &QueueDatabase.carry_out/2},
            {:sqlite, fn _sql -> [] end},
            "a secret",
            Note,
            self()
          ],
          verb <- verbs(queued ++ [connection: given]) do
        error = assert_raise ArgumentError, ~r/:connection must be/, verb
        refute Exception.message(error) =~ "secret"
      end

      nothing_executed()
    end
  end

  describe "what a connection does" do
    test "a driver's error passes through", %{queued: queued, options: options} do
      QueueDatabase.rows!("drop table oban_jobs")

      assert_raise RuntimeError, ~r/SQLite: no such table: oban_jobs/, fn ->
        Scrypath.sync_record(Note, note(7, ""), options)
      end

      failing = queued ++ [connection: {:postgres, fn _sql, _parameters -> {:error, :busy} end}]
      assert Scrypath.sync_record(Note, note(7, ""), failing) == {:error, :busy}
    end

    test "rows that are none raise, so that the transaction ends", %{queued: queued} do
      for rows <- [[], [[]], [{1}], [["1"]], :ok, %{rows: [[1]]}] do
        connection = {:sqlite, fn _sql, _parameters -> rows end}

        assert_raise ArgumentError, ~r/must give the statement's rows/, fn ->
          Scrypath.sync_record(Note, note(7, ""), queued ++ [connection: connection])
        end
      end
    end

    test "PostgreSQL has its own statement", %{queued: queued} do
      test = self()

      connection =
        {:postgres,
         fn sql, parameters ->
           send(test, {sql, parameters})
           [[412, :void]]
         end}

      {:ok, %{job: %{id: 412}}} = Scrypath.delete_document(Note, 7, queued ++ [connection: connection])
      assert_received {sql, ["search_sync", "Scrypath.Oban.DeleteWorker", args, 8]}
      assert sql =~ "$4"
      assert args =~ ~s("document_ids":[7])
    end
  end

  test "what was enqueued is found once a worker has run, in its newest state", context do
    %{database: database, options: queued} = context
    server = SearchServer.options!()
    # Jobs hold no key: the worker has it.
    {key, found} = Keyword.pop!(server, :meilisearch_api_key)
    options = queued ++ Keyword.take(found, [:meilisearch_url, :index_prefix])

    for at <- 1..5 do
      {:ok, {:ok, %{status: :accepted}}} =
        QueueDatabase.transaction(fn ->
          Scrypath.sync_record(Note, QueueDatabase.write!(note(7, "Tides #{at} \"潮\"")), options)
        end)
    end

    {:ok, _} = Scrypath.sync_records(Note, [note(8, "Tides of old"), note(9, "Tides kept")], options)
    {:ok, _} = Scrypath.delete_document(Note, 8, options)

    reach = ["--meilisearch-url", found[:meilisearch_url], "--queue", "search_sync", "--until-idle"]
    SearchServer.command!(["worker", "--database-url", database | reach], [{"MEILISEARCH_API_KEY", key}])

    hits = Scrypath.search!(Note, "tides", server).hits

    assert Enum.sort(for(hit <- hits, do: {hit["id"], hit["title"]})) == [
             {7, ~s(Tides 5 "潮")},
             {9, "Tides kept"}
           ]

    assert Enum.uniq(for(job <- QueueDatabase.jobs(), do: job.state)) == ["completed"]
  end

  # The rest of Scrypath.Oban is in test/scrypath/repo/oban_test.exs.
  unless Scrypath.Optional.multi?() do
    test "a multi needs Ecto, and says so", %{queued: queued} do
      for step <- [&Scrypath.Oban.enqueue_upsert/5, &Scrypath.Oban.enqueue_delete/5] do
        assert_raise ArgumentError, ~r/needs Ecto.Multi: add \{:ecto/, fn ->
          step.(%{}, :indexed, Note, [], queued)
        end
      end
    end
  end
end
