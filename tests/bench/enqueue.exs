# Microseconds of a transaction that enqueues one write, beside one with a bare INSERT: enqueue.exs DATABASE_URL ROUNDS.
Code.require_file("../interop/postgres.exs", __DIR__)

defmodule Note do
  use Scrypath, fields: [:title, :body]
  defstruct [:id, :title, :body]

  def of(id, body), do: %__MODULE__{id: id, title: "The note number #{id}", body: body}
end

alias Scrypath.Interop.Postgres

[url, rounds] = System.argv()
rounds = String.to_integer(rounds)
database = Postgres.connect!(url)
query = fn sql, parameters -> Postgres.rows(database, sql, parameters) end

within = fn work ->
  Postgres.tell(database, "BEGIN")
  work.()
  Postgres.tell(database, "COMMIT")
end

options = [
  backend: Scrypath.Meilisearch,
  meilisearch_url: "http://nowhere",
  sync_mode: :oban,
  oban_queue: :bench,
  connection: {:postgres, query}
]

body = String.duplicate("Two strangers meet under the lights of a small harbour. ", 4)

ours = fn ->
  within.(fn ->
    {:ok, _} = Scrypath.sync_record(Note, Note.of(1, body), options)
  end)
end

Postgres.tell(database, "TRUNCATE oban_jobs")
ours.()
[row] = query.("SELECT queue, worker, args::text FROM oban_jobs", [])

insert =
  "INSERT INTO oban_jobs (queue, worker, args, max_attempts) VALUES ($1, $2, $3::text::jsonb, $4) RETURNING id"

bare = fn -> within.(fn -> query.(insert, row ++ [8]) end) end

timed = fn call ->
  started = System.monotonic_time()
  call.()
  System.convert_time_unit(System.monotonic_time() - started, :native, :nanosecond) / 1000
end

# Rounds in turn, so that what slows the machine slows both.
{ours, bare} =
  for number <- 1..(rounds + 100) do
    if rem(number, 2) == 0 do
      mine = timed.(ours)
      {mine, timed.(bare)}
    else
      other = timed.(bare)
      {timed.(ours), other}
    end
  end
  |> Enum.drop(100)
  |> Enum.unzip()

median = fn times -> Enum.at(Enum.sort(times), div(rounds, 2)) end
column = fn us -> us |> :erlang.float_to_binary(decimals: 1) |> String.pad_leading(7) end
{ours, bare} = {median.(ours), median.(bare)}
ratio = :erlang.float_to_binary(ours / bare, decimals: 2)

IO.puts("Elixir, p1_pgsql         bare INSERT #{column.(bare)} µs  enqueue #{column.(ours)} µs  x #{ratio}")
