# Enqueues writes through the Elixir package and Debian's erlang-p1-pgsql; README.md says what and where. Run in elixir/.

defmodule Note do
  use Scrypath, fields: [:id, :title]
  defstruct [:id, :title]
end

url = URI.parse(System.fetch_env!("DATABASE_URL"))

{:ok, database} =
  :pgsql.connect(
    host: String.to_charlist(url.host),
    port: url.port,
    user: url.userinfo |> String.split(":") |> hd(),
    password: "",
    database: String.trim_leading(url.path, "/")
  )

value = fn
  {:int8, text} -> String.to_integer(text)
  {_type, text} -> text
end

rows = fn sql, parameters ->
  case :pgsql.pquery(database, sql, parameters) do
    {:ok, _command, _status, _names, rows} -> for row <- rows, do: Enum.map(row, value)
    {:error, reason} -> {:error, reason}
  end
end

options = [
  backend: Scrypath.Meilisearch,
  meilisearch_url: System.fetch_env!("MEILISEARCH_URL"),
  index_prefix: System.fetch_env!("INDEX_PREFIX"),
  sync_mode: :oban,
  oban_queue: String.to_atom(System.fetch_env!("QUEUE")),
  connection: {:postgres, rows}
]

first = "FIRST_ID" |> System.fetch_env!() |> String.to_integer()
title = ~S(Björn's "quay" \ %s ? $1 :a 🚢)

:pgsql.squery(database, "BEGIN")
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first, title: title), options)
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first + 1, title: title), options)
{:ok, _} = Scrypath.delete_document(Note, first + 1, options)
:pgsql.squery(database, "COMMIT")
:pgsql.squery(database, "BEGIN")
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first + 2, title: title), options)
:pgsql.squery(database, "ROLLBACK")
