defmodule Mix.Tasks.Scrypath.Queue.Install do
  @shortdoc "Makes the tables of Scrypath's queue, or a migration that does"

  @moduledoc """
  Makes the tables of the queue.

      mix scrypath.queue.install
      mix scrypath.queue.install --repo MyApp.Repo
      mix scrypath.queue.install --database-url sqlite:app.db

  With a repo, a migration is written beside the repo's others (`Scrypath.Queue.Migration`), to be run by
  `mix ecto.migrate`. Without one, that is done for each repo of `config :my_app, ecto_repos: [...]`.

  With a database, the tables are made there at once, by the shipped `scrypath queue install`; see `Scrypath.Worker` for
  where that command is looked for. `--database-url` stands on the command line of mix, which others on the machine
  can read: where it has a password, set `DATABASE_URL` and pass `--database-url env`.

  ## Options

    * `-r`, `--repo` - a repo to write a migration for; may be given several times
    * `--migrations-path` - where to (`priv/repo/migrations`, as the repo's configuration says)
    * `--database-url` - `postgres://USER@HOST/DATABASE`, `sqlite:PATH`, or `env`
    * `--no-compile`, `--no-deps-check` - as of other tasks
  """

  use Mix.Task

  import Mix.Generator

  alias Scrypath.Worker.Command

  @compile {:no_warn_undefined, [Mix.Ecto, Mix.EctoSQL]}
  @switches [
    repo: :keep,
    migrations_path: :string,
    database_url: :string,
    no_compile: :boolean,
    no_deps_check: :boolean
  ]
  @name "add_scrypath_queue"

  @impl true
  def run(arguments) do
    {options, rest} = OptionParser.parse!(arguments, strict: @switches, aliases: [r: :repo])
    if rest != [], do: Mix.raise("expected options only, got: #{Enum.join(rest, " ")}")

    case {options[:database_url], options[:repo]} do
      {nil, _repo} -> Enum.map(repos(arguments), &write(&1, arguments, options))
      {url, nil} -> install(if url == "env", do: nil, else: url)
      {_url, _repo} -> Mix.raise("either --repo or --database-url, not both")
    end
  end

  defp repos(arguments) do
    unless Code.ensure_loaded?(Mix.EctoSQL) do
      Mix.raise("a migration needs {:ecto_sql, \"~> 3.10\"}; without Ecto, pass --database-url")
    end

    case Mix.Ecto.parse_repo(arguments) do
      [] -> Mix.raise("no repo: pass --repo MyApp.Repo, or --database-url")
      repos -> repos
    end
  end

  defp write(repo, arguments, options) do
    Mix.Ecto.ensure_repo(repo, arguments)
    folder = options[:migrations_path] || Path.join(Mix.EctoSQL.source_repo_priv(repo), "migrations")

    case Path.wildcard(Path.join(folder, "*_#{@name}.exs")) do
      [] -> :ok
      [there | _] -> Mix.raise("there is a migration already: #{Path.relative_to_cwd(there)}")
    end

    create_directory(folder)
    file = Path.join(folder, "#{Calendar.strftime(DateTime.utc_now(), "%Y%m%d%H%M%S")}_#{@name}.exs")
    create_file(file, migration(Module.concat([repo, Migrations, AddScrypathQueue])))
    file
  end

  defp migration(module) do
    """
    defmodule #{inspect(module)} do
      use Ecto.Migration

      def up, do: Scrypath.Queue.Migration.up()
      def down, do: Scrypath.Queue.Migration.down()
    end
    """
  end

  defp install(url) do
    Mix.Task.run("app.config")
    url = Command.database_url!(url)

    case Command.find() do
      {:error, {:queue_unavailable, message}} ->
        Mix.raise(message)

      {:ok, command} ->
        # By the environment, since everyone on the machine can read a command line.
        environment = [{"DATABASE_URL", url}]

        case System.cmd(command, ["queue", "install"], env: environment, stderr_to_stdout: true) do
          {said, 0} -> Mix.shell().info(String.trim(said))
          {said, _status} -> Mix.raise(String.trim(said))
        end
    end
  end
end
