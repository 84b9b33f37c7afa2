# Oban's engine for SQLite, on a real file, where `ecto_sqlite3` is there.
if Code.ensure_loaded?(Ecto.Adapters.SQLite3.Connection) and Scrypath.Optional.workers?() do
  defmodule Scrypath.Oban.LiteTest do
    use ExUnit.Case, async: false

    alias Scrypath.Examples.Note
    alias Scrypath.Test.SearchServer
    alias Scrypath.Worker

    @moduletag :tmp_dir
    @moduletag :capture_log
    @oban Scrypath.Test.LiteOban

    defmodule Repo do
      use Ecto.Repo, otp_app: :scrypath, adapter: Ecto.Adapters.SQLite3
    end

    defmodule Obans do
      use Ecto.Migration
      def up, do: Oban.Migration.up()
      def down, do: Oban.Migration.down()
    end

    defmodule Ours do
      use Ecto.Migration
      def up, do: Scrypath.Queue.Migration.up()
      def down, do: Scrypath.Queue.Migration.down()
    end

    setup %{tmp_dir: folder} do
      {:ok, _} = Application.ensure_all_started(:ecto_sqlite3)
      file = Path.join(folder, "app.sqlite")
      start_supervised!({Repo, database: file, pool_size: 3, log: false})
      server = SearchServer.options!()
      before = Application.get_env(:scrypath, :defaults, [])
      on_exit(fn -> Application.put_env(:scrypath, :defaults, before) end)
      Application.put_env(:scrypath, :defaults, Keyword.take(server, [:meilisearch_api_key]))
      reach = Keyword.take(server, [:backend, :meilisearch_url, :index_prefix])

      %{
        database: "sqlite:" <> file,
        server: server,
        options: reach ++ [sync_mode: :oban, oban_queue: :search, oban: @oban]
      }
    end

    for {tables, migrations} <- [
          {"that an Oban made", [{1, Obans}, {2, Ours}]},
          {"of our own", [{1, Ours}]},
          {"of our own, which an Oban migrated then", [{1, Ours}, {2, Obans}]}
        ] do
      @tag migrations: migrations
      test "in tables #{tables}, its jobs are run by either", context do
        for {version, migration} <- context.migrations do
          assert :ok = Ecto.Migrator.up(Repo, version, migration, log: false)
        end

        engine = [engine: Oban.Engines.Lite, notifier: Oban.Notifiers.PG]
        start_supervised!({Oban, [name: @oban, repo: Repo, queues: false, plugins: false] ++ engine})

        # By its own engine, inside a transaction, and through the repo alone.
        assert {:error, :no} =
                 Repo.transaction(fn ->
                   {:ok, %{job: %{id: _}}} = enqueue(0, "Never", context.options)
                   Repo.rollback(:no)
                 end)

        assert {:ok, {:ok, %{job: %{state: "available"}}}} =
                 Repo.transaction(fn -> enqueue(1, "Harbour", context.options) end)

        {:ok, _} = enqueue(1, "Harbour lights", [connection: Repo] ++ Keyword.delete(context.options, :oban))
        {:ok, _} = enqueue(2, "Tides", context.options)
        {:ok, _} = Scrypath.delete_record(Note, %{id: 2}, context.options)
        assert %{success: 4, failure: 0, snoozed: 0} = drain()
        assert found(context.server) == [{1, "Harbour lights"}]

        {:ok, _} = enqueue(3, "Reefs", context.options)
        {:ok, foreign} = Oban.insert(@oban, Oban.Job.new(%{}, worker: "Another.Worker", queue: :search))
        worker = [database_url: context.database, queues: :search] ++ Keyword.delete(context.server, :backend)
        assert {:ok, %{completed: 1, cancelled: 1}} = Worker.run(worker)
        assert found(context.server) == [{1, "Harbour lights"}, {3, "Reefs"}]

        assert %{state: "cancelled", errors: [%{"error" => "unknown_worker"}], cancelled_at: %DateTime{}} =
                 Repo.get!(Oban.Job, foreign.id)
      end
    end

    defp enqueue(id, title, options), do: Scrypath.sync_record(Note, %{id: id, title: title}, options)
    defp drain, do: Oban.drain_queue(@oban, queue: :search)

    defp found(server),
      do: Enum.sort(for hit <- Scrypath.search!(Note, "", server).hits, do: {hit["id"], hit["title"]})
  end
end
