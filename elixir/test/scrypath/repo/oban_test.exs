# Jobs in a real PostgreSQL, where ecto_sql, postgrex and a server are there; through Oban too, where that is.
if Code.ensure_loaded?(Ecto.Adapters.Postgres) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Scrypath.Test.QueuePostgres do
    use Ecto.Repo, otp_app: :scrypath, adapter: Ecto.Adapters.Postgres
  end

  defmodule Scrypath.Repo.ObanTest do
    use ExUnit.Case, async: false

    alias Scrypath.Examples.Note
    alias Scrypath.Test.QueuePostgres, as: Repo
    alias Scrypath.Test.{Heard, SearchServer}

    setup do
      url = System.fetch_env!("SCRYPATH_TEST_POSTGRES")
      SearchServer.command!(["queue", "install", "--database-url", url])
      # Where an Oban's notifier looks, too.
      Application.put_env(:scrypath, Repo, url: url, log: false)
      on_exit(fn -> Application.delete_env(:scrypath, Repo) end)
      start_supervised!(Repo)
      queue = :"scrypath_elixir_#{System.unique_integer([:positive])}"
      Repo.query!("delete from oban_jobs where queue = $1", [to_string(queue)])

      %{
        queue: queue,
        options: [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: queue, repo: Repo]
      }
    end

    defp jobs(queue) do
      query = "select worker, (args -> 'document_ids')::text from oban_jobs where queue = $1 order by id"
      Repo.query!(query, [to_string(queue)]).rows
    end

    test "a job is committed or rolled back with its transaction", %{queue: queue, options: options} do
      write = fn -> Scrypath.sync_record(Note, %{id: 7, title: ~s(Gjøa's "潮" 🚢)}, options) end

      assert {:error, :later} =
               Repo.transaction(fn ->
                 {:ok, %{status: :accepted}} = write.()
                 Repo.rollback(:later)
               end)

      assert jobs(queue) == []
      assert {:ok, {:ok, %{oban: %{queue: ^queue}, job: %{id: id}}}} = Repo.transaction(write)
      assert is_integer(id)
      assert jobs(queue) == [["Scrypath.Oban.UpsertWorker", "[7]"]]
    end

    test "a multi's step goes through its repo", %{queue: queue, options: options} do
      multi =
        Ecto.Multi.new()
        |> Scrypath.Oban.enqueue_upsert(:indexed, Note, [%{id: 7, title: "Tides"}], options)
        |> Scrypath.Oban.enqueue_delete(:gone, Note, [8], options)
        |> Scrypath.Oban.enqueue_delete(:nothing, Note, [], options)

      assert {:error, :later, :no, _} = multi |> Ecto.Multi.error(:later, :no) |> Repo.transaction()
      assert jobs(queue) == []

      assert {:ok, %{indexed: %{job: %{}}, gone: %{document_ids: [8]}, nothing: %{status: :noop}}} =
               Repo.transaction(multi)

      assert jobs(queue) == [["Scrypath.Oban.UpsertWorker", "[7]"], ["Scrypath.Oban.DeleteWorker", "[8]"]]
    end

    @tag :capture_log
    test "a repo that logs says nothing of a document", %{queue: queue, options: options} do
      stop_supervised!(Repo)
      start_supervised!({Repo, log: :info})
      Heard.start!()
      {:ok, _} = Scrypath.sync_record(Note, %{id: 7, title: "unspoken"}, options ++ [connection: Repo])
      # It does log.
      assert jobs(queue) == [["Scrypath.Oban.UpsertWorker", "[7]"]]
      assert_received {:logged, :info, first}
      assert first =~ "select worker"
      refute_received {:logged, _level, _text}
    end

    test "a multi's records are refused when the step is added", %{options: options} do
      for {records, options} <- [
            {[%{id: 7, title: <<255>>}], options},
            {[%{id: 7, title: ""}], Keyword.delete(options, :oban_queue)},
            {[%{id: 7, title: ""}], options ++ [connection: Repo]}
          ] do
        assert_raise ArgumentError, fn ->
          Scrypath.Oban.enqueue_upsert(Ecto.Multi.new(), :indexed, Note, records, options)
        end
      end
    end

    if Code.ensure_loaded?(Oban) do
      test "an Oban's instance inserts, alone and in a multi", %{queue: queue, options: options} do
        start_supervised!({Oban, name: Scrypath.Test.Oban, repo: Repo, testing: :manual})
        options = options ++ [oban: Scrypath.Test.Oban]

        assert {:ok, %{oban: %{name: Scrypath.Test.Oban}, job: %{id: _, state: "available", attempt: 0}}} =
                 Scrypath.sync_record(Note, %{id: 7, title: "Tides"}, options)

        assert {:ok, %{gone: %Oban.Job{}}} =
                 Ecto.Multi.new()
                 |> Scrypath.Oban.enqueue_delete(:gone, Note, [8], options)
                 |> Repo.transaction()

        assert jobs(queue) == [["Scrypath.Oban.UpsertWorker", "[7]"], ["Scrypath.Oban.DeleteWorker", "[8]"]]

        # Oban's own limit of a queue's name; what it refuses comes back as it is.
        long = Keyword.put(options, :oban_queue, :"#{String.duplicate("q", 129)}")
        assert {:error, %{valid?: false}} = Scrypath.delete_document(Note, 8, long)
      end
    end
  end
end
