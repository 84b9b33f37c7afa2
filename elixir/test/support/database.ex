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
