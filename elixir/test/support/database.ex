defmodule Scrypath.Test.Database do
  @moduledoc false

  # A real SQLite as a Scrypath.Repo, through Debian's driver: one table a schema, named in @tables.

  @behaviour Scrypath.Repo

  alias Scrypath.Examples.Vessel

  @tables %{Vessel => "vessels"}
  @columns ~w(id name flag kind built)a

  def open! do
    start = {:sqlite3, :start_link, [__MODULE__, [in_memory: true]]}
    ExUnit.Callbacks.start_supervised!(%{id: __MODULE__, start: start})

    execute("create table vessels (id integer primary key, name text, flag text, kind text, built integer)")
  end

  def insert(%Vessel{} = vessel) do
    values = Enum.map(@columns, &Map.fetch!(vessel, &1))
    execute("insert into vessels values (?, ?, ?, ?, ?)", values)
    vessel
  end

  def delete(%Vessel{id: id}), do: execute("delete from vessels where id = ?", [id])

  @impl true
  def fetch(schema, key, ids, preload) do
    # What the caller asked for, so that tests can see how often and with what it was asked.
    send(self(), {:fetched, schema, key, ids, preload})
    marks = Enum.map_join(ids, ", ", fn _ -> "?" end)
    # Any order but that of the hits.
    query = "select * from #{Map.fetch!(@tables, schema)} where #{key} in (#{marks}) order by id desc"

    [{:columns, _names}, {:rows, rows}] = execute(query, ids)
    for row <- rows, do: struct!(schema, Enum.zip(@columns, Tuple.to_list(row)))
  end

  defp execute(query, values \\ []) do
    case :sqlite3.sql_exec(__MODULE__, query, values) do
      {:error, _code, reason} -> raise "SQLite: #{reason}"
      result -> result
    end
  end
end

if Scrypath.Optional.ecto?() do
  defmodule Scrypath.Test.Tables do
    @moduledoc false

    # An Ecto adapter over rows that stand in the process dictionary: it carries out what hydration and
    # preloads ask, `where: field in ^values`, and tells the caller each query.

    @behaviour Ecto.Adapter
    @behaviour Ecto.Adapter.Queryable

    def put(table, rows), do: Process.put({__MODULE__, table}, rows)

    @impl Ecto.Adapter
    defmacro __before_compile__(_env), do: :ok
    @impl Ecto.Adapter
    def ensure_all_started(_config, _type), do: {:ok, []}
    @impl Ecto.Adapter
    def init(_config), do: {:ok, Task.child_spec(fn -> Process.sleep(:infinity) end), %{}}
    @impl Ecto.Adapter
    def checkout(_meta, _options, work), do: work.()
    @impl Ecto.Adapter
    def checked_out?(_meta), do: false
    @impl Ecto.Adapter
    def loaders(_primitive, type), do: [type]
    @impl Ecto.Adapter
    def dumpers(_primitive, type), do: [type]

    @impl Ecto.Adapter.Queryable
    def prepare(:all, query), do: {:nocache, query}

    @impl Ecto.Adapter.Queryable
    def execute(_meta, _query_meta, {:nocache, query}, values, _options) do
      {table, _schema, _prefix} = elem(query.sources, 0)
      {column, wanted} = condition(query.wheres, values)
      send(self(), {:queried, table, wanted})

      rows = for row <- Process.get({__MODULE__, table}), value(row, column) in wanted, do: row
      rows = for row <- rows, do: Enum.map(query.select.fields, &value(row, &1))
      {length(rows), rows}
    end

    defp condition([%{expr: {:in, _, [column, {:^, _, [first, count]}]}}], values) do
      {column, Enum.slice(values, first, count)}
    end

    defp condition([%{expr: {:==, _, [column, {:^, _, [at]}]}}], values), do: {column, [Enum.at(values, at)]}

    @impl Ecto.Adapter.Queryable
    def stream(_meta, _query_meta, _query, _values, _options), do: raise("not needed")

    defp value(row, {{:., _, [{:&, _, [0]}, field]}, _, []}), do: Map.fetch!(row, field)
  end

  defmodule Scrypath.Test.Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :scrypath, adapter: Scrypath.Test.Tables
  end
end
