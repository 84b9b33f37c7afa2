defmodule Scrypath.WorkerTest do
  use ExUnit.Case, async: false

  import Scrypath.Test.Eventually

  alias Scrypath.Examples.Note
  alias Scrypath.Test.{Heard, QueueDatabase, QueueRepo, SearchServer}
  alias Scrypath.Worker
  alias Scrypath.Worker.Command

  @moduletag :tmp_dir
  @moduletag :capture_log
  # Its children are told of, and end, in real time.
  @patience 20_000

  setup %{tmp_dir: folder} do
    database = QueueDatabase.open!(folder)
    server = SearchServer.options!()
    {key, found} = Keyword.pop!(server, :meilisearch_api_key)
    reach = Keyword.take(found, [:meilisearch_url, :index_prefix])

    %{
      database: database,
      server: server,
      enqueue:
        [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: :search, connection: QueueRepo] ++ reach,
      worker: [database_url: database, queues: :search, meilisearch_api_key: key] ++ reach
    }
  end

  defp enqueue!(id, title, options),
    do: {:ok, %{status: :accepted}} = Scrypath.sync_record(Note, %{id: id, title: title}, options)

  defp titles(server), do: Enum.sort(for hit <- Scrypath.search!(Note, "", server).hits, do: hit["title"])

  defp states, do: for(job <- QueueDatabase.jobs(), do: job.state)

  defp command_of(worker) do
    port = :sys.get_state(worker).port

    case port && Port.info(port, :os_pid) do
      {:os_pid, pid} -> Integer.to_string(pid)
      _ -> nil
    end
  end

  defp running?(command), do: match?({_said, 0}, System.cmd("kill", ["-0", command], stderr_to_stdout: true))

  test "until there is nothing to do, and what was done", context do
    for at <- 1..3, do: enqueue!(7, "Tides #{at}", context.enqueue)
    enqueue!(8, "Harbour", context.enqueue)

    assert {:ok, tally} = Worker.run(context.worker)
    assert %{completed: 4, discarded: 0, cancelled: 0, retried: 0, requests: requests, pauses: 0} = tally
    # Of each document the newest state only.
    assert requests > 0
    assert titles(context.server) == ["Harbour", "Tides 3"]
    assert Enum.uniq(states()) == ["completed"]

    assert {:ok, %{completed: 0}} = Worker.run(context.worker)
  end

  test "it deletes completed jobs once they are old", context do
    enqueue!(7, "Tides", context.enqueue)
    assert {:ok, %{completed: 1}} = Worker.run(context.worker)
    assert states() == ["completed"]
    assert {:ok, %{completed: 0}} = Worker.run([keep_completed: 0] ++ context.worker)
    assert states() == []
    assert titles(context.server) == ["Tides"]
  end

  test "in a supervision tree it works until it is stopped", context do
    worker = start_supervised!({Worker, context.worker})
    enqueue!(7, "Tides", context.enqueue)
    until(fn -> states() == ["completed"] end)
    assert titles(context.server) == ["Tides"]

    command = command_of(worker)
    assert {:ok, %{completed: 1}} = Worker.stop(worker)
    refute running?(command)
    # It ended as it should, and is not started again.
    {:ok, supervisor} = ExUnit.fetch_test_supervisor()
    assert {Worker, :undefined, :worker, [Worker]} in Supervisor.which_children(supervisor)
  end

  test "the end of a supervisor lets it finish", context do
    worker = start_supervised!({Worker, context.worker})
    command = until(fn -> command_of(worker) end)
    assert :ok = stop_supervised(Worker)
    refute running?(command)
  end

  test "it ends however its process ends", context do
    {:ok, worker} = Scrypath.worker(context.worker)
    command = until(fn -> command_of(worker) end)
    Process.unlink(worker)
    Process.exit(worker, :kill)
    until(fn -> not running?(command) end)
  end

  test "it ends with its VM, even with one that is killed", context do
    program = """
    {:ok, worker} = Scrypath.worker(#{inspect(context.worker)})
    {:os_pid, command} = Port.info(:sys.get_state(worker).port, :os_pid)
    IO.puts("\#{System.pid()} \#{command}")
    receive(do: (:never -> :ok))
    """

    built = for path <- Path.wildcard(Path.join(Mix.Project.build_path(), "lib/*/ebin")), do: ["-pa", path]
    arguments = List.flatten(built) ++ ["-e", program]
    elixir = System.find_executable("elixir")
    vm = Port.open({:spawn_executable, elixir}, [:binary, :exit_status, args: arguments, line: 4096])
    assert_receive {^vm, {:data, {:eol, said}}}, @patience
    [killed, command] = String.split(said)
    assert running?(command)
    {_said, 0} = System.cmd("kill", ["-9", killed])
    until(fn -> not running?(command) end)
  end

  test "whoever runs it takes it along", context do
    down = Keyword.put(context.worker, :meilisearch_url, "http://127.0.0.1:1")
    enqueue!(7, "Tides", context.enqueue)
    Heard.start!()
    caller = spawn(fn -> Worker.run(down) end)
    assert_receive {:logged, :warning, _pauses}, @patience

    # This database's, of whatever workers there are.
    commands = fn ->
      {found, _status} = System.cmd("pgrep", ["-f", "scrypath worker --json --queue=search --until-idle"])
      String.split(found)
    end

    assert [_ | _] = commands.()
    Process.exit(caller, :kill)
    until(fn -> commands.() == [] end)
  end

  test "one that dies is started again, and that is said", context do
    Heard.start!()
    # The queue stays with the dead one for the length of its lease.
    brief = [lease: 2_000, request_timeout: 500, settle_time: 100]
    worker = start_supervised!({Worker, context.worker ++ brief})
    command = until(fn -> command_of(worker) end)
    {_said, 0} = System.cmd("kill", ["-9", command])

    assert_receive {:logged, :error, "scrypath worker: it died, and is started again in 1000 ms: " <> _},
                   @patience

    enqueue!(7, "Tides", context.enqueue)
    until(fn -> states() == ["completed"] end)
    assert command_of(worker) != command
    assert {:ok, %{completed: 1}} = Worker.stop(worker)
  end

  test "why a queue pauses is a warning, and stopping ends the pause", context do
    Heard.start!()
    down = Keyword.put(context.worker, :meilisearch_url, "http://127.0.0.1:1")
    enqueue!(7, "Tides", Keyword.put(context.enqueue, :meilisearch_url, "http://127.0.0.1:1"))
    {:ok, worker} = Scrypath.worker(down)
    assert_receive {:logged, :warning, "scrypath worker: " <> _}, @patience
    assert {:ok, %{completed: 0, pauses: pauses}} = Worker.stop(worker)
    assert pauses > 0
  end

  test "what starting again would not help is an error", context do
    Process.flag(:trap_exit, true)
    broken = Keyword.put(context.worker, :database_url, "sqlite:/nowhere/at/all.sqlite")
    assert {:error, {:queue_unavailable, "the worker failed: " <> _}} = Worker.run(broken)

    {:ok, worker} = Scrypath.worker([until_idle: true] ++ broken)
    assert_receive {:EXIT, ^worker, {:queue_unavailable, "the worker failed: " <> _}}, @patience
  end

  test "a command that is not there is an error that says what to do", context do
    before = System.fetch_env!("SCRYPATH_COMMAND")
    on_exit(fn -> System.put_env("SCRYPATH_COMMAND", before) end)

    System.put_env("SCRYPATH_COMMAND", "no-such-scrypath")

    for start <- [&Worker.run/1, &Scrypath.worker/1] do
      assert {:error, {:queue_unavailable, message}} = start.(context.worker)
      assert message =~ ~s(SCRYPATH_COMMAND names "no-such-scrypath", which cannot be run)
      assert message =~ "cargo install scrypath-cli"
    end

    # The one that the package has, else one on PATH.
    System.delete_env("SCRYPATH_COMMAND")
    assert {:ok, %{completed: 0}} = Worker.run(context.worker)
    path = System.fetch_env!("PATH")
    on_exit(fn -> System.put_env("PATH", path) end)
    System.put_env("PATH", Path.dirname(before))
    assert Command.find("/nowhere/scrypath") == {:ok, before}
    System.put_env("PATH", "/nowhere")
    assert {:ok, shipped} = Command.find()
    assert Path.basename(Path.dirname(shipped)) == "native"
    assert {:error, {:queue_unavailable, _}} = Command.find("/nowhere/scrypath")
  end

  test "wrong options are refused before anything is started", context do
    for {wrong, says} <- [
          {[meilisearch_url: nil], ~r/meilisearch_url is required/},
          {[meilisearch_url: "memory:"], ~r/:meilisearch_url.*another process/},
          {[meilisearch_url: "gopher://x"], ~r/meilisearch_url/},
          {[database_url: ""], ~r/database_url is required/},
          {[database_url: 7], ~r/database_url is required/},
          {[queues: [""]], ~r/:queues/},
          {[queues: [7]], ~r/:queues/},
          {[lease: 0], ~r/:lease.*at least 1/},
          {[request_timeout: "1"], ~r/:request_timeout/},
          {[settle_time: -1], ~r/:settle_time.*at least 0/},
          {[keep_completed: -1], ~r/:keep_completed.*at least 0/},
          {[until_idle: nil], ~r/:until_idle/},
          {[colour: 1], ~r/unknown options \[:colour\]/}
        ],
        start <- [&Scrypath.worker/1, &Worker.child_spec/1] do
      options = Keyword.merge(context.worker, wrong)
      error = assert_raise ArgumentError, says, fn -> start.(options) end
      refute Exception.message(error) =~ "master key"
    end
  end

  test "no secret is on a command line, in a state, or in a child's specification", context do
    # Its database is another's, whose password it has.
    secret = "postgres://harbor:s3cret@127.0.0.1:1/harbor"
    options = Keyword.merge(context.worker, database_url: secret, meilisearch_api_key: "s3cret")
    refute inspect(Worker.child_spec(options)) =~ "s3cret"

    worker = start_supervised!({Worker, context.worker})
    refute inspect(:sys.get_state(worker), limit: :infinity, printable_limit: :infinity) =~ "master key"
    command = until(fn -> command_of(worker) end)
    {line, 0} = System.cmd("ps", ["-o", "args=", "-p", command])
    assert line =~ "worker --json --queue=search"
    refute line =~ "master key"
    refute line =~ context.database
  end
end
