# The same through an Oban that has a name, beside its own insert of the same job.
defmodule EnqueueOban do
  defmodule Repo do
    use Ecto.Repo, otp_app: :scrypath, adapter: Ecto.Adapters.Postgres
  end

  @oban Bench.Oban

  def run(url, rounds, options, body) do
    Application.put_env(:scrypath, Repo, url: url, log: false, pool_size: 2)
    for app <- [:postgrex, :ecto_sql, :oban], do: {:ok, _} = Application.ensure_all_started(app)
    {:ok, _} = Repo.start_link()
    {:ok, _} = Oban.start_link(name: @oban, repo: Repo, queues: false, plugins: false, peer: false)
    options = [oban: @oban] ++ options

    ours = fn -> within(fn -> {:ok, _} = Scrypath.sync_record(Note, Note.of(1, body), options) end) end
    Repo.query!("TRUNCATE oban_jobs", [], log: false)
    ours.()
    %{worker: worker, args: args} = Repo.one(Oban.Job)
    job = [worker: worker, queue: :bench, max_attempts: 8]
    bare = fn -> within(fn -> {:ok, _} = Oban.insert(@oban, Oban.Job.new(args, job)) end) end
    Compare.medians("Elixir, Oban", "Oban.insert", bare, ours, rounds)
  end

  defp within(work), do: {:ok, _} = Repo.transaction(work)
end
