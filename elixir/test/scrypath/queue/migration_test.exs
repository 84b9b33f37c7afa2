defmodule Scrypath.Queue.MigrationTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.Note
  alias Scrypath.Queue.Migration
  alias Scrypath.Test.{QueueDatabase, SearchServer}

  describe "the statements" do
    @describetag :tmp_dir

    setup %{tmp_dir: folder} do
      name = :"migration_#{System.unique_integer([:positive])}"
      file = Path.join(folder, "app.sqlite")

      start_supervised!(%{id: name, start: {:sqlite3, :start_link, [name, [file: String.to_charlist(file)]]}})
      %{rows: &QueueDatabase.rows!(name, &1, &2), database: "sqlite:" <> file}
    end

    defp tables(rows) do
      List.flatten(
        rows.("select name from sqlite_master where type = 'table' and name like '%\\_%' escape '\\'", [])
      )
      |> Enum.filter(&(&1 =~ ~r/^(oban|scrypath)_/))
      |> Enum.sort()
    end

    test "make what jobs and workers need, and change nothing when they run again", context do
      %{rows: rows, database: database} = context
      %{install: install, uninstall: uninstall} = Migration.statements(:sqlite)
      for _ <- 1..2, sql <- install, do: rows.(sql, [])
      assert ["oban_jobs", "scrypath_" <> _ | _] = installed = tables(rows)

      server = SearchServer.options!()
      reach = Keyword.take(server, [:meilisearch_url, :index_prefix])

      {:ok, _} =
        Scrypath.sync_record(
          Note,
          %{id: 7, title: "Tides"},
          [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: :search, connection: {:sqlite, rows}] ++
            reach
        )

      for sql <- install, do: rows.(sql, [])
      assert tables(rows) == installed

      worker = [database_url: database, queues: :search, meilisearch_api_key: server[:meilisearch_api_key]]
      assert {:ok, %{completed: 1}} = Scrypath.Worker.run(worker ++ reach)

      for _ <- 1..2, sql <- uninstall, do: rows.(sql, [])
      assert tables(rows) == ["oban_jobs"]
      assert [["completed"]] = rows.("select state from oban_jobs", [])
    end

    test "each is one, and there are those of two databases" do
      for dialect <- [:postgres, :sqlite] do
        %{install: install, uninstall: uninstall} = Migration.statements(dialect)
        assert Enum.all?(install ++ uninstall, &is_binary/1)
        refute Enum.any?(uninstall, &(&1 =~ "oban_jobs"))
      end

      assert_raise FunctionClauseError, fn -> Migration.statements(:mysql) end
    end
  end
end

if Code.ensure_loaded?(Scrypath.Test.ObanDatabase) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Scrypath.Queue.EctoMigrationTest do
    use ExUnit.Case, async: false

    alias Scrypath.Examples.Note
    alias Scrypath.Test.{ObanDatabase, SearchServer}
    alias Scrypath.Test.ObanDatabase.{Notes, Obans, Ours}
    alias Scrypath.Test.ObanRepo, as: Repo

    @moduletag :capture_log

    defp ours, do: Enum.filter(ObanDatabase.tables(), &String.starts_with?(&1, "scrypath_"))

    defp definition do
      query =
        "select column_name, data_type from information_schema.columns where table_name = 'oban_jobs' order by 1"

      {Repo.query!(query).rows, Repo.query!("select obj_description('oban_jobs'::regclass, 'pg_class')").rows}
    end

    test "without an Oban, a migration makes all tables, and a real Oban takes them for its own" do
      ObanDatabase.open!("scrypath_migration", [{2, Ours}, {3, Notes}])
      assert "oban_jobs" in ObanDatabase.tables()
      assert [_ | _] = ours()

      start_supervised!({Oban, name: __MODULE__, repo: Repo, queues: false, plugins: false})
      server = SearchServer.options!()

      options =
        Keyword.take(server, [:backend, :meilisearch_url, :index_prefix]) ++
          [sync_mode: :oban, oban_queue: :search, oban: __MODULE__]

      {:ok, _} = Scrypath.sync_record(Note, %{id: 7, title: "Tides"}, options)
      before = Application.get_env(:scrypath, :defaults, [])
      Application.put_env(:scrypath, :defaults, Keyword.take(server, [:meilisearch_api_key]))
      on_exit(fn -> Application.put_env(:scrypath, :defaults, before) end)
      assert %{success: 1} = Oban.drain_queue(__MODULE__, queue: :search)

      # Its migrations find nothing to do.
      before = definition()
      :ok = Ecto.Migrator.up(Repo, 4, Obans, log: false)
      assert definition() == before
    end

    test "that of an Oban is left as it is, on the way up and down" do
      ObanDatabase.open!("scrypath_migration", [{1, Obans}])
      before = definition()
      Repo.insert!(Oban.Job.new(%{}, worker: "Another"))

      ObanDatabase.migrate!([{2, Ours}])
      assert [_ | _] = ours()
      assert definition() == before

      :ok = Ecto.Migrator.down(Repo, 2, Ours, log: false)
      assert ours() == []
      assert definition() == before
      assert [%{worker: "Another"}] = ObanDatabase.jobs()

      ObanDatabase.migrate!([{2, Ours}])
      assert [_ | _] = ours()
    end
  end
end
