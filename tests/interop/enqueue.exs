# Enqueues writes through the Elixir package and Debian's erlang-p1-pgsql; README.md says what and where. Run in elixir/.

Code.require_file("postgres.exs", __DIR__)

defmodule Note do
  use Scrypath, fields: [:id, :title]
  defstruct [:id, :title]
end

alias Scrypath.Interop.Postgres

database = Postgres.connect!(System.fetch_env!("DATABASE_URL"))

options = [
  backend: Scrypath.Meilisearch,
  meilisearch_url: System.fetch_env!("MEILISEARCH_URL"),
  index_prefix: System.fetch_env!("INDEX_PREFIX"),
  sync_mode: :oban,
  oban_queue: String.to_atom(System.fetch_env!("QUEUE")),
  connection: {:postgres, &Postgres.rows(database, &1, &2)}
]

first = "FIRST_ID" |> System.fetch_env!() |> String.to_integer()
title = ~S(Björn's "quay" \ %s ? $1 :a 🚢)

Postgres.tell(database, "BEGIN")
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first, title: title), options)
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first + 1, title: title), options)
{:ok, _} = Scrypath.delete_document(Note, first + 1, options)
Postgres.tell(database, "COMMIT")
Postgres.tell(database, "BEGIN")
{:ok, _} = Scrypath.sync_record(Note, struct!(Note, id: first + 2, title: title), options)
Postgres.tell(database, "ROLLBACK")
