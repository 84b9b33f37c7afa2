# A PostgreSQL database that a real Oban migrated, where both are there.
if Code.ensure_loaded?(Ecto.Adapters.Postgres) and Scrypath.Optional.workers?() do
  defmodule Scrypath.Test.ObanRepo do
    @moduledoc false
    use Ecto.Repo, otp_app: :scrypath, adapter: Ecto.Adapters.Postgres
  end

  defmodule Scrypath.Test.ObanDatabase do
    @moduledoc false

    import ExUnit.Assertions

    alias Scrypath.Test.ObanRepo, as: Repo

    defmodule Obans do
      @moduledoc false
      use Ecto.Migration
      def up, do: Oban.Migration.up()
      def down, do: Oban.Migration.down(version: 1)
    end

    defmodule Ours do
      @moduledoc false
      use Ecto.Migration
      def up, do: Scrypath.Queue.Migration.up()
      def down, do: Scrypath.Queue.Migration.down()
    end

    defmodule Notes do
      @moduledoc false
      use Ecto.Migration

      def change do
        create table(:notes) do
          add(:title, :text)
        end

        create table(:docks) do
          add(:name, :text)
        end

        create table(:berths) do
          add(:label, :text)
          add(:dock_id, references(:docks))
        end
      end
    end

    @migrations [{1, Obans}, {2, Ours}, {3, Notes}]

    @doc "A new database of that name, its repo started for the test; gives its URL."
    def open!(name, migrations \\ @migrations) do
      url =
        System.fetch_env!("SCRYPATH_TEST_POSTGRES")
        |> URI.parse()
        |> Map.put(:path, "/" <> name)
        |> URI.to_string()

      %{host: host, port: port, userinfo: user} = URI.parse(url)
      reach = [hostname: host, port: port, username: user, database: name]
      _ = Repo.__adapter__().storage_down(reach)
      :ok = Repo.__adapter__().storage_up(reach)
      # Where an Oban's notifier looks.
      Application.put_env(:scrypath, Repo, url: url, log: false, pool_size: 10)
      ExUnit.Callbacks.on_exit(fn -> Application.delete_env(:scrypath, Repo) end)
      ExUnit.Callbacks.start_supervised!(Repo)
      migrate!(migrations)
      url
    end

    def migrate!(migrations) do
      for {version, module} <- migrations, do: :ok = Ecto.Migrator.up(Repo, version, module, log: false)
    end

    @doc "Without Scrypath's tables."
    def drop!, do: :ok = Ecto.Migrator.down(Repo, 2, Ours, log: false)

    @doc "The tables there are."
    def tables do
      %{rows: rows} =
        Repo.query!(
          "select table_name from information_schema.tables where table_schema = 'public' order by 1"
        )

      List.flatten(rows)
    end

    @doc "Returns once all jobs are completed. Those that wait for one that has ended need not wait for their time."
    def await_all_completed(patience \\ 30_000) do
      states = jobs() |> Enum.map(& &1.state) |> Enum.uniq()

      if states != ["completed"] do
        if "scheduled" in states and states -- ["completed", "scheduled"] == [], do: stage_all()
        assert_receive {:oban_stopped, _state}, patience
        await_all_completed(patience)
      end
    end

    defp stage_all do
      import Ecto.Query, only: [from: 2]
      waiting = from(job in Oban.Job, where: job.state == "scheduled")
      Repo.update_all(waiting, set: [scheduled_at: DateTime.utc_now()])
    end

    @doc "Tells the test of each job that ends."
    def tell_of_jobs do
      handler = {__MODULE__, self()}
      :telemetry.attach(handler, [:oban, :job, :stop], &__MODULE__.tell/4, self())
      ExUnit.Callbacks.on_exit(fn -> :telemetry.detach(handler) end)
    end

    @doc false
    def tell(_event, _measurements, %{state: state}, test), do: send(test, {:oban_stopped, state})

    @doc "The jobs in the order of their ids."
    def jobs do
      import Ecto.Query, only: [from: 2]
      Repo.all(from(job in Oban.Job, order_by: job.id))
    end
  end
end
