defmodule Scrypath.Worker do
  @moduledoc """
  The shipped `scrypath worker` as a process of a supervision tree: it brings what was enqueued with
  `sync_mode: :oban` into the index, where no Oban does.

      children = [
        MyApp.Repo,
        {Scrypath.Worker, queues: [:search], database_url: System.fetch_env!("DATABASE_URL")}
      ]

  The command runs in an operating-system process of its own. It ends with this process, however that or the VM
  ends, and what it began is finished first. Should it die, it is started again: after a second, and then after ever
  longer pauses, at most a minute. What it says is logged: why a queue pauses as a warning, why it died as an error.

  It is looked for in the environment's `SCRYPATH_COMMAND`, then beside the package's native library, then on
  `PATH`.

  ## Options

  `:meilisearch_url` and `:meilisearch_api_key` are those of the other calls (`Scrypath.Config`), and so are the other
  runtime options. Besides them:

    * `:database_url` - `"postgres://USER@HOST/DATABASE"` (or `"ecto://…"`), `"sqlite:PATH"` (string, the environment's
      `DATABASE_URL`)
    * `:queues` - the queue to work, or several, each on its own (atom, string, or a list of them, `:oban_queue`
      where that is configured, else `"scrypath"`)
    * `:until_idle` - ends once there is nothing to do (boolean, `false`)
    * `:lease` - how long a queue stays with a worker that no longer says anything, in ms (`60000`)
    * `:request_timeout` - how long a request may take, in ms (`15000`)
    * `:settle_time` - how long after that it may still land, in ms (`15000`)
    * `:keep_completed` - how long completed jobs stay in the table, in ms (`86400000`, a day). Those that were given up
      or called off stay

  URLs and the key are handed over in the environment of the command, never on its command line, and are in no report
  of a crash.

  ## Errors

  A wrong option raises `ArgumentError`. A command that is not found, or that fails where starting again would not
  help (`:until_idle`, or an option that it does not know), is `{:queue_unavailable, message}`: the error of the
  function, or else the reason with which the process exits.
  """

  use GenServer, restart: :transient

  require Logger

  alias Scrypath.Worker.{Command, Options}

  @counted [:completed, :discarded, :cancelled, :retried, :requests, :pauses]
  @first_pause 1_000
  @longest_pause 60_000

  @typedoc """
  What a worker did.

    * `completed` - jobs whose documents, or newer ones, are in the index
    * `discarded` - jobs that were given up
    * `cancelled` - jobs that never could be run
    * `retried` - how often a job was put back
    * `requests` - requests sent
    * `pauses` - how often a queue had to wait for the backend
  """
  @type tally :: %{
          completed: non_neg_integer(),
          discarded: non_neg_integer(),
          cancelled: non_neg_integer(),
          retried: non_neg_integer(),
          requests: non_neg_integer(),
          pauses: non_neg_integer()
        }

  @type error :: {:error, {:queue_unavailable, String.t()}}

  @doc "The specification of a child, with time enough to finish what was begun."
  @spec child_spec(keyword()) :: Supervisor.child_spec()
  def child_spec(options) do
    %{patience: patience} = Options.read!(options)

    # In a function, since a supervisor's reports show arguments.
    %{
      id: __MODULE__,
      start: {__MODULE__, :start_link, [fn -> options end]},
      restart: :transient,
      shutdown: patience
    }
  end

  @doc "Starts a worker that is linked to the caller. `Scrypath.worker/1` is the same."
  @spec start_link(keyword() | (... -> keyword())) :: {:ok, pid()} | error()
  def start_link(options) do
    options = Options.read!(options)

    with {:ok, command} <- Command.find(),
         do: GenServer.start_link(__MODULE__, {command, options, nil})
  end

  @doc """
  Works until there is nothing to do, and gives what was done.

      {:ok, %{completed: 3}} = Scrypath.Worker.run(queues: :search, database_url: "sqlite:app.db")
  """
  @spec run(keyword()) :: {:ok, tally()} | error()
  def run(options) do
    options = Options.read!(if Keyword.keyword?(options), do: [until_idle: true] ++ options, else: options)
    told = make_ref()

    # Not linked: its end is no business of a caller that traps exits. It ends with its caller all the same.
    with {:ok, command} <- Command.find(),
         {:ok, _worker} <- GenServer.start(__MODULE__, {command, options, {self(), told}}) do
      receive(do: ({^told, result} -> result))
    end
  end

  @doc """
  Ends a worker, and gives what it did since its command was last started. What was begun is finished first, which may
  take as long as a request.
  """
  @spec stop(GenServer.server()) :: {:ok, tally()} | error()
  def stop(worker), do: GenServer.call(worker, :stop, :infinity)

  ## The process

  @impl true
  def init({command, options, teller}) do
    # So that the end of a supervisor lets the command finish.
    Process.flag(:trap_exit, true)
    with {caller, _told} <- teller, do: Process.monitor(caller)

    state = %{
      command: command,
      options: options,
      teller: teller,
      port: nil,
      since: nil,
      pause: @first_pause,
      line: "",
      last: "",
      tally: nil,
      stopping: []
    }

    {:ok, open(state)}
  end

  @impl true
  def handle_call(:stop, from, %{port: nil} = state),
    do: finish({:ok, zero()}, %{state | stopping: [from | state.stopping]})

  def handle_call(:stop, from, state) do
    Command.stop(state.port)
    {:noreply, %{state | stopping: [from | state.stopping]}}
  end

  @impl true
  def handle_info({port, {:data, said}}, %{port: port} = state), do: {:noreply, hear(said, state)}

  def handle_info({port, {:exit_status, status}}, %{port: port} = state),
    do: ended(status, %{state | port: nil})

  def handle_info(:open, state), do: {:noreply, open(state)}
  # A port says that it closed, and a linked process that it ended.
  def handle_info({:EXIT, from, reason}, state) when is_pid(from), do: {:stop, reason, state}
  def handle_info({:DOWN, _monitor, :process, _caller, _reason}, state), do: {:stop, :normal, state}
  def handle_info(_other, state), do: {:noreply, state}

  @impl true
  def terminate(_reason, %{port: nil}), do: :ok

  def terminate(_reason, state) do
    Command.stop(state.port)
    await(state)
  end

  defp await(%{port: port} = state) do
    receive do
      {^port, {:data, said}} -> said |> hear(state) |> await()
      {^port, {:exit_status, _status}} -> :ok
    end
  end

  defp open(%{options: options} = state) do
    port = Command.open(state.command, options.arguments, options.environment.())
    %{state | port: port, since: now(), line: "", last: "", tally: nil}
  end

  defp hear({:noeol, part}, state), do: %{state | line: state.line <> part}
  defp hear({:eol, part}, state), do: say(state.line <> part, %{state | line: ""})

  # The one line that it prints; all else is standard error.
  defp say("{" <> _ = line, state), do: %{state | tally: tally(line)}
  defp say("", state), do: state

  defp say(line, state) do
    {level, words} = heard(line)
    Logger.log(level, "scrypath worker: #{words}")
    %{state | last: words}
  end

  defp heard(line) do
    case Regex.run(~r/^\S+Z\s+(ERROR|WARN|INFO)\s+(.*)$/, line) do
      [_line, "ERROR", words] -> {:error, words}
      [_line, "WARN", words] -> {:warning, words}
      [_line, "INFO", words] -> {:info, words}
      nil -> {:info, String.replace_prefix(line, "scrypath: ", "")}
    end
  end

  defp ended(0, state), do: finish({:ok, state.tally || zero()}, state)

  defp ended(status, state) do
    why = if state.last == "", do: "it ended with status #{status}", else: state.last

    # 2: the command line was not understood, and will not be.
    if state.stopping != [] or state.options.until_idle or status == 2 do
      finish({:error, {:queue_unavailable, "the worker failed: #{why}"}}, state)
    else
      pause = if now() - state.since > @longest_pause, do: @first_pause, else: state.pause
      Logger.error("scrypath worker: it died, and is started again in #{pause} ms: #{why}")
      Process.send_after(self(), :open, pause)
      {:noreply, %{state | pause: min(2 * pause, @longest_pause)}}
    end
  end

  # Whoever asked is told, and then this is no crash.
  defp finish(result, state) do
    for from <- state.stopping, do: GenServer.reply(from, result)
    with {caller, told} <- state.teller, do: send(caller, {told, result})

    case result do
      {:error, reason} when state.stopping == [] and state.teller == nil -> {:stop, reason, state}
      _told -> {:stop, :normal, state}
    end
  end

  # Only numbers, so that no JSON library is needed.
  defp tally(line) do
    counts = Map.new(Regex.scan(~r/"(\w+)":(\d+)/, line, capture: :all_but_first), &List.to_tuple/1)
    Map.new(@counted, &{&1, counts |> Map.get(Atom.to_string(&1), "0") |> String.to_integer()})
  end

  defp zero, do: tally("")

  defp now, do: System.monotonic_time(:millisecond)
end
