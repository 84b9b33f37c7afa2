defmodule Mix.Tasks.Scrypath.Queue.InstallTest do
  use ExUnit.Case, async: false

  alias Mix.Tasks.Scrypath.Queue.Install
  alias Scrypath.Test.QueueDatabase

  @moduletag :tmp_dir

  setup do
    shell = Mix.shell()
    Mix.shell(Mix.Shell.Process)
    on_exit(fn -> Mix.shell(shell) end)
  end

  test "a database gets the tables at once, by its URL or the environment's", %{tmp_dir: folder} do
    for {given, file} <- [{:url, "url.sqlite"}, {:env, "env.sqlite"}] do
      path = Path.join(folder, file)

      case given do
        :url ->
          Install.run(["--database-url", "sqlite:" <> path])

        :env ->
          System.put_env("DATABASE_URL", "sqlite:" <> path)
          on_exit(fn -> System.delete_env("DATABASE_URL") end)
          Install.run(["--database-url", "env"])
      end

      assert_received {:mix_shell, :info, ["the queue is installed"]}
      name = :"install_#{given}"
      start_supervised!(%{id: name, start: {:sqlite3, :start_link, [name, [file: String.to_charlist(path)]]}})
      assert [[0]] = QueueDatabase.rows!(name, "select count(*) from oban_jobs", [])
    end
  end

  test "what cannot be done is said" do
    assert_raise Mix.Error, ~r/not both/, fn ->
      Install.run(["--database-url", "sqlite:x", "--repo", "MyApp.Repo"])
    end

    assert_raise Mix.Error, ~r/options only, got: now/, fn -> Install.run(["now"]) end
    assert_raise OptionParser.ParseError, fn -> Install.run(["--colour", "red"]) end

    assert_raise Mix.Error, ~r/cannot be used/, fn ->
      Install.run(["--database-url", "sqlite:/nowhere/at/all.sqlite"])
    end
  end

  unless Code.ensure_loaded?(Mix.EctoSQL) do
    test "a migration needs Ecto, and says so" do
      assert_raise Mix.Error, ~r/needs \{:ecto_sql.*pass --database-url/, fn -> Install.run([]) end
    end
  end
end

if Code.ensure_loaded?(Scrypath.Test.ObanDatabase) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Mix.Tasks.Scrypath.Queue.InstallMigrationTest do
    use ExUnit.Case, async: false

    alias Mix.Tasks.Scrypath.Queue.Install
    alias Scrypath.Test.ObanDatabase
    alias Scrypath.Test.ObanRepo, as: Repo

    @moduletag :tmp_dir
    @moduletag :capture_log

    setup do
      shell = Mix.shell()
      Mix.shell(Mix.Shell.Process)
      on_exit(fn -> Mix.shell(shell) end)
    end

    test "a repo gets a migration, once, and that one runs", %{tmp_dir: folder} do
      arguments = ["-r", inspect(Repo), "--migrations-path", folder, "--no-compile", "--no-deps-check"]
      assert [file] = Install.run(arguments)
      assert Path.basename(file) =~ ~r/^\d{14}_add_scrypath_queue\.exs$/
      assert File.read!(file) =~ "defmodule Scrypath.Test.ObanRepo.Migrations.AddScrypathQueue do"
      assert_raise Mix.Error, ~r/there is a migration already/, fn -> Install.run(arguments) end

      ObanDatabase.open!("scrypath_install", [])
      assert [version] = Ecto.Migrator.run(Repo, folder, :up, all: true, log: false)
      assert "oban_jobs" in ObanDatabase.tables()
      assert "scrypath_lanes" in ObanDatabase.tables()
      # The file is read again.
      module = Module.concat([Repo, Migrations, AddScrypathQueue])
      :code.delete(module)
      :code.purge(module)
      assert [^version] = Ecto.Migrator.run(Repo, folder, :down, all: true, log: false)
      refute "scrypath_lanes" in ObanDatabase.tables()
      assert "oban_jobs" in ObanDatabase.tables()
    end

    test "without a repo it says what to pass" do
      assert_raise Mix.Error, ~r/no repo: pass --repo/, fn ->
        Install.run(["--no-compile", "--no-deps-check"])
      end
    end
  end
end
