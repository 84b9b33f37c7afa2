defmodule Scrypath.Related.Job do
  @moduledoc false

  # A job of related sync is run in one transaction: whoever runs it waits for those of the same fan-out, finds the
  # target's records, and enqueues their documents. So those keep the order of all writes of the target.

  require Logger

  @compile {:no_warn_undefined, [Oban.Repo]}

  alias Scrypath.{Config, Core, Queue, Sync}
  alias Scrypath.Queue.Connection
  alias Scrypath.Related.FanOut

  @typedoc "As the core reads it: `args` are text."
  @type job :: %{id: integer(), worker: String.t(), queue: String.t(), args: String.t()}

  @doc """
  Runs one that was read, inside the transaction that `connection` is in. `options` say how the target's job is enqueued.
  """
  @spec run(map(), Connection.t(), keyword()) :: {:ok, map()} | {:error, term()}
  def run(related, connection, options) do
    # What is not declared here may be elsewhere, or after the next deployment: it is no reason to give it up.
    with {:ok, fan_out} <- FanOut.of_job(related.schema, related.fan_out) do
      Connection.carry_out(connection, related.statements)
      records = FanOut.resolve(fan_out, related.document_ids)
      {route, options} = Keyword.pop(options, :route, connection)
      layers = Config.layers(options ++ target_options(related.options))
      Queue.enqueue(route, Sync.upserting(fan_out.target, records, layers))
    end
  end

  @doc "What a job says; or a verdict, where it says nothing that can be run."
  @spec read(job(), Connection.t()) :: map()
  def read(job, connection), do: Core.run!("read_related", Map.put(Connection.target(connection), :job, job))

  defp target_options(job) do
    given = for name <- [:index_prefix, :meilisearch_url], value = job[name], do: {name, value}
    # A queue is named by an atom; this one is that of a job that is being run.
    [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: String.to_atom(job.oban_queue)] ++ given
  end

  @doc "Runs one for an Oban, in a transaction of its own."
  @spec perform(struct()) :: Scrypath.Oban.Job.verdict()
  def perform(%{conf: conf} = job) do
    connection = Connection.of_oban!(conf)

    case read(Scrypath.Oban.Job.as_the_core_reads(job), connection) do
      %{verdict: verdict} -> Scrypath.Oban.Job.verdict(verdict)
      related -> in_transaction(conf, related, connection)
    end
  end

  defp in_transaction(conf, related, connection) do
    # The target's job goes through that Oban too.
    options = [route: {:oban, conf.name}, repo: conf.repo]

    Oban.Repo.transaction(conf, fn ->
      with {:error, reason} <- run(related, connection, options), do: Oban.Repo.rollback(conf, reason)
    end)
    |> case do
      {:ok, _enqueued} -> :ok
      {:error, reason} -> {:error, why(reason)}
    end
  end

  # Where it refused to insert, the reason may quote a document.
  defp why({:undeclared, words}), do: words
  defp why(_reason), do: "the target's job could not be inserted"

  @doc "Runs those of a queue that are due, inside the caller's transaction, and says how many."
  @spec work(keyword()) :: non_neg_integer()
  def work(options) do
    {queue, limit, given} = options!(options)
    connection = Connection.new!(given)
    if is_atom(given) and not given.in_transaction?(), do: refuse!("connection is in no transaction")
    target = Connection.target(connection)
    claim = Core.run!("claim_related", Map.merge(target, %{queue: queue, limit: limit}))
    [claimed] = Connection.carry_out(connection, claim.statements)
    repo = if is_atom(given), do: [repo: given], else: []

    for {job, counts, related} <- read_all(claimed, queue, connection) do
      ended = Map.merge(end_of(job, related, connection, repo), Map.put(counts, :id, job.id))
      Connection.carry_out(connection, Core.run!("settle_related", Map.merge(target, ended)).statements)
    end
    |> length()
  end

  # In the order that they came in: it is that of the locks they take.
  defp read_all(claimed, queue, connection) do
    for [id, worker, args, attempt, max_attempts] <- claimed do
      job = %{id: String.to_integer(id), worker: worker, queue: queue, args: args}
      counts = %{attempt: String.to_integer(attempt), max_attempts: String.to_integer(max_attempts)}
      {job, counts, read(job, connection)}
    end
  end

  defp end_of(_job, %{verdict: %{reason: reason}}, _connection, _options),
    do: %{outcome: "cancelled", reason: reason}

  # What one did is undone where it fails, and the others' is not.
  defp end_of(job, related, connection, options) do
    statement(connection, "SAVEPOINT scrypath_related")
    ended = outcome(fn -> run(related, connection, options) end)

    with %{reason: reason} <- ended do
      statement(connection, "ROLLBACK TO SAVEPOINT scrypath_related")
      Logger.warning("scrypath: related job #{job.id} of queue #{job.queue} failed: #{reason}")
    end

    statement(connection, "RELEASE SAVEPOINT scrypath_related")
    ended
  end

  defp outcome(work) do
    case work.() do
      {:ok, _enqueued} -> %{outcome: "completed"}
      {:error, reason} -> %{outcome: "retry", reason: why(reason)}
    end
  rescue
    # Not its message, which may quote a document.
    error -> %{outcome: "retry", reason: "#{inspect(error.__struct__)} was raised#{place(__STACKTRACE__)}"}
  catch
    kind, _value -> %{outcome: "retry", reason: "#{kind} was caught#{place(__STACKTRACE__)}"}
  end

  defp place(stacktrace) do
    with [{module, function, arity, _location} | _outer] <- stacktrace do
      arity = if is_list(arity), do: length(arity), else: arity
      " in #{Exception.format_mfa(module, function, arity)}"
    else
      _ -> ""
    end
  end

  defp statement(connection, sql), do: Connection.carry_out(connection, [%{sql: sql, params: []}])

  defp options!(options) do
    unless Keyword.keyword?(options) and Keyword.keys(options) -- [:queue, :connection, :limit] == [],
      do: refuse!("the options of work_related/1 are :queue, :connection and :limit")

    queue = options[:queue]

    unless (is_atom(queue) or is_binary(queue)) and queue not in [nil, true, false, ""],
      do: refuse!("queue is required: the name of the queue whose related jobs are run")

    if options[:connection] == nil do
      refuse!(
        "connection is required: an Ecto.Repo, or {:postgres | :sqlite, function of a statement and its parameters}"
      )
    end

    limit = Keyword.get(options, :limit, 100)

    unless is_integer(limit) and limit > 0,
      do: refuse!("invalid value for :limit option: must be a whole number of at least 1")

    {to_string(queue), limit, options[:connection]}
  end

  @spec refuse!(String.t()) :: no_return()
  defp refuse!(message), do: raise(ArgumentError, message)
end

# In this file, since Mix compiles a file again only where it defines some module.
if Scrypath.Optional.workers?() do
  defmodule Scrypath.Sync.RelatedWorker do
    @moduledoc """
    Runs the jobs of `Scrypath.sync_related/3`, where Oban runs the queue they are in. In one transaction, the resolver
    is called and the target's documents are enqueued: as a job of the same queue, through the same Oban.

    Args that cannot be read are `{:cancel, word}`, the word being one of `docs/queue.md`. A schema or a fan-out that is not
    declared where the job runs is tried again, since it may be after the next deployment, and so is what a
    resolver raises.
    """
    use Oban.Worker, queue: :scrypath, max_attempts: 8

    @impl Oban.Worker
    def perform(job), do: Scrypath.Related.Job.perform(job)
  end
end
