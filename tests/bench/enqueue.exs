# Microseconds of a transaction that enqueues one write, beside one with a bare INSERT: enqueue.exs DATABASE_URL ROUNDS.
defmodule Note do
  use Scrypath, fields: [:title, :body]
  defstruct [:id, :title, :body]

  def of(id, body), do: %__MODULE__{id: id, title: "The note number #{id}", body: body}
end

[url, rounds] = System.argv()
rounds = String.to_integer(rounds)
url = URI.parse(url)

{:ok, database} =
  :pgsql.connect(
    host: String.to_charlist(url.host),
    port: url.port,
    user: url.userinfo,
    password: "",
    database: String.trim_leading(url.path, "/")
  )

value = fn
  {:int8, text} -> String.to_integer(text)
  {_type, text} -> text
end

query = fn sql, parameters ->
  {:ok, _command, _status, _names, rows} = :pgsql.pquery(database, sql, parameters)
  for row <- rows, do: Enum.map(row, value)
end

within = fn work ->
  :pgsql.squery(database, "BEGIN")
  work.()
  :pgsql.squery(database, "COMMIT")
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

:pgsql.squery(database, "TRUNCATE oban_jobs")
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
