defmodule Scrypath.Oban.Job do
  @moduledoc false

  # A job that an Oban runs: checked, its documents' fences taken, sent, and let go. Everything is carried out on the
  # connection of that Oban, each statement committed by itself: others must see it before the next step.

  alias Scrypath.{Config, Core, Optional}
  alias Scrypath.Queue.Connection

  @typedoc "What an `Oban.Worker` gives."
  @type verdict ::
          :ok | {:cancel, String.t()} | {:error, String.t()} | {:snooze, pos_integer()}

  @spec perform(struct()) :: verdict()
  def perform(job) do
    run(job)
  rescue
    error ->
      case error do
        %{postgres: %{code: :undefined_table}} ->
          {:error, "the queue is not installed: mix scrypath.queue.install, mix ecto.migrate"}

        _other ->
          reraise error, __STACKTRACE__
      end
  end

  defp run(job) do
    connection = Connection.of_oban!(job.conf)
    request = Map.put(Connection.target(connection), :job, as_the_core_reads(job))

    case Core.run!("prepare_job", request) do
      %{verdict: verdict} ->
        verdict(verdict)

      %{statements: statements, ticket: ticket} ->
        rows = Connection.carry_out(connection, statements)
        layers = Config.layers(backend: Scrypath.Meilisearch, repo: job.conf.repo)
        bring(connection, request |> Map.merge(layers) |> Map.merge(%{ticket: ticket, rows: rows}))
    end
  end

  defp bring(connection, request) do
    case Core.run("perform_job", request) do
      {:ok, performed} ->
        Connection.carry_out(connection, performed.statements)
        verdict(performed.verdict)

      # Its reason may hold what a server said, and that a document.
      {:error, reason} ->
        {:error, "the job could not be sent: #{kind(reason)}"}
    end
  end

  @doc "What the core reads of a job: `args` are text there."
  @spec as_the_core_reads(struct()) :: map()
  def as_the_core_reads(job) do
    %{
      # Oban's inline testing gives no ids. One that is larger than all before is what a new job has.
      id: job.id || System.os_time(:nanosecond),
      worker: job.worker,
      queue: job.queue,
      args: Optional.json!().encode!(job.args)
    }
  end

  @doc "What the core said of a job, as Oban takes it."
  @spec verdict(map()) :: verdict()
  def verdict(%{outcome: :completed}), do: :ok
  def verdict(%{outcome: :cancelled, reason: reason}), do: {:cancel, reason}
  def verdict(%{outcome: :retry, reason: reason}), do: {:error, reason}
  def verdict(%{outcome: :snooze, seconds: seconds}), do: {:snooze, seconds}

  defp kind(reason) when is_tuple(reason), do: reason |> elem(0) |> kind()
  defp kind(reason) when is_atom(reason), do: Atom.to_string(reason)
  defp kind(_reason), do: "error"
end

# In this file, since Mix compiles a file again only where it defines some module.
if Scrypath.Optional.workers?() do
  defmodule Scrypath.Oban.UpsertWorker do
    @moduledoc """
    Brings an enqueued write into the index, where Oban runs the queue it is in. It is named by the jobs that
    `Scrypath.sync_records/3` and `Scrypath.Oban.enqueue_upsert/5` insert; nothing else is to be done than to start an
    Oban for the queue:

        config :my_app, Oban, repo: MyApp.Repo, queues: [search: 10]
        config :scrypath, :defaults, meilisearch_url: "http://search:7700", meilisearch_api_key: key

    The key and the options are those of `Scrypath.Config` where the job runs, the repo being that of the Oban. The
    job's own `meilisearch_url` and index win. The tables beside that of the jobs must be there
    (`Scrypath.Queue.Migration`). Jobs run in any order and at the same time: an older state never
    replaces a newer one.

    | | |
    |---|---|
    | `:ok` | the index holds the documents, or newer ones |
    | `{:cancel, reason}` | it never can be run: one of the words of `docs/queue.md`; or the backend refuses documents of it, which are in `scrypath_dead_letters` then |
    | `{:error, reason}` | it failed, and the attempt counts |
    | `{:snooze, seconds}` | the backend cannot take it now, or another job of the same document is under way |
    """
    use Oban.Worker, queue: :scrypath, max_attempts: 8

    @impl Oban.Worker
    def perform(job), do: Scrypath.Oban.Job.perform(job)
  end

  defmodule Scrypath.Oban.DeleteWorker do
    @moduledoc """
    Removes documents from the index; see `Scrypath.Oban.UpsertWorker`. Its jobs are those of `Scrypath.delete_record/3`,
    `Scrypath.delete_documents/3` and `Scrypath.Oban.enqueue_delete/5`.
    """
    use Oban.Worker, queue: :scrypath, max_attempts: 8

    @impl Oban.Worker
    def perform(job), do: Scrypath.Oban.Job.perform(job)
  end
end
