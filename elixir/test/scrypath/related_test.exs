defmodule Scrypath.RelatedTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.Berth
  alias Scrypath.Test.{QueueDatabase, QueueRepo, SearchServer}

  defmodule Harbor do
    @moduledoc false
    use Scrypath,
      fields: [:name],
      document_id: :code,
      fan_outs: [
        berths: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :berths, [:extra, 2]}],
        none: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :none, []}],
        rows: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :rows, []}],
        raising: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :raising, []}],
        wrong: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :wrong, []}]
      ]

    defstruct [:code, :name]
  end

  # Its ids are what its hook says.
  defmodule Hooked do
    @moduledoc false
    use Scrypath,
      fields: [:name],
      fan_outs: [
        berths: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :berths, [:hooked, 1]}]
      ]

    def search_document_id(record), do: "h-#{record.id}"
    def search_document(record), do: %{id: search_document_id(record), name: record.name}
  end

  defmodule Alone do
    @moduledoc false
    use Scrypath, fields: [:name]
  end

  ## Resolvers

  def berths(ids, extra, count) do
    send(self(), {:resolved, ids, extra})
    for dock <- ids, id <- 1..count, do: %{id: id, dock_id: dock, label: "at #{dock}"}
  end

  def none(ids) do
    send(self(), {:resolved, ids, :none})
    []
  end

  # What the application's own transaction sees.
  def rows(ids) do
    marks = Enum.map_join(ids, ", ", fn _ -> "?" end)

    for [id, title] <-
          QueueDatabase.rows!("select id, title from notes where id in (#{marks}) order by id", ids),
        do: %{id: 1, dock_id: id, label: title}
  end

  def raising([1 | _]), do: raise("unspoken")
  def raising(ids), do: berths(ids, :raising, 1)

  def wrong(_ids), do: %{id: 1}

  defp memory(context), do: [backend: Scrypath.Meilisearch, meilisearch_url: "memory:related_#{context.line}"]

  defp labels(options),
    do: Enum.sort(for hit <- Scrypath.search!(Berth, "", options).hits, do: {hit["id"], hit["label"]})

  describe "now" do
    test "the resolver gets document ids and its own arguments, and its records are written", context do
      options = memory(context)
      harbors = [%Harbor{code: 7}, %Harbor{code: "n"}]

      assert {:ok, %{mode: :inline, status: :completed, index: "scrypath_berth"} = written} =
               Scrypath.sync_related(Harbor, harbors, [fan_out: :berths] ++ options)

      assert_received {:resolved, [7, "n"], :extra}
      assert written.document_ids == ["7-1", "7-2", "n-1", "n-2"]
      assert {"n-2", "berth at n"} in labels(options)

      assert {:ok, %{mode: :manual, status: :accepted, task: %{uid: _}}} =
               Scrypath.sync_related(Harbor, harbors, [fan_out: :berths, sync_mode: :manual] ++ options)
    end

    test "one record is as good as a list of one, and an id is what deletes would take", context do
      options = [fan_out: :berths] ++ memory(context)
      assert {:ok, %{document_ids: ["7-1", "7-2"]}} = Scrypath.sync_related(Harbor, %Harbor{code: 7}, options)
      assert {:ok, %{document_ids: ["h-3-1"]}} = Scrypath.sync_related(Hooked, %{id: 3, name: ""}, options)
      assert_received {:resolved, ["h-3"], :hooked}
    end

    test "nothing to do is a no-op", context do
      noop = %{mode: :inline, status: :noop, document_ids: [], document_count: 0}
      # No server would be needed.
      options = Keyword.put(memory(context), :meilisearch_url, "http://127.0.0.1:1")
      assert Scrypath.sync_related(Harbor, [], [fan_out: :berths] ++ options) == {:ok, noop}
      refute_received {:resolved, _ids, _extra}
      assert Scrypath.sync_related(Harbor, [%{code: 7}], [fan_out: :none] ++ options) == {:ok, noop}
      assert_received {:resolved, [7], :none}
    end

    test "an error of the write is the result", context do
      options = Keyword.put(memory(context), :meilisearch_url, "http://127.0.0.1:1")

      assert {:error, {:transport_error, _}} =
               Scrypath.sync_related(Harbor, [%{code: 7}], [fan_out: :berths] ++ options)
    end

    test "what a resolver raises passes through, and what is no list is refused", context do
      options = memory(context)

      assert_raise RuntimeError, "unspoken", fn ->
        Scrypath.sync_related(Harbor, [%{code: 1}], [fan_out: :raising] ++ options)
      end

      assert_raise ArgumentError, ~r/Scrypath.RelatedTest.wrong\/1 must give a list of records/, fn ->
        Scrypath.sync_related(Harbor, [%{code: 1}], [fan_out: :wrong] ++ options)
      end
    end
  end

  test "a fan-out that is missing or not declared is named, with what there is", context do
    for mode <- [:inline, :manual, :oban] do
      options = memory(context) ++ [sync_mode: mode, oban_queue: :related]

      sync = fn schema, more ->
        fn -> Scrypath.sync_related(schema, [%{code: 7, id: 7}], more ++ options) end
      end

      assert_raise ArgumentError, ~r/fan_out is required.*harbor declares berths, none/, sync.(Harbor, [])

      assert_raise ArgumentError,
                   ~r/:fan_out option: crews is no fan-out; harbor declares/,
                   sync.(Harbor, fan_out: :crews)

      assert_raise ArgumentError, ~r/alone declares no fan-outs/, sync.(Alone, fan_out: :berths)
      assert_raise ArgumentError, ~r/inline_timeout/, sync.(Harbor, fan_out: :berths, inline_timeout: "1")
    end

    assert_raise ArgumentError, ~r/not searchable/, fn -> Scrypath.sync_related(String, [], fan_out: :x) end
    refute_received {:resolved, _ids, _extra}
  end

  describe "by a job" do
    @describetag :tmp_dir
    @describetag :capture_log

    setup %{tmp_dir: folder} do
      database = QueueDatabase.open!(folder)
      server = SearchServer.options!()
      reach = Keyword.take(server, [:meilisearch_url, :index_prefix])

      %{
        database: database,
        server: server,
        options:
          [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: :related, connection: QueueRepo] ++
            reach,
        worker: [database_url: database, queues: :related] ++ Keyword.delete(server, :inline_timeout)
      }
    end

    defp work, do: Scrypath.work_related(queue: :related, connection: QueueDatabase.connection())

    defp worked do
      {:ok, count} = QueueDatabase.transaction(fn -> work() end)
      count
    end

    defp states, do: for(job <- QueueDatabase.jobs(), do: {job.worker, job.state})

    test "it is enqueued in the caller's transaction, with the ids of the source", %{options: options} do
      sync = fn records -> Scrypath.sync_related(Harbor, records, [fan_out: :berths] ++ options) end

      assert {:error, :rollback} =
               QueueDatabase.transaction(fn ->
                 {:ok, %{status: :accepted}} = sync.(%{code: 7})
                 throw(:rollback)
               end)

      assert QueueDatabase.jobs() == []

      assert {:ok, {:ok, enqueued}} = QueueDatabase.transaction(fn -> sync.([%{code: 7}, %{code: "n"}]) end)

      assert enqueued == %{
               mode: :oban,
               status: :accepted,
               document_ids: [7, "n"],
               document_count: 2,
               oban: %{queue: :related, max_attempts: 8, name: Oban},
               job: %{
                 id: 1,
                 worker: "Scrypath.Sync.RelatedWorker",
                 queue: "related",
                 state: "available",
                 attempt: 0,
                 max_attempts: 8
               }
             }

      assert [%{args: %{"schema" => "harbor", "fan_out" => "berths", "document_ids" => [7, "n"]}}] =
               QueueDatabase.jobs()

      assert sync.([]) == {:ok, %{mode: :oban, status: :noop, document_ids: [], document_count: 0}}
      # Resolvers are called by whoever runs the job.
      refute_received {:resolved, _ids, _extra}
    end

    test "whoever runs it resolves, and enqueues the target's documents", context do
      %{options: options, server: server} = context
      QueueDatabase.rows!("insert into notes values (7, 'Old'), (8, 'Other')")

      {:ok, _} =
        QueueDatabase.transaction(fn ->
          QueueDatabase.rows!("update notes set title = 'New' where id = 7")
          {:ok, _} = Scrypath.sync_related(Harbor, [%{code: 7}, %{code: 8}], [fan_out: :rows] ++ options)
        end)

      assert worked() == 1

      assert states() == [
               {"Scrypath.Sync.RelatedWorker", "completed"},
               {"Scrypath.Oban.UpsertWorker", "available"}
             ]

      assert worked() == 0
      assert {:ok, %{completed: 1}} = Scrypath.Worker.run(context.worker)
      assert labels(server) == [{"7-1", "berth New"}, {"8-1", "berth Other"}]
    end

    test "a worker of the same queue leaves it alone", context do
      {:ok, _} = Scrypath.sync_related(Harbor, %{code: 7}, [fan_out: :berths] ++ context.options)
      assert {:ok, %{completed: 0, cancelled: 0}} = Scrypath.Worker.run(context.worker)
      assert [{"Scrypath.Sync.RelatedWorker", "available"}] = states()
      assert worked() == 1
      assert {:ok, %{completed: 1}} = Scrypath.Worker.run(context.worker)
    end

    test "one that raises is tried again, and the others go on", %{options: options} do
      for code <- [1, 2],
          do: {:ok, _} = Scrypath.sync_related(Harbor, %{code: code}, [fan_out: :raising] ++ options)

      {:ok, _} = Scrypath.sync_related(Harbor, %{code: 3}, [fan_out: :wrong] ++ options)
      assert worked() == 3

      assert states() == [
               {"Scrypath.Sync.RelatedWorker", "retryable"},
               {"Scrypath.Sync.RelatedWorker", "completed"},
               {"Scrypath.Sync.RelatedWorker", "retryable"},
               {"Scrypath.Oban.UpsertWorker", "available"}
             ]

      assert [[error, 1], [wrong, 1]] =
               QueueDatabase.rows!(
                 "select errors, attempt from oban_jobs where state = 'retryable' order by id"
               )

      assert error =~ "RuntimeError was raised in Scrypath.RelatedTest.raising/1"
      refute error =~ "unspoken"
      assert wrong =~ "ArgumentError was raised"
      # Not before its time.
      assert worked() == 0
    end

    test "what never can be run is cancelled, with the word that says why", %{options: options} do
      {:ok, _} = Scrypath.sync_related(Harbor, %{code: 7}, [fan_out: :berths] ++ options)

      for {args, word} <- [
            {~s({"version": 2}), "unknown_version"},
            {~s({"fan_out": "berths", "document_ids": [7]}), "invalid_schema"},
            {~s({"schema": "harbor", "document_ids": [7]}), "invalid_fan_out"},
            {~s({"schema": "harbor", "fan_out": "berths", "document_ids": 7}), "invalid_document_ids"}
          ] do
        QueueDatabase.rows!(
          "update oban_jobs set args = ?, state = 'available', errors = '[]' where id = 1",
          [args]
        )

        assert worked() == 1
        assert [["cancelled", errors]] = QueueDatabase.rows!("select state, errors from oban_jobs")
        assert errors =~ word
      end
    end

    test "what is not declared here may be elsewhere: it is tried again", %{options: options} do
      {:ok, _} = Scrypath.sync_related(Harbor, %{code: 7}, [fan_out: :berths] ++ options)

      for {schema, fan_out, words} <- [
            {"no_such_schema", "berths", "no schema no_such_schema is declared here"},
            {"harbor", "crews", "harbor declares no fan-out crews here"}
          ] do
        args = ~s({"schema": "#{schema}", "fan_out": "#{fan_out}", "document_ids": [7]})

        QueueDatabase.rows!(
          "update oban_jobs set args = ?, state = 'available', errors = '[]' where id = 1",
          [args]
        )

        assert worked() == 1
        assert [["retryable", errors]] = QueueDatabase.rows!("select state, errors from oban_jobs")
        assert errors =~ words
      end
    end

    test "a limit is kept, the oldest first, and the rest is due as before", %{options: options} do
      for code <- [8, 7, 9],
          do: {:ok, _} = Scrypath.sync_related(Harbor, %{code: code}, [fan_out: :none] ++ options)

      {:ok, 2} =
        QueueDatabase.transaction(fn ->
          Scrypath.work_related(queue: "related", connection: QueueRepo, limit: 2)
        end)

      assert_received {:resolved, [8], :none}
      assert_received {:resolved, [7], :none}
      refute_received {:resolved, _ids, _extra}
      assert worked() == 1
    end

    test "a key that only the call has is refused", %{options: options} do
      error =
        assert_raise ArgumentError, ~r/meilisearch_api_key/, fn ->
          Scrypath.sync_related(
            Harbor,
            %{code: 7},
            [fan_out: :berths, meilisearch_api_key: "mine alone"] ++ options
          )
        end

      refute Exception.message(error) =~ "mine alone"
      assert QueueDatabase.jobs() == []
    end

    test "rolled back, nothing was done", %{options: options} do
      {:ok, _} = Scrypath.sync_related(Harbor, %{code: 7}, [fan_out: :berths] ++ options)

      {:error, :rollback} =
        QueueDatabase.transaction(fn ->
          assert work() == 1
          throw(:rollback)
        end)

      assert [{"Scrypath.Sync.RelatedWorker", "available"}] = states()
    end

    test "other queues and other jobs are left alone", %{options: options} do
      {:ok, _} =
        Scrypath.sync_related(
          Harbor,
          %{code: 7},
          [fan_out: :berths] ++ Keyword.put(options, :oban_queue, :other)
        )

      {:ok, _} = Scrypath.delete_document(Berth, "7-1", options)
      assert worked() == 0
      assert Enum.uniq(for({_worker, state} <- states(), do: state)) == ["available"]
    end

    test "options that are wrong are refused" do
      for {options, says} <- [
            {[connection: QueueRepo], ~r/queue is required/},
            {[queue: "", connection: QueueRepo], ~r/queue is required/},
            {[queue: :related], ~r/connection is required/},
            {[queue: :related, connection: Alone], ~r/:connection must be/},
            {[queue: :related, connection: QueueRepo], ~r/in no transaction/},
            {[queue: :related, connection: QueueRepo, limit: 0], ~r/:limit option/},
            {[queue: :related, connection: QueueRepo, lease: 1], ~r/are :queue, :connection and :limit/}
          ] do
        assert_raise ArgumentError, says, fn -> Scrypath.work_related(options) end
      end
    end
  end

  test "two schemas of one name are told apart by what they declare, and else not", context do
    name = "Scrypath.RelatedTest.Twin#{context.line}"

    source = fn prefix, resolver, fan_out ->
      """
      defmodule #{prefix}.#{name}.Pontoon do
        use Scrypath,
          fields: [:name],
          fan_outs: [#{fan_out}: [target: Scrypath.Examples.Berth, resolver: {Scrypath.RelatedTest, :#{resolver}, []}]]
      end
      """
    end

    Code.eval_string(source.("One", "none", "first"))
    Code.eval_string(source.("Two", "none", "second"))
    assert {:ok, %{resolver: {_, :none, []}}} = Scrypath.Related.FanOut.of_job("pontoon", "first")
    Code.eval_string(source.("Three", "wrong", "first"))

    assert Scrypath.Related.FanOut.of_job("pontoon", "first") ==
             {:error, {:undeclared, "several schemas pontoon declare a fan-out first here"}}

    connection = {:sqlite, fn _sql, _parameters -> [[1]] end}
    options = memory(context) ++ [sync_mode: :oban, oban_queue: :related, connection: connection]

    sync = fn prefix, fan_out ->
      Scrypath.sync_related(Module.concat([prefix, name, Pontoon]), %{id: 1}, [fan_out: fan_out] ++ options)
    end

    assert_raise ArgumentError, ~r/several schemas pontoon.*which is meant/, fn -> sync.(One, :first) end
    assert {:ok, %{status: :accepted}} = sync.(Two, :second)
    assert {:ok, %{target: Berth}} = Scrypath.Related.FanOut.of_job("dock", "berths")
  end
end
