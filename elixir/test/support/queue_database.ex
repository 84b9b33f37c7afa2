defmodule Scrypath.Test.QueueDatabase do
  @moduledoc false

  # A real SQLite that holds an application's notes and its jobs. Connections belong to the test that opened it; each
  # statement carried out for Scrypath is told to that process.

  alias Scrypath.Test.{JSON, SearchServer}

  @doc "Opens a new database in `folder`, the queue installed, and gives its URL."
  def open!(folder) do
    path = Path.join(folder, "app.sqlite")
    url = "sqlite:" <> path
    SearchServer.command!(["queue", "install", "--database-url", url])
    name = :"queue_#{System.unique_integer([:positive])}"
    start = {:sqlite3, :start_link, [name, [file: String.to_charlist(path)]]}
    ExUnit.Callbacks.start_supervised!(%{id: name, start: start})
    Process.put(__MODULE__, name)
    # A worker writes too; the driver by itself waits for nobody.
    rows!("pragma busy_timeout = 10000")
    rows!("create table notes (id integer primary key, title text)")
    url
  end

  @doc "As `:connection` takes it."
  def connection, do: {:sqlite, &carry_out/2}

  @doc false
  def carry_out(sql, parameters) do
    send(self(), {:executed, sql})
    rows!(sql, parameters)
  end

  @doc "Carries out `work` in a transaction, which is rolled back where it raises or throws `:rollback`."
  def transaction(work) do
    rows!("begin")
    Process.put({__MODULE__, :transaction}, true)

    try do
      result = work.()
      rows!("commit")
      {:ok, result}
    catch
      :throw, :rollback ->
        rows!("rollback")
        {:error, :rollback}

      kind, reason ->
        rows!("rollback")
        :erlang.raise(kind, reason, __STACKTRACE__)
    after
      Process.delete({__MODULE__, :transaction})
    end
  end

  def in_transaction?, do: Process.get({__MODULE__, :transaction}, false)

  def write!(note) do
    rows!("insert into notes values (?, ?) on conflict (id) do update set title = excluded.title", [
      note.id,
      note.title
    ])

    note
  end

  def titles, do: for([title] <- rows!("select title from notes order by id"), do: title)

  @doc "The jobs in order, `args` read."
  def jobs do
    for [worker, queue, state, max_attempts, args] <-
          rows!("select worker, queue, state, max_attempts, args from oban_jobs order by id") do
      %{
        worker: worker,
        queue: queue,
        state: state,
        max_attempts: max_attempts,
        text: args,
        args: JSON.decode!(args)
      }
    end
  end

  def rows!(sql, parameters \\ []), do: rows!(Process.get(__MODULE__), sql, parameters)

  @doc "The rows of a statement that a connection of that name carries out."
  def rows!(connection, sql, parameters) do
    case :sqlite3.sql_exec(connection, sql, parameters) do
      {:error, _code, reason} -> raise "SQLite: #{reason}"
      [{:columns, _names}, {:rows, _before}, {:error, _code, reason}] -> raise "SQLite: #{reason}"
      [{:columns, _names}, {:rows, rows}] -> Enum.map(rows, &Tuple.to_list/1)
      _done -> []
    end
  end
end

defmodule Scrypath.Test.QueueRepo do
  @moduledoc false

  # What Scrypath uses of an `Ecto.Repo`, over the database above.

  alias Scrypath.Test.QueueDatabase

  def __adapter__, do: Ecto.Adapters.SQLite3
  def query!(sql, parameters, log: false), do: %{rows: QueueDatabase.carry_out(sql, parameters)}
  def insert!(note), do: QueueDatabase.write!(note)
  def transaction(work), do: QueueDatabase.transaction(work)
  def in_transaction?, do: QueueDatabase.in_transaction?()
end
