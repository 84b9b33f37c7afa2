defmodule Scrypath.Queue.Migration do
  @moduledoc """
  The tables of the queue, made and dropped by a migration of the application.

      defmodule MyApp.Repo.Migrations.AddScrypathQueue do
        use Ecto.Migration

        def up, do: Scrypath.Queue.Migration.up()
        def down, do: Scrypath.Queue.Migration.down()
      end

  `mix scrypath.queue.install` writes that file. With an Oban, put it after Oban's own migration: a table of jobs that is
  there is left as it is. Migrating down drops Scrypath's tables; jobs are data, and theirs stays.

  The repo is one over PostgreSQL or SQLite. The tables are made in the first schema of its `search_path`.
  """

  alias Scrypath.Core
  alias Scrypath.Queue.Connection

  @compile {:no_warn_undefined, [Ecto.Migration]}

  @doc "Makes the tables that are not there. Inside an `Ecto.Migration`."
  @spec up() :: :ok
  def up, do: execute(:install)

  @doc "Drops Scrypath's tables, and not that of the jobs. Inside an `Ecto.Migration`."
  @spec down() :: :ok
  def down, do: execute(:uninstall)

  @doc """
  The statements, for whatever else carries them out: each is one, without parameters. All of `install` may be carried
  out again, which changes nothing.

      iex> %{install: [_ | _], uninstall: drops} = Scrypath.Queue.Migration.statements(:sqlite)
      iex> Enum.all?(drops, &(&1 =~ "DROP TABLE IF EXISTS scrypath_"))
      true
  """
  @spec statements(:postgres | :sqlite) :: %{install: [String.t()], uninstall: [String.t()]}
  def statements(dialect) when dialect in [:postgres, :sqlite],
    do: Core.run!("queue_tables", %{dialect: Atom.to_string(dialect)})

  defp execute(which) do
    repo = Ecto.Migration.repo()

    case Connection.of_repo(repo) do
      nil ->
        raise ArgumentError, "the queue needs PostgreSQL or SQLite; #{inspect(repo)} is over neither"

      %{dialect: dialect} ->
        dialect |> statements() |> Map.fetch!(which) |> Enum.each(&Ecto.Migration.execute/1)
    end
  end
end
