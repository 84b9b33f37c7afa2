defmodule Scrypath.Queue do
  @moduledoc false

  # Mode `:oban`: a write becomes a row of `oban_jobs`. The core makes the row and its statement; here it is put on the
  # caller's own connection, in whatever transaction that is in. Nothing is begun, committed or rolled back.

  alias Scrypath.{Config, Core, Optional}
  alias Scrypath.Queue.{Connection, Instance}

  @typedoc "Through what a row goes. `nil` is nothing: then the call is refused, once there is a row."
  @type route :: Connection.t() | {:oban, atom()} | nil

  @typedoc "A write before it is carried out: the operation, what it is given, the records, whether they are hooked."
  @type write :: {operation :: String.t(), Core.request(), records :: list(), hooked :: boolean()}

  # An operation that reaches a backend, and the one that makes a row instead.
  @operations %{
    "sync_records" => "enqueue_records",
    "delete_records" => "enqueue_deletes",
    "delete_documents" => "enqueue_delete_documents",
    "sync_related" => "enqueue_related"
  }

  @doc """
  The layers of a call's options, without what is the package's alone; and the route of its row where its mode is
  `:oban`.
  """
  @spec route!(keyword()) :: {{:enqueue, route()} | :send, map()}
  def route!(options) do
    {connection, options} = pop_connection(options)
    layers = Config.layers(options)

    case {Config.host_option(layers, :sync_mode, :inline), connection} do
      {:oban, nil} ->
        {{:enqueue, route(layers)}, layers}

      {:oban, connection} ->
        {{:enqueue, Connection.new!(connection)}, layers}

      {_mode, nil} ->
        {:send, layers}

      {_mode, _connection} ->
        raise ArgumentError,
              ":connection is for sync_mode: :oban; in any other mode nothing goes through a database"
    end
  end

  # A second one is left to the core, which refuses it.
  defp pop_connection(options) do
    if Keyword.keyword?(options), do: Keyword.pop_first(options, :connection), else: {nil, options}
  end

  @doc "The route of a call without a connection: what it names, or else the Oban that is there."
  @spec route(map()) :: route()
  def route(layers) do
    case Config.host_option(layers, :oban, nil) do
      nil ->
        Connection.of_repo(Config.host_option(layers, :repo, nil)) ||
          if(Optional.oban?(), do: {:oban, Oban})

      instance ->
        {:oban, instance}
    end
  end

  @doc "Enqueues a write, and says what became of it."
  @spec enqueue(route(), write()) :: {:ok, map()} | {:error, term()}
  def enqueue(route, {operation, request, records, hooked}) do
    oban = Config.host_option(request, :oban, nil) || Oban
    request = Map.merge(request, target(route))

    with {:ok, row} <- Core.run(@operations[operation], request, records, hooked),
         {:ok, job} <- insert(route, row) do
      {:ok, told(row, job, oban)}
    end
  end

  @doc "The row of a write as the core makes it, without a word of it to telemetry: it is made again when it is put."
  @spec check!(route(), write()) :: map()
  def check!(route, {operation, request, records, hooked}),
    do: Core.run!(@operations[operation], Map.merge(request, target(route)), records, hooked)

  @doc "What is inserted of a write. Raises `ArgumentError` where it is wrong."
  @spec insert!(route(), write()) :: {:ok, map()} | :noop
  def insert!(route, {operation, request, records, hooked}) do
    {:ok, row} = Core.run(@operations[operation], Map.merge(request, target(route)), records, hooked)
    with :error <- Map.fetch(row, :insert), do: :noop
  end

  defp target(%Connection{} = connection), do: Connection.target(connection)
  defp target(_route), do: Connection.target(nil)

  defp insert(_route, row) when not is_map_key(row, :insert), do: {:ok, nil}

  defp insert(%Connection{} = connection, row) do
    with {:ok, id} <- Connection.insert(connection, row.insert), do: {:ok, Map.put(row.job, :id, id)}
  end

  defp insert({:oban, instance}, row), do: Instance.insert(instance, row.insert)

  defp insert(nil, _row) do
    {:error,
     {:queue_unavailable,
      "sync_mode :oban puts a job into your database: pass your own connection as :connection, an Ecto.Repo or " <>
        "{:postgres | :sqlite, function of a statement and its parameters}; or an Ecto.Repo as :repo, or Oban as :oban"}}
  end

  defp told(row, nil, _oban), do: row

  defp told(row, job, oban) do
    # The queue is named by an atom, or it was refused.
    put = %{queue: String.to_existing_atom(row.oban.queue), max_attempts: row.oban.max_attempts, name: oban}
    row |> Map.delete(:insert) |> Map.merge(%{oban: put, job: job})
  end
end
